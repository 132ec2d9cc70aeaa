"""Which formula of which page a test holds: the mark that binds the two together."""

from collections.abc import Callable

import pytest


def holds(place: str, tex: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    r"""Say that a test holds the display formula with a label, written exactly as on the page.

    ``place`` is ``page#label``. The step `check` compares ``tex`` with both languages' pages (white space does not
    count), so that a formula cannot change while its test stays as it was. A test that holds the same formula on
    several pages has one mark a page.

    >>> @holds("basics/activation-functions#sigmoid-derivative", r"\sigma'(u) = \sigma(u)\,(1 - \sigma(u))")
    ... def test_it() -> None: ...
    """
    return pytest.mark.formula(place, tex)
