r"""Figures of the guide: networks, computational graphs, functions, descents, training and what was learned.

The only part of the library that imports matplotlib. Every function draws into `ax`, or into the current axes
of pyplot when none is given, and returns what it drew into; none of them shows a window or changes a setting.
(The histograms, which need several axes, take an empty `figure` or make a new one.) Text and lines take their
colours from matplotlib's settings (`text.color`, `axes.facecolor`, `axes.prop_cycle`), so one call serves a light
and a dark page.
"""

from dlnotes.plotting._confusion import confusion_matrix
from dlnotes.plotting._curves import learning_curves
from dlnotes.plotting._functions import function_with_derivative, functions
from dlnotes.plotting._graph import computational_graph
from dlnotes.plotting._histograms import activation_histograms, weight_histograms
from dlnotes.plotting._images import feature_maps, filters, samples
from dlnotes.plotting._network import network
from dlnotes.plotting._regions import decision_regions
from dlnotes.plotting._surfaces import descent_1d, descent_path

__all__ = [
    "activation_histograms",
    "computational_graph",
    "confusion_matrix",
    "decision_regions",
    "descent_1d",
    "descent_path",
    "feature_maps",
    "filters",
    "function_with_derivative",
    "functions",
    "learning_curves",
    "network",
    "samples",
    "weight_histograms",
]
