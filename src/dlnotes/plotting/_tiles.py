"""Many small images in one axes, with captions and a bar that explains their colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._scales import colours

type Floats = NDArray[np.float64]
type Box = tuple[float, float, float, float]  # left, bottom, right, top in inches

TEXT = 10.0  # points
LINE = 1.3 * TEXT / 72  # height of a line of text in inches, as are all lengths here
GAP = 0.07  # between images
EDGE = 0.03  # around them all, for their frames
SMALLEST_TILE, SMALLEST_DASHED = 0.12, 0.045  # an image, a pixel that holds a dash
BAR = 0.14  # width of the bar


@dataclass(frozen=True)
class Scale:
    """What colour a number has: `anchors` at equal steps from `low` to `high`."""

    low: float
    high: float
    anchors: Floats

    @property
    def marks(self) -> list[float]:
        """Numbers that are written beside the bar, one an anchor."""
        return [float(v) for v in np.linspace(self.low, self.high, len(self.anchors))]


@dataclass(frozen=True)
class _Room:
    """Columns, lower left corners (n, 2) and size of the images, in inches."""

    corners: Floats
    width: float
    height: float


def draw_tiles(
    ax: Axes,
    images: Floats,
    scale: Scale,
    *,
    columns: int | None = None,
    captions: Sequence[str] | None = None,
    marked: Sequence[bool] | None = None,
    bar: bool = False,
    heads: tuple[str, str] | None = None,
) -> None:
    """Draw images (n, H, W) row by row, each above its caption, `heads` above and left of them all.

    A marked image has a thick frame and a caption in the same colour.
    """
    width, height = style.canvas(ax)
    texts = [style.number(v, ".2g") for v in scale.marks]
    right = BAR + 0.25 + max(style.text_size(t, TEXT)[0] for t in texts) if bar else 0.0
    left = top = LINE + 0.06 if heads else 0.0
    space = width - left - right - 2 * EDGE, height - top - 2 * EDGE
    room = _room(images.shape, space, columns, captions)
    corners = room.corners + np.array([left + EDGE, EDGE])
    boxes = [(float(x), float(y), float(x) + room.width, float(y) + room.height) for x, y in corners]
    for image, box in zip(images, boxes, strict=True):
        _picture(ax, image, box, scale)
    marks = list(marked) if marked is not None else [False] * len(images)
    _frames(ax, [box for box, mark in zip(boxes, marks, strict=True) if not mark], _edge(ax), 0.7)
    _frames(ax, [box for box, mark in zip(boxes, marks, strict=True) if mark], style.cycle(1), 2.4)
    if scale.low < 0 < scale.high and len(scale.anchors) == 3:
        _dashes(ax, [*zip(images, boxes, strict=True)], scale)
    for text, (x0, y0, x1, _), mark in zip(captions or [], boxes, marks, strict=bool(captions)):
        colour = style.readable(style.cycle(1), style.paper(ax)) if mark else style.ink()
        weight = "bold" if mark else "normal"
        at = (x0 + x1) / 2, y0 - 0.06 - 0.76 * TEXT / 72
        ax.text(*at, text, ha="center", va="baseline", size=TEXT, color=colour, weight=weight)
    x_low, y_low = (min(box[k] for box in boxes) for k in (0, 1))
    x_high, y_high = (max(box[k] for box in boxes) for k in (2, 3))
    if heads:
        across, down = heads
        ax.text((x_low + x_high) / 2, y_high + 0.06, across, ha="center", va="bottom", size=TEXT, color=style.ink())
        at = x_low - 0.06, (y_low + y_high) / 2
        ax.text(*at, down, ha="right", va="center", rotation=90, size=TEXT, color=style.ink())
    if bar:
        _bar(ax, scale, texts, x_high + 0.15, (y_low, y_high))


def _edge(ax: Axes) -> style.RGB:
    return style.mix(style.paper(ax), style.ink(), 0.4)


def _room(
    shape: Sequence[int], space: tuple[float, float], columns: int | None, captions: Sequence[str] | None
) -> _Room:
    """A grid in the middle of the space: large images, and no holes in the last row if that costs little."""
    count, high, wide = shape
    sizes = [style.text_size(text, TEXT) for text in captions or []]
    caption_width = max((w for w, _ in sizes), default=0.0) + 0.08
    below = max((h for _, h in sizes), default=0.0) * 1.2 + 0.06 if captions else 0.0
    units: dict[int, float] = {}  # inches a pixel, by columns
    for c in [columns] if columns else range(1, count + 1):
        pitch_x, pitch_y = (space[0] + GAP) / c, (space[1] + GAP) / -(-count // c)
        if not captions or caption_width <= pitch_x:
            units[c] = min((pitch_x - GAP) / wide, (pitch_y - GAP - below) / high)
    largest = max(units.values(), default=0.0)
    if largest * max(high, wide) < SMALLEST_TILE:
        what = f"{count} images" + (" with these captions" if captions else "")
        raise ValueError(f"{what} do not fit the axes of {space[0]:.1f} x {space[1]:.1f} inches: enlarge the figure")
    good = [c for c, unit in units.items() if unit >= 0.8 * largest]
    chosen = min(good, key=lambda c: (-count % c > 0, -units[c]))
    width, height = units[chosen] * wide, units[chosen] * high
    across = max(width + GAP, caption_width if captions else 0.0)
    down = height + below + GAP
    start = (space[0] - (min(chosen, count) - 1) * across - width) / 2
    stop = (space[1] + -(-count // chosen) * down - GAP) / 2  # the upper edge of the block
    corners = [(start + k % chosen * across, stop - height - k // chosen * down) for k in range(count)]
    return _Room(np.array(corners), width, height)


def _picture(ax: Axes, image: Floats, box: Box, scale: Scale) -> None:
    """One image; "none" keeps its pixels as they are, in SVG too."""
    x0, y0, x1, y1 = box
    picture = AxesImage(ax, extent=(x0, x1, y0, y1), origin="upper", interpolation="none", clip_on=False)
    rgb = colours(image, scale.low, scale.high, scale.anchors)
    picture.set_data(np.round(255 * rgb).astype(np.uint8))
    ax.add_image(picture)


def _frames(ax: Axes, boxes: Sequence[Box], colour: style.RGB, line: float) -> None:
    if boxes:
        frames = [Rectangle((x0, y0), x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes]
        look = PatchCollection(frames, facecolor="none", edgecolor=[colour], linewidth=line, clip_on=False)
        ax.add_collection(look)


def _dashes(ax: Axes, pictures: Sequence[tuple[Floats, Box]], scale: Scale) -> None:
    """A dash on each pixel that is clearly negative; all are one path, which keeps the file small."""
    points: list[tuple[float, float]] = []
    for image, (x0, y0, x1, y1) in pictures:
        rows, columns = image.shape
        wide, high = (x1 - x0) / columns, (y1 - y0) / rows
        if min(wide, high) < SMALLEST_DASHED:
            continue
        half = min(0.2 * wide, 0.06)
        for i, j in np.argwhere(image < scale.low / 20):
            x, y = x0 + (int(j) + 0.5) * wide, y1 - (int(i) + 0.5) * high
            points += [(x - half, y), (x + half, y)]
    if points:
        path = Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))
        ax.add_patch(PathPatch(path, edgecolor=style.ink(), facecolor="none", linewidth=0.9, clip_on=False))


def _bar(ax: Axes, scale: Scale, texts: Sequence[str], x: float, span: tuple[float, float]) -> None:
    """A bar of all colours with a number at each anchor."""
    middle, half = sum(span) / 2, min(span[1] - span[0], 2.0) / 2
    box = x, middle - half, x + BAR, middle + half
    _picture(ax, np.linspace(scale.high, scale.low, 64)[:, None], box, scale)
    _frames(ax, [box], _edge(ax), 0.7)
    if len(texts) == 3:
        _dashes(ax, [(np.linspace(scale.high, scale.low, 11)[:, None], box)], scale)
    room = max(half - TEXT / 144, LINE * (len(texts) - 1) / 2)  # the outer numbers end with the bar
    for text, y in zip(texts, np.linspace(middle - room, middle + room, len(texts)), strict=True):
        ax.text(x + BAR + 0.05, y, text, ha="left", va="center_baseline", size=TEXT, color=style.ink())
