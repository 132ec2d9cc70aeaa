r"""Every symbol of a display formula is explained: in a table of its page, or in the guide's table of notation.

A symbol is a letter, Latin or Greek, or one with a mark or in another type (``\hat y``, ``\mathbf x``). Letters in
indices count; operator names, words (``\text``, ``\mathrm``), the constants e and π and the d of an integral do not.
"""

import re
from collections.abc import Iterator, Mapping

from dlnotes_site.page import Finding, Page

GUIDE, NOTATION = "guide", "notation"

_GREEK = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega ell
""".split()  # noqa: SIM905  (read more easily than a list)
_MARKS = "hat|bar|tilde|vec|dot|mathbf|mathcal|mathbb|boldsymbol|widehat|widetilde|overline"
_WORDS = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end|tag|hspace|mathop)\*?\s*\{[^{}]*\}|\\\\(?:\[[^\]]*\])?|e(?=\s*\^)|_\{(?:in|out)\}"
)
_TOKEN = re.compile(
    rf"\\(?P<mark>{_MARKS})\s*(?:\{{\s*(?P<inside>\\?[A-Za-z]+)\s*\}}|(?P<bare>\\[A-Za-z]+|[A-Za-z]))"
    r"|\\(?P<command>[A-Za-z]+)|(?P<letter>[A-Za-z])"
)


def symbols(tex: str) -> list[str]:
    r"""The symbols of a formula, each once, in order.

    >>> symbols(r"\hat y_k = \max(0, e^{\beta u_k}) + \text{const}")
    ['\\hat y', 'k', '\\beta', 'u']
    """
    found: dict[str, None] = {}
    for token in _TOKEN.finditer(_WORDS.sub(" ", tex)):
        if token["mark"]:
            found[f"\\{token['mark']} {token['inside'] or token['bare']}"] = None
        elif token["letter"] or token["command"] in _GREEK:
            found[token[0]] = None
    if r"\int" in tex:
        found.pop("d", None)
    return list(found)


def explained(page: Page, heading: str = "") -> set[str]:
    """The symbols in the first columns of a page's tables, or of those below one heading."""
    first, last = 0, len(page.text)
    if heading:
        lines = [(one.line, one.id) for one in page.headings]
        first = next((line for line, name in lines if name == heading), last)
        last = next((line for line, _ in lines if line > first), last)
    seen, found = 0, set[str]()
    for unit in page.prose:
        if unit.kind == "cell" and first < unit.line < last and unit.line != seen:
            seen = unit.line  # what follows on this line stands in other columns
            found.update(symbol for tex in unit.formulas for symbol in symbols(tex))
    return found


def check(pages: Mapping[str, Page]) -> Iterator[Finding]:
    """Symbols of display formulas that no table explains; `pages` are those of one language."""
    everywhere = explained(pages[GUIDE], NOTATION) if GUIDE in pages else set()
    for page in pages.values():
        known = everywhere | explained(page)
        for formula in page.formulas:
            for symbol in symbols(formula.tex) if formula.display else ():
                if symbol not in known:
                    yield page.finding(
                        formula.line,
                        f"no table explains the symbol ${symbol}$ of this formula: give it a row in a symbol table of "
                        f"this page, or in {GUIDE}.md#{NOTATION}",
                    )
