"""Checks of numbers that have a range."""

from dlnotes._check import as_number

__all__: list[str] = []


def as_non_negative(value: object, who: str, name: str) -> float:
    """`value` as a finite float of at least 0."""
    number = as_number(value, who, name)
    if number < 0:
        raise ValueError(f"{who} expects {name} >= 0, got {number}")
    return number


def as_share(value: object, who: str, name: str) -> float:
    """`value` as a float from 0 to 1."""
    number = as_number(value, who, name)
    if not 0 <= number <= 1:
        raise ValueError(f"{who} expects {name} from 0 to 1, got {number}")
    return number
