"""Formulas are typeset once, completely, and put in their place without touching anything else."""

import re
import shutil
from html import escape
from pathlib import Path
from typing import NoReturn

import pytest

from dlnotes_site import formulas
from dlnotes_site.formulas import SCRIPT, Formula, Typeset, find, replace, typeset

SOFTMAX = r"y_k = \frac{\exp(u_k)}{\sum_{j=1}^{K} \exp(u_j)}"
CASES = r"f(u) = \begin{cases} 1 & (u \ge 0) \\ 0 & (u < 0) \end{cases}"
SUM = " + ".join(f"w_{i} x_{i}" for i in range(1, 9))
WIDE = r"\begin{pmatrix}" + " & ".join(f"a_{{{i}}}" for i in range(14)) + r"\end{pmatrix}"

GOOD = [
    "x",
    r"\frac{\partial E}{\partial W^{(l)}}",
    r"x \in \mathbb{R}^{N}",
    r"\mathcal{L}",
    r"\boldsymbol{\theta}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\operatorname{softmax}(u)",
    r"\hat{y}_{\text{max}}",
    r"\sqrt{\sigma^2 + \epsilon}",
    SOFTMAX,
    CASES,
]
BAD: list[tuple[str, bool, str]] = [
    (r"\foo + 1", True, r"Undefined control sequence \foo"),
    (r"\frac{1}{2", True, "Missing close brace"),
    (r"\left( x", False, "missing \\right"),
    (r"\begin{cases} 1", True, "Missing \\end{cases}"),
    (r"x \text{ は入力}", True, 'no "は'),
    (r"\text{入力}", False, 'no "入'),
    (r"\newcommand{\a}{b} \a", False, r"Undefined control sequence \newcommand"),
    (r"\DeclareMathOperator{\argmin}{argmin} \argmin", True, "each formula stands alone"),
    (r"\eqref{loss}", False, "each formula stands alone"),
    (r"x \tag{1} \tag{2}", True, "one \\tag at most"),
    (r"x \tag{$y$}", True, "\\tag takes plain text"),
    (r"x \tag{1}", False, "formula of its own"),
    (WIDE, False, "Too wide"),
]


