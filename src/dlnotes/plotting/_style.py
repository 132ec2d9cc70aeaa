"""Colours, text sizes and axes that all figures share."""

import numbers
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

type RGB = tuple[float, float, float]

SMALLEST = 9.0  # points; smaller text cannot be read on a phone
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (6, 2, 1.5, 2)), (0, (1.5, 1.5)), (0, (9, 3)), (0, (3, 1.5)))


def current_axes(ax: Axes | None) -> Axes:
    """`ax` itself, or pyplot's current axes."""
    if ax is None:
        return plt.gca()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax expects matplotlib Axes, got {type(ax).__name__}")
    return ax


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height in inches that a drawing without axis labels has in `ax`.

    A layout engine moves the axes only when the figure is drawn, so its outcome is foreseen here: the share
    of the figure that the grid gives to the axes.
    """
    figure = ax.figure
    box = ax.get_position(original=True)
    width, height = figure.bbox.width / figure.dpi, figure.bbox.height / figure.dpi
    if figure.get_layout_engine() is None or ax.get_subplotspec() is None:
        return box.width * width, box.height * height
    margins = figure.subplotpars
    width *= box.width / (margins.right - margins.left)
    height *= box.height / (margins.top - margins.bottom)
    title = 0.3 if ax.get_title() else 0.0
    return width - 0.1, height - 0.1 - title


def canvas(ax: Axes) -> tuple[float, float]:
    """Make `ax` a sheet without axes whose unit is one inch; return its width and height."""
    if ax.figure.get_layout_engine() is None and ax.figure.axes == [ax]:
        # the default margins are for tick labels; a title still fits
        ax.set_position((0.01, 0.02, 0.98, 0.9))
    width, height = inches(ax)
    ax.set_axis_off()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    return width, height


def font_size() -> float:
    """Size in points of ordinary text in a figure."""
    return max(SMALLEST, float(mpl.rcParams["font.size"]))


def text_size(text: str, points: float) -> tuple[float, float]:
    """Width and height of `text` in inches, measured without a renderer."""
    lines = text.split("\n")
    font = FontProperties(size=points)
    width = max((TextPath((0, 0), line, prop=font).get_extents().width for line in lines if line.strip()), default=0)
    return float(width) / 72, 1.2 * len(lines) * points / 72


def number(value: float | str, form: str) -> str:
    """`value` formatted, with a minus sign instead of a hyphen; strings stay as they are."""
    if isinstance(value, str):
        return value
    if not isinstance(value, numbers.Real) and getattr(value, "shape", None) != ():
        raise TypeError(f"a value in a figure is a number or a string, got {type(value).__name__}")
    text = format(float(value), form)
    return text.replace("-", "\N{MINUS SIGN}")


def ink() -> RGB:
    """Colour of text."""
    return to_rgb(mpl.rcParams["text.color"])


def paper(ax: Axes) -> RGB:
    """Colour that lies behind what is drawn in `ax`, transparent axes included."""
    below: RGB = (1.0, 1.0, 1.0)
    for layer in (to_rgba(mpl.rcParams["figure.facecolor"]), to_rgba(ax.get_facecolor())):
        below = mix(below, layer[:3], layer[3])
    return below


def cycle(index: int) -> RGB:
    """Colour number `index` of the current colour cycle."""
    return to_rgb(f"C{index}")


def mix(below: Sequence[float], above: Sequence[float], share: float) -> RGB:
    """`above` laid over `below` with opacity `share`, as one opaque colour."""
    r, g, b = (share * y + (1 - share) * x for x, y in zip(below, above, strict=True))
    return (r, g, b)


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance as in WCAG 2.2."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first: Sequence[float], second: Sequence[float]) -> float:
    """Contrast ratio as in WCAG 2.2, between 1 and 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def readable(colour: RGB, background: RGB) -> RGB:
    """`colour`, moved towards the colour of text as far as reading it on `background` demands."""
    steps = (mix(colour, ink(), k / 20) for k in range(21))
    return next((c for c in steps if contrast(c, background) >= 4.6), ink())
