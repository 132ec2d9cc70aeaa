"""How figures look: one matplotlib style for each colour scheme of the site, and a figure as SVG bytes.

Both schemes come from the same program run twice, so they differ in colours only; `geometry` is what must be equal.
"""

import io
import re
from typing import Any

# Colour cycles of equal contrast (4.5 or more against the page) in the order blue, orange, green, violet, pink, teal.
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {
        "page": "#ffffff",
        "text": "#1f2933",
        "grid": "#cbd2d9",
        "cycle": ["#1f6feb", "#c2410c", "#15803d", "#7c3aed", "#be185d", "#0e7490"],
    },
    "dark": {
        "page": "#1e2129",
        "text": "#e2e8f0",
        "grid": "#475060",
        "cycle": ["#79b8ff", "#ff9e64", "#7ee787", "#c4a7ff", "#ff8ab8", "#67d5e6"],
    },
}


def style(scheme: str) -> dict[str, Any]:
    """The rcParams of a scheme."""
    from cycler import cycler

    colours = SCHEMES[scheme]
    text, page = colours["text"], colours["page"]
    return {
        "figure.figsize": (6.4, 3.6),
        "figure.constrained_layout.use": True,
        "figure.facecolor": page,
        "axes.facecolor": page,
        "savefig.facecolor": page,
        "text.color": text,
        "axes.labelcolor": text,
        "axes.titlecolor": text,
        "axes.edgecolor": text,
        "xtick.color": text,
        "ytick.color": text,
        "legend.facecolor": page,
        "legend.edgecolor": colours["grid"],
        "legend.labelcolor": text,
        "patch.edgecolor": page,
        "grid.color": colours["grid"],
        "axes.prop_cycle": cycler(color=colours["cycle"]),
        "lines.color": colours["cycle"][0],
        "patch.facecolor": colours["cycle"][0],
        "boxplot.flierprops.color": text,
        "image.cmap": "viridis",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.size": 12,
        "axes.titlesize": 13,
        "lines.linewidth": 2,
        "svg.fonttype": "path",
        "svg.hashsalt": "dlnotes",
    }


def to_svg(figure: Any) -> str:
    """A matplotlib figure as SVG text, the same bytes each time."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def to_png(figure: Any) -> bytes:
    """A matplotlib figure as a picture: Jupyter shows no SVG in a notebook that was downloaded."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
    return buffer.getvalue()


def size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels (SVG from matplotlib gives points)."""
    match = re.search(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', svg, re.S)
    if match is None:
        raise ValueError("expected an SVG with a viewBox that begins at 0 0")
    return round(float(match[1]) * 4 / 3), round(float(match[2]) * 4 / 3)


def geometry(svg: str) -> list[str]:
    """Everything that is drawn, colours left out: the paths, places and sizes."""
    return re.findall(r'\s(?:d|x|y|width|height|transform)="([^"]*)"', svg)
