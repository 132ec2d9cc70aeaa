"""Two printed texts compared: exactly, or by number with the one tolerance of the whole site."""

import re
from decimal import Decimal

TOLERANCE = "a number with a decimal point may differ by one unit of its last printed place; all else is the same"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def difference(shown: str, got: str, *, exact: bool) -> tuple[int, str, str] | None:
    """The first line (from 0) on which two texts differ, with both lines; None if they agree."""
    if shown == got:
        return None
    ours, theirs = shown.split("\n"), got.split("\n")
    length = max(len(ours), len(theirs))
    ours, theirs = (lines + [""] * (length - len(lines)) for lines in (ours, theirs))
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other and (exact or not alike(one, other)):
            return number, one, other
    missing = shown.count("\n") != got.count("\n")
    return (length - 1, ours[-1], theirs[-1]) if missing else None


def alike(one: str, other: str) -> bool:
    """Whether two lines agree within the tolerance: the same text between the numbers, and numbers that are close.

    >>> alike("loss 0.3333 after 10 steps", "loss 0.3334 after 10 steps")
    True
    >>> alike("loss 0.3333 after 10 steps", "loss 0.3333 after 11 steps")
    False
    """
    if _NUMBER.split(one) != _NUMBER.split(other):
        return False
    return all(map(_close, _NUMBER.findall(one), _NUMBER.findall(other)))


def _close(one: str, other: str) -> bool:
    if one == other:
        return True
    if "." not in one or "." not in other:
        return False
    a, b = Decimal(one), Decimal(other)
    places = [number.as_tuple().exponent for number in (a, b)]
    unit = Decimal(1).scaleb(min(place for place in places if isinstance(place, int)))
    return abs(a - b) <= unit