def element(tex: str, display: bool) -> str:
    """What pymdownx.arithmatex leaves in the page."""
    if display:
        return f'<div class="arithmatex">\\[\n{escape(tex, quote=False)}\n\\]</div>'
    return f'<span class="arithmatex">\\({escape(tex, quote=False)}\\)</span>'


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache, filled in one go, for the tests that do not look at it."""
    cache = tmp_path_factory.mktemp("formulas") / "cache.json"
    typeset([(tex, display) for tex in GOOD for display in (False, True)], cache)
    typeset([(tex, display) for tex, display, _ in BAD], cache)
    return cache


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any start of a process fail."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise AssertionError("a process was started")

    monkeypatch.setattr(formulas.subprocess, "Popen", refuse)


def one(tex: str, display: bool, cache: Path) -> Typeset:
    return typeset([(tex, display)], cache)[tex, display]


@pytest.mark.parametrize("display", [False, True])
@pytest.mark.parametrize("tex", GOOD)
def test_formula_has_picture_and_mathml_with_its_tex(tex: str, display: bool, cache: Path) -> None:
    done = one(tex, display, cache)
    assert done.error == ""
    assert f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>' in done.html
    assert done.html.count("<math") == done.html.count("</math>") == 1
    assert " data-search-exclude>" in done.html
    for picture in re.findall(r"<svg[^>]*>", done.html):
        assert 'aria-hidden="true"' in picture
        assert re.search(r' width="[\d.]+ex"', picture)
        assert re.search(r' height="[\d.]+ex"', picture)
        assert re.search(r' style="vertical-align: (0|-[\d.]+ex);', picture)
        assert "viewBox=" in picture


def test_formula_refers_to_nothing_outside_and_takes_the_colour_of_the_text(cache: Path) -> None:
    done = one(SOFTMAX, True, cache).html
    assert not re.search(r"https?:|url\(|<image|<text|font-family|\bid=|xmlns|data-(?!search)", done)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', done)) == {"currentColor"}


@pytest.mark.parametrize(("tex", "display", "said"), BAD)
def test_what_cannot_be_typeset_is_said(tex: str, display: bool, said: str, cache: Path) -> None:
    done = one(tex, display, cache)
    assert done.html == ""
    assert said in done.error


def test_an_error_leaves_the_other_formulas_alone(cache: Path) -> None:
    results = typeset([("a", False), (r"\foo", False), ("b", False)], cache)
    assert [bool(result.error) for result in results.values()] == [False, True, False]
    assert "<mi>b</mi>" in results["b", False].html


def test_tag_stands_beside_the_formula_as_text(cache: Path) -> None:
    done = one(r"E = mc^2 \tag{1.2}", True, cache).html
    assert '<span class="formula__tag">(1.2)</span>' in done
    assert r"\tag{1.2}</annotation>" in done
    assert 'class="formula__tag">A</span>' in one(r"E \tag*{A}", True, cache).html


def test_long_inline_formula_can_break_and_short_one_cannot(cache: Path) -> None:
    assert "<wbr>" in one(SUM, False, cache).html
    assert "<wbr>" not in one("y = x + b", False, cache).html
    assert "<wbr>" not in one(SUM, True, cache).html


def test_find_reads_escaped_tex_in_order() -> None:
    page = f"<p>{element('a < b & c', False)} と</p>\n{element(CASES, True)}<p>{element('x', False)}</p>"
    assert find(page) == [("a < b & c", False), (CASES, True), ("x", False)]


def test_white_space_around_tex_makes_no_other_formula(cache: Path) -> None:
    assert list(typeset([(" x\n", False), ("x", False)], cache)) == [("x", False)]


def test_replace_leaves_all_else_byte_for_byte(cache: Path) -> None:
    parts = [
        "<!doctype html>\n<html lang=ja><p class='a'  id=\"b\">入力 &amp;\t<b>",
        '</b>\r\n<pre>&lt;span class="arithmatex"&gt;\\(x\\)&lt;/span&gt;</pre>'
        "\\1 \\g<0><span class=other>\\(y\\)</span>",
        "\n</p></html>\n",
    ]
    page = parts[0] + element("x < y", False) + parts[1] + element(SOFTMAX, True) + parts[2]
    done = replace(page, typeset(find(page), cache))
    first, rest = done.split('<span class="formula"', 1)
    assert first == parts[0]
    assert parts[1] in rest
    assert done.endswith("</div></div>" + parts[2])
    assert "arithmatex" not in done.replace(parts[1], "")
    assert "x &lt; y</annotation>" in done


def test_page_without_formulas_is_unchanged() -> None:
    assert replace("<p>なし $x$</p>", {}) == "<p>なし $x$</p>"


def test_repeated_glyphs_are_kept_once_and_every_use_has_its_glyph(cache: Path) -> None:
    page = element(SOFTMAX, True) + element(SOFTMAX, True) + element("u", False) + element("Q", False)
    done = replace(page, typeset(find(page), cache))
    ids = re.findall(r'\bid="([^"]*)"', done)
    assert len(ids) == len(set(ids)) > 5
    assert set(re.findall(r'xlink:href="#([^"]*)"', done)) == set(ids)
    assert not re.search(r'[ "]href=', done)
    outlines = re.findall(r' d="([^"]*)"', done)
    assert len(outlines) == len(set(outlines))


@pytest.mark.parametrize(
    ("before", "after", "joiners"),
    [("は", "です", 0), ("は ", "、", 1), ("（", "）", 2), ("「", "と", 1), ("", ", then", 1), (" ", " ", 0)],
)
def test_punctuation_is_joined_to_its_formula(before: str, after: str, joiners: int, cache: Path) -> None:
    page = before + element("x", False) + after
    done = replace(page, typeset(find(page), cache))
    assert done.count("\u2060") == joiners
    assert done.startswith(before + '<span class="formula"')
    assert done.endswith("</span></span>" + after)


def test_replace_names_a_formula_that_has_no_result() -> None:
    page = element(r"\foo", False)
    with pytest.raises(ValueError, match=r"foo.* was not typeset"):
        replace(page, {})
    with pytest.raises(ValueError, match=r"foo.* cannot be typeset: Undefined"):
        replace(page, {(r"\foo", False): Typeset(error="Undefined control sequence")})


def test_cached_formulas_and_errors_start_no_process(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wanted: list[Formula] = [("x", False), ("x", True), (r"\foo", True)]
    first = typeset(wanted, tmp_path / "cache.json")
    request.getfixturevalue("no_node")
    assert typeset(reversed(wanted), tmp_path / "cache.json") == first
    with pytest.raises(AssertionError, match="a process was started"):
        typeset([("z", False)], tmp_path / "cache.json")


@pytest.mark.usefixtures("no_node")
def test_no_formulas_start_no_process(tmp_path: Path) -> None:
    assert typeset([], tmp_path / "cache.json") == {}


def test_cache_keeps_what_an_earlier_call_set(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cache = tmp_path / "new" / "cache.json"
    typeset([("a", False)], cache)
    typeset([("b", False)], cache)
    request.getfixturevalue("no_node")
    typeset([("a", False), ("b", False)], cache)
    assert [path.name for path in cache.parent.iterdir()] == ["cache.json"]


def test_cache_is_of_no_use_after_a_change_of_the_script(tmp_path: Path) -> None:
    modules = next(p / "node_modules" for p in SCRIPT.parents if (p / "node_modules").is_dir())
    (tmp_path / "node_modules").symlink_to(modules)
    script = Path(shutil.copy(SCRIPT, tmp_path))
    cache = tmp_path / "cache.json"
    typeset([("x", False)], cache, script=script)
    script.write_text(script.read_text("utf-8").replace('class="formula"', 'class="changed"'), "utf-8")
    assert '<span class="changed"' in typeset([("x", False)], cache, script=script)["x", False].html


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": 1}', '{"key": "", "formulas": 3}'])
def test_broken_cache_is_made_anew(content: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache.json"
    cache.write_text(content)
    assert one("x", False, cache).html


def test_hundreds_of_formulas_are_reported_and_keep_their_order(tmp_path: Path) -> None:
    wanted: list[Formula] = [(f"x_{{{i}}} < {i}", i % 2 == 0) for i in range(450)]
    lines: list[str] = []
    results = typeset(wanted, tmp_path / "cache.json", report=lines.append)
    assert list(results) == wanted
    assert all(f"{tex.replace('<', '&lt;')}</annotation>" in done.html for (tex, _), done in results.items())
    assert lines == ["Formulas: 200 of 450", "Formulas: 400 of 450"]


def test_failing_script_is_an_error_with_its_message_and_no_cache(tmp_path: Path) -> None:
    modules = next(p / "node_modules" for p in SCRIPT.parents if (p / "node_modules").is_dir())
    (tmp_path / "node_modules").symlink_to(modules)
    script = tmp_path / "typeset.mjs"
    script.write_text('throw new Error("no such luck");')
    with pytest.raises(RuntimeError, match="no such luck"):
        typeset([("x", False)], tmp_path / "cache.json", script=script)
    assert not (tmp_path / "cache.json").exists()


def test_missing_npm_package_is_said(tmp_path: Path) -> None:
    script = tmp_path / "typeset.mjs"
    script.write_text("")
    with pytest.raises(RuntimeError, match=r"npm package @mathjax/src is missing: run `npm ci`"):
        typeset([("x", False)], tmp_path / "cache.json", script=script)


def test_a_cache_that_cannot_be_written_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> NoReturn:
        raise OSError("the disk is full")

    monkeypatch.setattr(formulas.json, "dump", full)
    with pytest.raises(OSError, match="the disk is full"):
        formulas._write(tmp_path / "cache.json", "key", {("x", False): Typeset("x")})
    assert list(tmp_path.iterdir()) == []


def test_missing_node_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(RuntimeError, match=r"^node is missing in .*: install requirements.txt"):
        typeset([("x", False)], tmp_path / "cache.json")


def test_a_script_that_dies_before_it_has_read_all_is_an_error_with_its_message(tmp_path: Path) -> None:
    modules = next(p / "node_modules" for p in SCRIPT.parents if (p / "node_modules").is_dir())
    (tmp_path / "node_modules").symlink_to(modules)
    script = tmp_path / "typeset.mjs"
    script.write_text('throw new Error("no such luck");')
    long: list[Formula] = [("x" * 2_000_000, False)]  # more than a pipe holds
    with pytest.raises(RuntimeError, match=r"(?s)^typeset.mjs failed in node \(1\):.*no such luck"):
        typeset(long, tmp_path / "cache.json", script=script)
