"""The reader: what it finds, where, and what it says about Markdown that would be passed over silently."""

import pytest

from dlnotes_site.blocks import read
from dlnotes_site.page import Page


def only(page: Page) -> tuple[int, str]:
    """The one finding of a page, as line and text."""
    assert len(page.findings) == 1, page.findings
    return page.findings[0].line, page.findings[0].text


BLOCK = """# T {#t}

```python
print(1)  # one
```

<!--pytest-codeblocks:expected-output-->
```text
1
```

<!-- figure: a-figure | A figure that shows something. -->
<!-- figure: b-figure | Another figure of the same block. -->

After.
"""


def test_a_block_has_its_output_and_its_figures() -> None:
    page = read(BLOCK)
    (block,) = page.blocks
    assert (block.line, block.fence_end, block.end, block.code) == (3, 5, 13, "print(1)  # one\n")
    assert block.output is not None
    assert (block.output.line, block.output.end, block.output.text) == (8, 10, "1\n")
    assert [(figure.line, figure.id) for figure in block.figures] == [(12, "a-figure"), (13, "b-figure")]
    assert not page.findings


def test_comments_of_a_block_are_text_to_translate() -> None:
    assert [(unit.kind, unit.text) for unit in read(BLOCK).prose if unit.kind == "comment"] == [("comment", "# one")]


@pytest.mark.parametrize(
    "opening", ['!!! note "T"', '??? question "T"', '???+ tip "T"', '=== "T"', "- item", "1. item"]
)
def test_blocks_are_found_inside_containers(opening: str) -> None:
    body = BLOCK.split("\n\n", 1)[1]
    inside = "\n".join("    " + line if line else "" for line in body.split("\n"))
    page = read(f"{opening}\n\n{inside}")
    (block,) = page.blocks
    assert (block.code, block.indent, len(block.figures)) == ("print(1)  # one\n", 4, 2)
    assert block.output is not None
    assert block.output.text == "1\n"
    assert not page.findings


def test_a_block_two_containers_deep() -> None:
    page = read('??? question "Q"\n    - item\n\n        ```python\n        if 1:\n            print(2)\n        ```\n')
    assert page.blocks[0].code == "if 1:\n    print(2)\n"
    assert (page.blocks[0].line, page.blocks[0].indent) == (4, 8)


@pytest.mark.parametrize(
    "info",
    [
        "py",
        "python3",
        "pycon",
        " python",
        "{.python}",
        'python title="x"',
        "python {.x}",
        "sh",
        "bash",
        "",
    ],
)
def test_a_fence_in_any_other_dress_is_an_error(info: str) -> None:
    line, text = only(read(f"a\n\n```{info}\n1\n```\n"))
    assert line == 3
    assert "would not be run" in text


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("~~~python\n1\n~~~\n", 1, "~~~ fence"),
        ("a\n\n    print(1)\n", 3, "indented code"),
        ("> ```python\n> 1\n> ```\n", 1, "block quote"),
        ("```python\n1\n", 1, "never closed"),
        ("$$\na = b\n\nc\n", 1, "never closed"),
        ("<!-- figure: a | Nothing before it. -->\n", 1, "without a block"),
        ("a\n\n$$\na = b\n$$\n\ntext\n", 3, "has no label"),
        ("<!-- formula: a -->\n", 1, "without a formula before it"),
        ("$$\na\n$$\n\n<!-- formula: a -->\n", 5, "without a formula before it"),
        ("- item\n\n    $$\n    a\n    $$\n<!-- formula: a -->\n", 6, "not indented by 4"),
        (
            "```text\n1\n```\n<!--pytest-codeblocks:expected-output-->\n```text\n1\n```\n",
            4,
            "without a block",
        ),
        ("```python\n1\n```\n<!--pytest-codeblocks:expected-output-->\nno fence\n", 4, "no ```text fence"),
        ("```python\n1\n```\n<!--pytest-codeblocks:cont-->\n", 4, "changes which blocks"),
        ("<!--pytest.mark.skip-->\n", 1, "changes which blocks"),
        ("<!-- figur: a | b -->\n", 1, "unknown directive"),
        ("!!! note\n    text\n", 1, "no title"),
        ("one\ntwo\n", 2, "goes on"),
        ("a $ sign\n", 1, "single $"),
        ("see [x][y]\n", 1, "reference link"),
        ("note[^1]\n", 1, "footnote"),
        ("---\ntitle: x\n", 1, "never closed"),
        ("a\n\n---\n", 3, "rule"),
        ("\ta\n", 1, "tab"),
        ("|   | b |\n| --- | --- |\n| c | d |\n", 2, "without a heading"),
    ],
)
def test_what_the_reader_does_not_understand_it_says(source: str, line: int, said: str) -> None:
    findings = [(finding.line, finding.text) for finding in read(source).findings]
    assert any(at == line and said in text for at, text in findings), findings


