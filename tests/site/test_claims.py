"""Numbers in prose: where each comes from, what is refused, and what the marks must say."""

import pytest

from dlnotes_site import blocks, claims, labs, numbers, parity, prose, render
from dlnotes_site.execute import Run
from dlnotes_site.page import Page

PAGE = """# T {{#t}}

## One {{#one}}

```python
rate = 0.3
print("accuracy 0.974, loss 28.4 and 96.7")
```

{prose}

## Two {{#two}}

$$
0.625 x
$$

??? question "Of 35 samples, how many?"
    {answer}

## References {{#references}}

- A. Author, "Title", 1998. 12(34), 567.
"""


def page(prose: str, answer: str = "Few.", name: str = "page") -> Page:
    return blocks.read(PAGE.format(prose=prose, answer=answer), name=name)


def runs(page: Page) -> dict[str, Run]:
    return {block.program: Run(text="accuracy 0.974, loss 28.4 and 96.7\n") for block in page.blocks}


def said(one: Page, *others: Page) -> list[str]:
    every = runs(one) | {program: run for other in others for program, run in runs(other).items()}
    return [finding.text for finding in claims.check(one, every, {other.name: other for other in others})]


def kinds(one: Page) -> dict[str, int]:
    return dict(claims.counts(one, runs(one), {}))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,797 images", 1797, ""),
        ("97.9 %", 97.9, "%"),
        ("8割", 80, "%"),
        ("3.4倍", 3.4, "times"),
        ("1万2千回", 12000, ""),
        ("1.2 million", 1200000, ""),
        ("2.8e-10", 2.8e-10, ""),
        ("１２枚", 12, ""),
        ("a loss of −0.5", -0.5, ""),
        ("0.8点", 0.8, "%"),
    ],
)
def test_numbers_are_read_with_unit_and_sign(text: str, value: float, unit: str) -> None:
    (number,) = numbers.read(text)
    assert (number.value, number.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    "text",
    ["`97.9`", "$97.9$", "[x](a.md#97)", "CIFAR-10", "im2col", "<!-- bench: cnn.97 -->", '<b title="97">x</b>', "x_97"],
)
def test_numbers_in_code_formulas_addresses_and_names_are_not_read(text: str) -> None:
    assert numbers.read(text) == ()


@pytest.mark.parametrize(
    "text", ["Experiment 2", "問 3", "layers 3 and 4", "2D", "784-100-10", "(Author 1998)", "Python 3.12"]
)
def test_names_of_things_are_labels(text: str) -> None:
    assert all(number.label for number in numbers.read(text))


def test_a_unit_holds_for_all_numbers_of_a_row() -> None:
    assert [number.unit for number in numbers.read("97、98 ± 2 %")] == ["%", "%", "%"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("97.4 %", True),
        ("97 %", True),
        ("98 %", False),
        ("0.97", True),
        ("0.98", False),
        ("1.0", True),
        ("97.40 %", True),
    ],
)
def test_a_number_is_rounded_as_it_is_written(text: str, fits: bool) -> None:
    (number,) = numbers.read(text)
    assert number.is_of(0.974) == fits


