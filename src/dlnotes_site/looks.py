"""What is wrong with how a figure looks: text that is cut off, covered, crowded or pale, lines and bars that are pale.

`flaws` draws a figure once more, onto pixels, with every text left out but noted. So it knows what lies behind each
text and where its ink is: the outline of the glyphs in the SVG, turned as the text is. One unit here is a CSS pixel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import cbook
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import Collection, QuadMesh
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

DPI = 96  # CSS pixels an inch
TOLERANCE = 1.0  # pixels by which ink may meet other ink, or leave the canvas
LARGE = 18.0  # points from which text is large for WCAG 2.2, 1.4.3
PALE = 0.1  # share of the pixels beneath a text that may be of poor contrast, as under a grid line
ROUNDING = 0.05  # contrast that eight bits a colour and soft edges may cost
# A guide or a shade may be faint, as grid lines are: what no label names, if it is a line at most GUIDE points wide or
# less opaque than SHADE.
GUIDE = 1.0
SHADE = 0.5


@dataclass(frozen=True)
class Ink:
    """One line of text as drawn: whose it is, its colour, and the corners (4, 2) of the box around its glyphs."""

    text: int  # lines of one text have the same number
    said: str
    colour: tuple[float, float, float, float]
    points: float
    corners: Floats
    visible: Floats  # left, bottom, right and top of what it is clipped to
    in_legend: bool


class _Noting(RendererAgg):
    """Draws everything but text, which it notes; texts have the sizes that they have in an SVG."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(width, height, DPI)  # type: ignore[no-untyped-call]
        self.noted: list[Ink] = []
        self.texts = self.legends = 0

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.texts += s == "text"
        self.legends += s == "legend"

    def close_group(self, s: str) -> None:
        self.legends -= s == "legend"

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        width, height, descent = self._text2path.get_text_width_height_descent(s, prop, ismath)
        return width * DPI / 72, height * DPI / 72, descent * DPI / 72

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        outline = np.asarray(self._text2path.get_text_path(prop, s, ismath=ismath)[0], dtype=np.float64)
        if not len(outline):
            return
        points = prop.get_size_in_points()
        (left, bottom), (right, top) = outline.min(0), outline.max(0)
        box = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
        box *= points / self._text2path.FONT_SCALE * DPI / 72
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        corners = box @ np.array([[cos, sin], [-sin, cos]]) + (x, self.height - y)
        red, green, blue, alpha = gc.get_rgb()
        colour = (red, green, blue, gc.get_alpha() if gc.get_forced_alpha() else alpha)
        clip = gc.get_clip_rectangle()
        visible = np.array(clip.extents if clip else (0, 0, self.width, self.height))
        self.noted.append(Ink(self.texts, s, colour, points, corners, visible, self.legends > 0))


def flaws(figure: Any) -> list[str]:
    """What is wrong with a figure that was drawn before, one sentence each; the figure stays as it is."""
    engine = figure.get_layout_engine()
    figure.set_layout_engine("none")  # everything stays where the drawing before put it
    try:
        with cbook._setattr_cm(figure, dpi=DPI):
            renderer = _Noting(*(figure.get_size_inches() * DPI))
            figure.draw(renderer)
            behind = np.asarray(renderer.buffer_rgba())[..., :3] / 255.0  # type: ignore[no-untyped-call]
            inks = renderer.noted
            found = [*_cut(inks, renderer), *_crowded(inks), *_under_legends(figure, inks), *_pale_text(inks, behind)]
    finally:
        figure.set_layout_engine(engine or "none")  # None would mean that of the settings
    return list(dict.fromkeys([*found, *_pale_lines(figure)]))


def _cut(inks: Sequence[Ink], renderer: _Noting) -> Iterator[str]:
    canvas = np.array([0, 0, renderer.width, renderer.height])
    for ink in inks:
        low, high = ink.corners.min(0), ink.corners.max(0)
        for edges, what in ((canvas, "leaves the canvas"), (ink.visible, "is clipped by its axes")):
            left, bottom, right, top = edges
            over = max(left - low[0], bottom - low[1], high[0] - right, high[1] - top)
            if over > TOLERANCE:
                yield f"the text {ink.said!r} {what} by {over:.0f} px: move it or make room"
                break


def _crowded(inks: Sequence[Ink]) -> Iterator[str]:
    """Pairs of texts whose ink meets; boxes that stand upright are compared all at once."""
    if not inks:
        return
    low = np.array([ink.corners.min(0) for ink in inks]) + TOLERANCE / 2
    high = np.array([ink.corners.max(0) for ink in inks]) - TOLERANCE / 2
    meet = np.all((low[:, None] < high[None]) & (low[None] < high[:, None]), axis=-1)
    for i, j in np.argwhere(np.triu(meet, 1)):
        one, other = inks[i], inks[j]
        if one.text != other.text and _depth(one.corners, other.corners) > TOLERANCE:
            yield f"the texts {one.said!r} and {other.said!r} overlap: move one or make it shorter"


def _depth(one: Floats, other: Floats) -> float:
    """By how many pixels two turned boxes reach into each other (separating axes); negative if they are apart."""
    depth = np.inf
    for box in (one, other):
        for side in (box[1] - box[0], box[3] - box[0]):
            length = np.hypot(*side)
            if length > 0:
                first, second = one @ side / length, other @ side / length
                depth = min(depth, first.max() - second.min(), second.max() - first.min())
    return float(depth)