def test_headings_have_level_text_and_id() -> None:
    page = read("# A `b` $c$ {#a-b}\n\n## D\n")
    assert [(h.line, h.level, h.text, h.id) for h in page.headings] == [
        (1, 1, "A b $c$", "a-b"),
        (3, 2, "D", None),
    ]


def test_formulas_inline_and_displayed() -> None:
    page = read(
        "a $x_1$ b `$no$` c \\$5 $y^{2}$\n\n$$\na\n= b\n$$\n<!-- formula: sum -->\n\n$$ c $$\n"
        "<!-- formula: one -->\n\n| $p$ | q |\n| --- | --- |\n| $r$ | s |\n"
    )
    found = [(formula.line, formula.tex, formula.display) for formula in page.formulas]
    assert found == [
        (1, "x_1", False),
        (1, "y^{2}", False),
        (3, "a\n= b", True),
        (9, "c", True),
        (12, "p", False),
        (14, "r", False),
    ]
    assert [(formula.label, formula.label_line) for formula in page.labelled] == [("sum", 7), ("one", 10)]
    assert page.ids == {"sum", "one"}
    assert page.findings == []


def test_links_images_and_html_tags() -> None:
    page = read('a [b `c`](d.md#e) ![alt](f.png) <https://g.example> <img src="h.png"> <a href=i.md>j</a>\n')
    assert [(link.target, link.text, link.kind) for link in page.links] == [
        ("d.md#e", "b c", "link"),
        ("f.png", "alt", "image"),
        ("https://g.example", "https://g.example", "link"),
        ("h.png", "img", "html"),
        ("i.md", "a", "html"),
    ]


def test_a_link_may_hold_parentheses() -> None:
    (link,) = read("[Polyak](https://doi.example/10.1016/0041-5553(64)90137-5)\n").links
    assert link.target == "https://doi.example/10.1016/0041-5553(64)90137-5"


def test_text_has_its_markup_taken_out() -> None:
    page = read("**太字**と*強調*、`a_b`と[リンク](x.md)です。{.c}\n")
    assert page.prose[0].text == "太字と強調、a_bとリンクです。"


def test_table_cells_are_units_of_their_own() -> None:
    page = read("| a | `b|c` |\n| --- | --- |\n| d | e |\n")
    assert [unit.text for unit in page.prose] == ["a", "b|c", "d", "e"]


def test_questions_directives_and_measured_numbers() -> None:
    page = read('??? question "Q"\n    A\n\n<!-- install -->\n\nIt is <!-- bench: a.b --> times.\n')
    assert page.questions == [1]
    assert page.directives == [(4, 0, "install")]
    assert page.measured == [(6, "a.b")]


def test_comments_do_not_change_a_program_and_code_does() -> None:
    programs = [read(f"```python\n{code}\n```\n").blocks[0].program for code in ("a = 1", "a = 1  # x", "a = 2")]
    assert programs[0] == programs[1] != programs[2]


def test_strings_are_part_of_the_program() -> None:
    one, two = (read(f"```python\nprint({text!r})\n```\n").blocks[0].program for text in ("a", "b"))
    assert one != two