def test_round_numbers_are_rounder_where_the_text_says_about() -> None:
    exact, about, ja = (numbers.read(text)[0] for text in ("5,000 runs", "about 5,000 runs", "5,000回ほど"))
    assert not exact.is_of(4873)
    assert about.is_of(4873)
    ten, many = (numbers.read(text)[0] for text in ("about 10 times", "約1万回"))
    assert ten.is_of(10.4)
    assert not ten.is_of(7.05)
    assert many.is_of(10400)
    assert not many.is_of(7050)
    assert ja.is_of(4873)
    assert not about.is_of(4300)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It reaches 97.4 %.", "compared"),
        ("It reaches 3.4<!-- = 96.7/28.4 --> times.", "computed"),
        ("It exceeds 90<!-- < 96.7 --> %.", "computed"),
        ("It stays below 30<!-- > 28.4 -->.", "computed"),
        ("The rate is 0.3.", "set"),
        ("It is 0.625<!-- of: #two --> there.", "quoted"),
        ("### Is it above 55 %? {#q}", "given"),
        ("At 55<!-- given --> % it would do.", "given"),
        ("The paper has 3.6<!-- cited --> %.", "cited"),
        ("See experiment 14.", "label"),
        ("There are 12 of them.", "small"),
    ],
)
def test_each_number_has_a_kind(text: str, kind: str) -> None:
    one = page(text)
    assert said(one) == []
    assert kinds(one) == {kind: 1, "given": 1} if kind != "given" else {"given": 2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("It reaches 97.9 %.", "the prose says 97.9 %"),
        ("It reaches 97.41 %.", "the prose says 97.41 %"),
        ("It is 7 times as fast.", "the prose says 7 times"),
        ("It is 7倍です。", "the prose says 7倍"),
        ("It has 6 % left.", "the prose says 6 %"),
        ("It is 0.625 here.", "the prose says 0.625"),
        ("It takes 43 steps.", "the prose says 43"),
        ("Is it above 55 %?", "the prose says 55 %"),
        ("It is about 10<!-- = 2*96.7/28.4 --> times.", "which is 6.80986"),
        ("It is 3.5<!-- = 96.7/28.4 --> times.", "which is 3.40493"),
        ("It exceeds 98<!-- < 96.7 --> %.", "which is 96.7"),
        ("It is below 20<!-- > 28.4 -->.", "which is 28.4"),
        ("It is 3.5<!-- = rate --> times.", "plain arithmetic only"),
        ("It is 3.5<!-- = open('x') --> times.", "plain arithmetic only"),
        ("It is 3.5<!-- = 96.7.real --> times.", "plain arithmetic only"),
        ("It is 3.5<!-- = 1/0 --> times.", "no arithmetic"),
        ("It is 3.5<!-- = 3.5 + --> times.", "no arithmetic"),
        ("It is 3.5<!-- = 49.7/14.2 --> times.", "computes with 49.7"),
        ("It is 0.625<!-- of: #three -->.", "no output, code or formula there"),
        ("It is 0.625<!-- of: other -->.", "no such page"),
        ("It is large<!-- = 96.7 -->.", "follows no number"),
    ],
)
def test_what_comes_from_nowhere_is_refused(text: str, says: str) -> None:
    (finding,) = said(page(text))
    assert says in finding


def test_another_page_may_be_quoted() -> None:
    other = page("Nothing.", name="other")
    one = blocks.read("# T {#t}\n\nThere it is 97.4<!-- of: other --> %.\n", name="one")
    wrong = blocks.read("# T {#t}\n\nThere it is 97.9<!-- of: other --> %.\n", name="one")
    assert said(one, other) == []
    assert "no output, code or formula there" in said(wrong, other)[0]


def test_only_the_section_is_searched_and_those_that_the_text_names() -> None:
    assert said(page("Few.", answer="It reaches 97.4 %."))
    assert said(page("Few.", answer="[There](#one) it reaches 97.4 %.")) == []


def test_a_question_gives_its_numbers_to_its_answer_alone() -> None:
    assert said(page("Few.", answer="All of 35.")) == []
    assert said(page("All of 35."))


def test_references_are_left_out() -> None:
    assert kinds(page("Few.")) == {"given": 1}


def test_a_mark_holds_where_its_unit_says_the_number_again() -> None:
    assert said(page("It is 3.4<!-- = 96.7/28.4 --> times; 3.4 is much.")) == []


def test_marks_are_neither_built_nor_taken_away_nor_read_as_japanese() -> None:
    one = page("It is 3.4<!-- = 96.7/28.4 --> times.")
    assert "It is 3.4 times." in [unit.text for unit in one.prose]
    assert "<!-- =" not in render.for_generator(one, {})
    source = '# %% [markdown] lang="ja"\n# # T {#t}\n#\n# 3.4<!-- = 96.7/28.4 -->倍です。\n'
    lab = labs.read(source + source.replace('"ja"', '"en"'))["ja"]
    notebook = labs.to_take_away(lab, "https://a.b/", "w.whl", {})
    assert "3.4倍です。" in labs.as_script(notebook)
    assert prose.masked("3.4<!-- = 96.7/28.4 -->倍です。") == "3.4倍です。"


def different(ja: str, en: str) -> list[str]:
    left, right = (blocks.read(f"# T {{#t}}\n\n{text}\n", lang=lang) for text, lang in ((ja, "ja"), (en, "en")))
    return [finding.text for finding in parity.pair(left, right)]


def test_both_languages_say_the_same_numbers_and_mark_them_alike() -> None:
    assert different("32個のうち0.25と97.9 %、10個", "0.25 and 97.9 % of thirty-two, ten of them") == []
    assert "97.9 not here, 97.8 only here" in different("97.9 %です。", "It is 97.8 %.")[0]
    assert "mark both alike" in different("3.4<!-- = 1+2.4 -->倍です。", "It is 3.4 times.")[0]
