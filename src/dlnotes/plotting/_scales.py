"""Colours of numbers in images, for light and dark figures alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlnotes.plotting import _style as style

type Floats = NDArray[np.float64]


def grey(paper: style.RGB) -> Floats:
    """Colours (2, 3) from no ink to full ink: the larger the number, the more ink."""
    return np.array([paper, style.ink()])


def signed(paper: style.RGB) -> Floats:
    """Colours (3, 3) of the largest negative number, of 0 and of the largest positive one.

    Negative numbers have the hue of C1 and stay pale enough for marks upon them; positive ones have the hue of
    C0 and come nearer to the ink.
    """
    ink, negative = style.ink(), style.cycle(1)
    return np.array(
        [style.mix(paper, negative, strongest(negative, paper, 3.6)), paper, style.mix(style.cycle(0), ink, 0.25)]
    )


def strongest(colour: style.RGB, paper: style.RGB, ratio: float) -> float:
    """Largest share of a colour on the paper on which ink keeps this contrast."""
    shares = (1 - k / 40 for k in range(41))
    return next((s for s in shares if style.contrast(style.ink(), style.mix(paper, colour, s)) >= ratio), 0.0)


def colours(values: Floats, low: float, high: float, anchors: Sequence[Sequence[float]] | Floats) -> Floats:
    """RGB (..., 3) of values (...): the anchors stand at equal steps from `low` to `high`, values beyond are cut."""
    points = np.asarray(anchors)
    at = np.linspace(low, high, len(points))
    return np.stack([np.interp(values, at, points[:, k]) for k in range(3)], axis=-1)
