"""The Markdown check finds planted faults, also inside admonitions and tabs."""

from pathlib import Path

import pytest

from dlnotes_site import markup

GOOD = """\
# Title {#title}

A paragraph with $a * b * c$ and [a link](#part).

## Part {#part}

!!! note "A note"
    Text inside.

    - an item
    - another

    ```python
    x = 1
    ```

    <!--pytest-codeblocks:expected-output-->
    ```text
    1
    ```

=== "First"

    Text.

=== "Second"

    ??? question "Deeper"
        An answer.

        More of it.

| a | b |
| --- | --- |
| 1 | 2 |
"""


def findings(text: str) -> list[tuple[int, str]]:
    found = markup.check({"docs/en/x.md": text})
    assert {finding.path for finding in found} <= {"docs/en/x.md"}
    return [(finding.line, finding.text) for finding in found]


def test_good_markdown_has_no_findings() -> None:
    assert findings(GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "rule"),
    [
        ("    Text inside.\n\n    - an item", "    Text inside.\n    - an item", 9, "MD032"),
        ("        More of it.", "        See https://example.com now.", 31, "MD034"),
        ("## Part", "### Part", 5, "MD001"),
        ("(#part)", "(#prat)", 3, "MD051"),
        ("(#part)", "()", 3, "MD042"),
        ("        An answer.", "        ![](x.png)", 29, "MD045"),
        ("| 1 | 2 |", "| 1 |", 35, "MD056"),
        ("Text inside.", "Text <b>inside</b>.", 8, "MD033"),
        ("## Part {#part}", "##Part {#part}", 5, "MD018"),
    ],
)
def test_a_planted_fault_is_found_at_its_line(right: str, wrong: str, line: int, rule: str) -> None:
    assert right in GOOD
    found = findings(GOOD.replace(right, wrong))
    assert any(at == line and rule in text for at, text in found), found


def test_opening_containers_keeps_every_line_number_and_the_text_of_fences() -> None:
    shown = '````markdown\n!!! note "T"\n    Text.\n````\n\n'
    note = '!!! note "T"\n    ```python\n    if x:\n        y()\n    ```\n'
    assert markup.opened(shown + note).split("\n") == [
        "````markdown",
        '!!! note "T"',
        "    Text.",
        "````",
        "",
        "",
        "```python",
        "if x:",
        "    y()",
        "```",
        "",
    ]


PERCENT = """\
# %% [markdown] lang="ja"
# # 題 {{#t}}

# %% [markdown] lang="en"
# # Title {{#t}}
#
# {}

# %%
print(1)
"""


def test_the_program_looks_at_the_files_of_the_root_the_pages_and_the_labs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "en").mkdir(parents=True)
    (tmp_path / "docs" / "labs").mkdir()
    bare = "https://example.org now"
    (tmp_path / "README.md").write_text(f"# Title\n\n{bare}\n", encoding="utf-8")
    (tmp_path / "docs" / "en" / "x.md").write_text(f"---\na: b\n---\n\n# Title\n\n{bare}\n", encoding="utf-8")
    (tmp_path / "docs" / "labs" / "y.py").write_text(PERCENT.format(bare), encoding="utf-8")
    assert markup.main() == 1
    found = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    assert found == ["README.md:3", "docs/en/x.md:7", "docs/labs/y.py:7"]
    monkeypatch.setattr(markup, "check", lambda texts: [])
    assert markup.main() == 0


def test_a_markdownlint_that_does_not_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "markup.mjs"
    broken.write_text("throw new Error('no such luck');")
    monkeypatch.setattr(markup, "SCRIPT", broken)
    with pytest.raises(RuntimeError, match=r"(?s)^markdownlint did not run \(make setup\?\): .*no such luck"):
        markup.check({"x.md": "# x"})