def _under_legends(figure: Any, inks: Sequence[Ink]) -> Iterator[str]:
    """Text and lines of data that a legend's box covers."""
    for ax in figure.axes:
        legend = ax.get_legend()
        if legend is None or not legend.get_visible():
            continue
        box = legend.get_frame().get_window_extent()
        corners = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])
        for ink in inks:
            if not ink.in_legend and _depth(ink.corners, corners) > TOLERANCE:
                yield f"the text {ink.said!r} and the legend overlap: move one of them"
        inner = Bbox.intersection(box.padded(-2 * TOLERANCE), ax.bbox)  # beyond its axes no line is drawn
        for line in ax.lines if inner else ():
            if line.get_visible() and line.get_linewidth() > GUIDE and line.get_linestyle() != "None":
                path = line.get_transform().transform_path(line.get_path())
                if path.intersects_bbox(inner, filled=False):
                    yield f"the legend covers {_name(line)}: move it (loc=) or make room (set_ylim)"


def _pale_text(inks: Sequence[Ink], behind: Floats) -> Iterator[str]:
    """Texts that do not stand out from the pixels that lie behind their ink."""
    height, width = behind.shape[:2]
    for ink in inks:
        along, up = ink.corners[1] - ink.corners[0], ink.corners[3] - ink.corners[0]
        steps = [max(2, int(np.hypot(*side))) for side in (along, up)]
        share = np.stack(np.meshgrid(*(np.linspace(0, 1, n) for n in steps)), axis=-1).reshape(-1, 2)
        at = (ink.corners[0] + share @ np.stack([along, up])).astype(int)
        at = at[np.all((at >= 0) & (at < (width, height)), axis=1)]
        if not len(at):
            continue  # off the canvas, which is said elsewhere
        pixels = behind[height - 1 - at[:, 1], at[:, 0]]
        red, green, blue, alpha = ink.colour
        ratios = contrast(pixels + alpha * (np.array([red, green, blue]) - pixels), pixels)
        wanted = 3.0 if ink.points >= LARGE else 4.5
        ratio = float(np.quantile(ratios, PALE))
        if ratio < wanted - ROUNDING:
            yield (
                f"the text {ink.said!r} has a contrast of {ratio:.1f} with what lies behind it, at least {wanted:g} "
                "is wanted: choose another colour or place"
            )


def _pale_lines(figure: Any) -> Iterator[str]:
    """Lines, markers, bars and areas that do not stand out from the axes' face, guides and shades excepted."""
    for ax in figure.axes:
        if any(isinstance(artist, QuadMesh | ContourSet) for artist in ax.collections) or ax.images:
            continue  # colours stand for numbers there, and cover the face
        face = _over(to_rgba(figure.get_facecolor()), np.ones(3))
        if ax.axison and ax.patch.get_visible():
            face = _over(ax.get_facecolor(), face)
        for artist in (*ax.lines, *ax.patches, *ax.collections):
            if not artist.get_visible():
                continue
            for what, colours in _seen(artist):
                ratio = max((float(contrast(_over(colour, face), face)) for colour in colours), default=21.0)
                faint = max((colour[3] for colour in colours), default=0.0) < SHADE
                if ratio < 3.0 - ROUNDING and not (faint and _unnamed(artist)):
                    yield (
                        f"the contrast of {what} of {_name(artist)} with the axes' face is {ratio:.1f}, at least 3 is "
                        "wanted: choose another colour or less transparency"
                    )
                    break


def _seen(artist: Any) -> Iterator[tuple[str, list[Any]]]:
    """What of an artist must be seen, with the colours of which one must stand out."""
    alpha = artist.get_alpha()
    named = not _unnamed(artist)
    if isinstance(artist, Line2D):
        if (named or artist.get_linewidth() > GUIDE) and artist.get_linestyle() != "None":
            yield "the line", [to_rgba(artist.get_color(), alpha)]
        if artist.get_marker() not in ("None", None, "", " "):
            marks = artist.get_markerfacecolor(), artist.get_markeredgecolor()
            yield "the markers", [to_rgba(colour, alpha) for colour in marks]
    elif isinstance(artist, Patch):
        faces = [artist.get_facecolor()] if artist.get_fill() else []
        yield "the area", faces + ([artist.get_edgecolor()] if artist.get_linewidth() > 0 else [])
    elif isinstance(artist, Collection):
        pairs = [to_rgba_array(colours) for colours in (artist.get_facecolor(), artist.get_edgecolor())]
        if len(pairs[0]) or named or np.max(artist.get_linewidth(), initial=0) > GUIDE:
            for k in range(max(map(len, pairs))):
                yield "the area", [colours[k % len(colours)] for colours in pairs if len(colours)]


def _over(colour: Any, below: Floats) -> Floats:
    """A colour (r, g, b, alpha) laid over an opaque one."""
    red, green, blue, alpha = colour
    mixed: Floats = below + alpha * (np.array([red, green, blue]) - below)
    return mixed


def _unnamed(artist: Any) -> bool:
    """Whether it has no label of its own: no legend names it."""
    return str(artist.get_label() or "_").startswith("_")


def _name(artist: Any) -> str:
    """What an artist is called in a message."""
    kind = type(artist).__name__
    return f"a {kind} without a label" if _unnamed(artist) else f"the {kind} {artist.get_label()!r}"


def luminance(colours: Floats) -> Floats:
    """Relative luminance (...) of sRGB colours (..., 3), as in WCAG 2.2."""
    linear: Floats = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    light: Floats = linear @ np.array([0.2126, 0.7152, 0.0722])
    return light


def contrast(one: Floats, other: Floats) -> Floats:
    """Contrast ratio as in WCAG 2.2, between 1 and 21, of colours (..., 3)."""
    first, second = luminance(one), luminance(other)
    ratio: Floats = (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)
    return ratio
