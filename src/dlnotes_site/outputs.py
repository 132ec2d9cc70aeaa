"""Two printed texts compared: exactly, or by number with the one tolerance of the whole site."""

import math
import re
from decimal import Decimal

TOLERANCE = "a number with a decimal point may differ by one unit of its last printed place; all else is the same"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def difference(
    shown: str, got: str, *, exact: bool = False, relative: float | None = None
) -> tuple[int, str, str] | None:
    """The first line (from 0) on which two texts differ, with both lines; None if they agree.

    Numbers are compared as `alike` does, or not at all where the texts must agree exactly.
    """
    if shown == got:
        return None
    ours, theirs = shown.split("\n"), got.split("\n")
    length = max(len(ours), len(theirs))
    ours, theirs = (lines + [""] * (length - len(lines)) for lines in (ours, theirs))
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other and (exact or not alike(one, other, relative)):
            return number, one, other
    missing = shown.count("\n") != got.count("\n")
    return (length - 1, ours[-1], theirs[-1]) if missing else None


def alike(one: str, other: str, relative: float | None = None) -> bool:
    """Whether two lines agree: the same text between the numbers, and numbers that are close.

    They are close within the tolerance of the site, or within a relative one where that is given.

    >>> alike("loss 0.3333 after 10 steps", "loss 0.3334 after 10 steps")
    True
    >>> alike("loss 0.3333 after 10 steps", "loss 0.3333 after 11 steps")
    False
    >>> alike("loss 0.3333 after 10 steps", "loss 0.3334 after 10 steps", relative=1e-6)
    False
    """
    if _NUMBER.split(one) != _NUMBER.split(other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    if relative is not None:
        return all(math.isclose(float(a), float(b), rel_tol=relative) for a, b in pairs)
    return all(_close(a, b) for a, b in pairs)


def _close(one: str, other: str) -> bool:
    if one == other:
        return True
    if "." not in one or "." not in other:
        return False
    a, b = Decimal(one), Decimal(other)
    places = [number.as_tuple().exponent for number in (a, b)]
    unit = Decimal(1).scaleb(min(place for place in places if isinstance(place, int)))
    return abs(a - b) <= unit
