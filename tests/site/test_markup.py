"""The Markdown check finds planted faults, also inside admonitions and tabs."""

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
