"""Tests of the figures of training and of what was learned, at the sizes and in the colours of the site."""

import inspect
import io
import re
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch, StepPatch
from matplotlib.transforms import Bbox

from dlnotes import plotting
from dlnotes.plotting import (
    activation_histograms,
    confusion_matrix,
    feature_maps,
    filters,
    learning_curves,
    samples,
    weight_histograms,
)
from dlnotes.plotting._scales import colours, grey, signed, strongest
from dlnotes.plotting._style import contrast, luminance
from tests.test_plotting import COLOURS, overlap, style_of, texts_of, words

RNG = np.random.default_rng(0)
DIGITS = RNG.random((60, 1, 8, 8))
CLASSES = RNG.integers(0, 10, 300)
GUESSES = np.where(RNG.random(300) < 0.15, RNG.integers(0, 10, 300), CLASSES)
EPOCHS = np.arange(1, 21)
RUNS = np.exp(-EPOCHS / 5) + 0.3 + 0.05 * RNG.standard_normal((5, 20))
LAYERS = [np.tanh(RNG.normal(0, s, (50, 40))) for s in (3, 1, 0.6, 0.3, 0.1)]
KERNELS = RNG.normal(0, 0.5, (8, 1, 3, 3))
NAMES = ["original", "shift", "flip", "rotation", "noise", "cutout"]


@pytest.fixture(autouse=True)
def _clean_figures() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg", **site("light")}):
        yield
        plt.close("all")


def site(scheme: str) -> dict[str, Any]:
    return {**style_of(scheme), "font.size": 12, "axes.titlesize": 13}


def before_and_after() -> None:
    left, right = plt.subplots(1, 2)[1]
    filters(KERNELS / 5, limit=1, columns=2, colorbar=False, ax=left).set_title("before")
    filters(KERNELS, limit=1, columns=2, ax=right).set_title("after")


def two_scales() -> None:
    upper, lower = plt.figure(figsize=(6.4, 4.4)).subfigures(2, 1)
    activation_histograms(LAYERS[:3], figure=upper)
    activation_histograms(LAYERS[2:], figure=lower)
    upper.suptitle("SD 1")
    lower.suptitle("Xavier")


def loss_and_accuracy() -> None:
    left, right = plt.subplots(1, 2)[1]
    learning_curves({"train": RUNS, "test": RUNS + 0.2}, ax=left)
    learning_curves({"train": 1 - RUNS / 5, "test": 0.9 - RUNS / 5}, ylabel="accuracy", ax=right)


DRAWINGS: dict[str, Callable[[], object]] = {
    "curves": lambda: learning_curves({"SGD": RUNS, "Momentum": RUNS * 0.7, "AdaGrad": RUNS * 0.69, "Adam": RUNS[0]}),
    "curves that end on one another": lambda: learning_curves({f"run {k}": RUNS[0] + k / 1000 for k in range(8)}),
    "logarithmic curves": lambda: learning_curves(
        {"train": RUNS**3, "test": RUNS, "diverged": np.r_[np.geomspace(1, 50, 8), [np.inf] * 12]}, log=True
    ),
    "loss and accuracy": loss_and_accuracy,
    "activations": lambda: activation_histograms(LAYERS),
    "activations, shrinking": lambda: activation_histograms(
        [z * 10.0 ** (-2 * k) for k, z in enumerate(LAYERS)], shared=False
    ),
    "activations, twelve layers": lambda: activation_histograms([*LAYERS, *LAYERS, *LAYERS[:2]]),
    "activations, exploding": lambda: activation_histograms([LAYERS[0], 3e4 * LAYERS[1]]),
    "activations, two scales": two_scales,
    "weights": lambda: weight_histograms({"0.W": KERNELS, "0.b": np.ones(8), "3.W": LAYERS[0]}),
    "filters": lambda: filters(KERNELS),
    "filters, linear": lambda: filters(RNG.standard_normal((64, 10)), shape=(8, 8)),
    "filters, channels": lambda: filters(RNG.standard_normal((16, 8, 3, 3))),
    "filters, before and after": before_and_after,
    "maps": lambda: feature_maps(np.maximum(DIGITS[:8, 0], 0.3) - 0.3, labels=range(8)),
    "maps with a sign": lambda: feature_maps(DIGITS[:3, 0] - 0.5),
    "one map": lambda: feature_maps(DIGITS[0]),
    "confusion": lambda: confusion_matrix(CLASSES, GUESSES),
    "confusion, high": lambda: confusion_matrix(CLASSES, GUESSES, ax=plt.figure(figsize=(6.4, 5)).gca()),
    "confusion, named": lambda: confusion_matrix([[50, 3, 1], [2, 1040, 7], [0, 0, 0]], labels=["cat", "dog", "bird"]),
    "samples": lambda: samples(DIGITS),
    "samples, labels": lambda: samples(DIGITS[:30], labels=CLASSES[:30]),
    "samples, predictions": lambda: samples(DIGITS[:24], labels=CLASSES[:24], predictions=GUESSES[:24]),
    "samples, names": lambda: samples(DIGITS[:6], labels=NAMES),
    "samples, long names": lambda: samples(DIGITS[:16], labels=["transformation"] * 16, columns=4),
    "samples, title": lambda: samples(DIGITS[:10], labels=CLASSES[:10]).set_title("digits"),
    "samples, 28 x 28": lambda: samples(RNG.random((20, 28, 28)) > 0.8),
}

ONE_OF_EACH = ["logarithmic curves", "weights", "filters", "maps", "confusion, named", "samples, names"]
LARGE = "activations, twelve layers"


def images_of(ax: Axes) -> list[AxesImage]:
    return [image for image in ax.images if isinstance(image, AxesImage)]


def box_of(image: AxesImage) -> Bbox:
    return image.get_window_extent()


def cell_colour(ax: Axes, i: int, j: int) -> tuple[float, ...]:
    return tuple(float(c) / 255 for c in np.asarray(images_of(ax)[0].get_array())[i, j, :3])


@pytest.mark.parametrize(("name", "scheme"), [(n, s) for n in DRAWINGS for s in COLOURS if n != LARGE or s == "light"])
def test_every_text_is_whole_alone_large_and_in_contrast(name: str, scheme: str) -> None:
    with mpl.rc_context(site(scheme)):
        DRAWINGS[name]()
        figure = plt.gcf()
        figure.canvas.draw()
        boxes = [(t, t.get_window_extent()) for t in texts_of(figure)]
        assert boxes or name in ("samples", "samples, 28 x 28")
        for text, box in boxes:
            inside = min(box.x0 + 1, box.y0 + 1, figure.bbox.x1 + 1 - box.x1, figure.bbox.y1 + 1 - box.y1)
            assert inside >= 0, f"{text.get_text()!r} leaves the figure"
            assert text.get_fontsize() >= 9, f"{text.get_text()!r} is small"
            assert contrast(to_rgb(text.get_color()), behind(text, box)) >= 4.5, f"{text.get_text()!r} is pale"
        for (first, a), (second, b) in combinations(boxes, 2):
            assert not overlap(a, b), f"{first.get_text()!r} lies on {second.get_text()!r}"


def behind(text: Any, box: Bbox) -> tuple[float, float, float]:
    """The cell in which a text stands, else the figure's colour; a text on a picture of many colours fails."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    for ax in text.figure.axes:
        for image in images_of(ax):
            if box_of(image).contains(x, y):
                assert ax.get_xlabel() == "predicted class", f"{text.get_text()!r} lies on an image"
                column, row = ax.transData.inverted().transform((x, y))
                return to_rgb(cell_colour(ax, round(row), round(column)))
    return to_rgb(mpl.rcParams["figure.facecolor"])


@pytest.mark.parametrize("name", [n for n in DRAWINGS if re.match("filters|.*map|samples", n)])
def test_images_lie_apart_in_a_higher_figure_without_layout_with_square_pixels(name: str) -> None:
    with mpl.rc_context({"figure.figsize": (6.4, 5.2), "figure.constrained_layout.use": False}):
        DRAWINGS[name]()
        figure = plt.gcf()
        figure.canvas.draw()
        for ax in figure.axes:
            boxes = [box_of(image) for image in images_of(ax)]
            assert boxes
            for a, b in combinations(boxes, 2):
                assert not overlap(a, b)
            for image, box in zip(images_of(ax), boxes, strict=True):
                rows, columns = np.asarray(image.get_array()).shape[:2]
                assert rows == 64 or box.width / columns == pytest.approx(box.height / rows)
                assert min(box.x0, box.y0, figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) >= 1


@pytest.mark.parametrize("name", [n for n in DRAWINGS if n != LARGE])
def test_drawing_again_gives_the_same_bytes_and_in_the_dark_the_same_lines(name: str) -> None:
    def svg(scheme: str) -> str:
        state = RNG.bit_generator.state
        with mpl.rc_context(site(scheme)):
            settings = mpl.rcParams.copy()
            DRAWINGS[name]()
            buffer = io.StringIO()
            plt.gcf().savefig(buffer, format="svg", metadata={"Date": None})
            plt.close("all")
            assert mpl.rcParams == settings
        RNG.bit_generator.state = state
        return buffer.getvalue()

    def geometry(text: str) -> list[str]:
        return re.findall(r'\s(?:d|x|y|width|height|transform)="([^"]*)"', text)

    light = svg("light")
    if name in ONE_OF_EACH:
        assert light == svg("light")
    assert geometry(light) == geometry(svg("dark"))
    pictures = light.count("<image")
    assert light.count("image-rendering:pixelated") == pictures, "a reader's browser would blur the pixels"
    assert len(light) < 150_000, f"{len(light)} bytes are too many for a page"


def test_arguments_are_not_changed() -> None:
    arrays = [RUNS.copy(), KERNELS.copy(), DIGITS.copy(), CLASSES.copy()]
    runs = np.where(EPOCHS > 15, np.nan, RUNS)
    runs[0, 3] = np.inf
    kept = runs.copy()
    learning_curves({"a": RUNS, "b": runs})
    np.testing.assert_array_equal(runs, kept)
    filters(KERNELS, ax=plt.figure().gca())
    samples(DIGITS, ax=plt.figure().gca())
    confusion_matrix(CLASSES, GUESSES, ax=plt.figure().gca())
    for before, after in zip(arrays, [RUNS, KERNELS, DIGITS, CLASSES], strict=True):
        np.testing.assert_array_equal(before, after)


# Learning curves


def bands(ax: Axes) -> list[FillBetweenPolyCollection]:
    return [c for c in ax.collections if isinstance(c, FillBetweenPolyCollection)]


def test_line_is_the_mean_and_band_one_standard_deviation_over_seeds() -> None:
    ax = learning_curves({"loss": RUNS})
    line = next(line for line in ax.lines if len(line.get_xdata()) == 20)
    np.testing.assert_array_equal(line.get_xdata(), EPOCHS)
    np.testing.assert_allclose(line.get_ydata(), RUNS.mean(axis=0), rtol=1e-14)
    (band,) = bands(ax)
    points = band.get_paths()[0].vertices
    for k, epoch in enumerate(EPOCHS):
        own = points[points[:, 0] == epoch][:, 1]
        spread = RUNS[:, k].std(ddof=1)
        assert own.max() == pytest.approx(RUNS[:, k].mean() + spread)
        assert own.min() == pytest.approx(RUNS[:, k].mean() - spread)


def test_one_run_has_no_band_and_every_curve_its_name_colour_and_dashes() -> None:
    ax = learning_curves({f"c{k}": RUNS[0] + k for k in range(8)})
    assert not bands(ax)
    assert words(ax) == [f"c{k}" for k in range(8)]
    looks = {(to_rgb(line.get_color()), line.get_linestyle(), str(line._dash_pattern)) for line in ax.lines}
    assert len(looks) == 8


def test_names_stand_in_the_order_of_the_ends_right_of_the_curves() -> None:
    for log in (False, True):
        ax = learning_curves({"low": RUNS, "high": RUNS + 2, "middle": RUNS + 1}, log=log, ax=plt.figure().gca())
        ax.figure.canvas.draw()
        boxes = {t.get_text(): t.get_window_extent() for t in ax.texts}
        assert boxes["low"].y1 <= boxes["middle"].y0 + 1 < boxes["middle"].y1 <= boxes["high"].y0 + 1
        end = ax.transData.transform((20, RUNS[:, -1].mean() + 1))
        assert boxes["middle"].x0 > end[0]
        assert boxes["middle"].y0 < end[1] < boxes["middle"].y1


def test_diverging_curve_ends_with_a_cross_before_the_first_seed_that_is_not_finite() -> None:
    runs = RUNS.copy()
    runs[2, 7] = np.nan
    ax = learning_curves({"a": runs, "b": RUNS[0]})
    drawn = np.asarray(ax.lines[0].get_ydata())
    assert np.isfinite(drawn[:7]).all()
    assert np.isnan(drawn[7:]).all()
    (cross,) = [line for line in ax.lines if line.get_marker() == "X"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (7, pytest.approx(runs[:, 6].mean()))


def test_everything_drawn_lies_within_the_limits() -> None:
    for log in (False, True):
        ax = learning_curves({"a": RUNS, "b": RUNS[0] * 3}, log=log, ax=plt.figure().gca())
        low, high = ax.get_ylim()
        points = np.vstack([band.get_paths()[0].vertices for band in bands(ax)])
        assert low <= points[:, 1].min() < points[:, 1].max() <= high
        assert high >= 3 * RUNS[0].max()
        assert ax.get_yscale() == ("log" if log else "linear")


def test_band_that_reaches_zero_is_cut_at_a_logarithmic_axis() -> None:
    ax = learning_curves({"a": [[1.0, 0.1], [0.5, 0.0001], [0.8, 0.0001]]}, log=True)
    low = ax.get_ylim()[0]
    assert 0 < low < 0.0334
    assert bands(ax)[0].get_paths()[0].vertices[:, 1].min() == pytest.approx(low)


def test_curves_take_places_and_lengths_of_their_own() -> None:
    ax = learning_curves({"a": [1, 2, 3]}, x=[0, 100, 200], xlabel="step", ylim=(0, 4))
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0, 100, 200])
    assert (ax.get_xlabel(), ax.get_ylim()) == ("step", (0, 4))
    ax = learning_curves({"a": [1, 2, 3], "b": [1, 2, 3, 4, 5]}, ax=plt.figure().gca())
    assert [len(line.get_xdata()) for line in ax.lines] == [3, 5]


def test_epochs_have_whole_ticks() -> None:
    ax = learning_curves({"a": [3, 2, 1]})
    assert all(tick == round(tick) for tick in ax.get_xticks())


@pytest.mark.parametrize(
    ("curves", "options", "error", "message"),
    [
        ({}, {}, ValueError, "at least one curve, got none"),
        ({"a": []}, {}, ValueError, r"a expects \(E,\), or \(S, E\) over seeds, got \(0,\)"),
        ({"a": 3.0}, {}, ValueError, r"a expects \(E,\).*got \(\)"),
        ({"a": np.ones((2, 2, 2))}, {}, ValueError, r"got \(2, 2, 2\)"),
        ({"a": ["x"]}, {}, TypeError, "a expects real numbers"),
        ({"a": [1j]}, {}, TypeError, "a expects real numbers, got dtype complex128"),
        ({"a": [np.nan, 1]}, {}, ValueError, "a expects a finite first value"),
        ({"a": [1, 0]}, {"log": True}, ValueError, "log expects positive values, got 0.0 in a"),
        ({"a": [1, 2]}, {"x": [1, 2, 3]}, ValueError, r"x expects \(2,\) ascending numbers for a, got shape \(3,\)"),
        ({"a": [1, 2]}, {"x": [2, 1]}, ValueError, "ascending"),
        ({"a": [1, 2]}, {"ylim": (1, 1)}, ValueError, r"ylim expects \(low, high\)"),
        ({"a": [1, 2]}, {"ylim": (0, 1), "log": True}, ValueError, "both positive"),
        ({"a": [1, 2]}, {"ax": 3}, TypeError, "ax expects matplotlib Axes, got int"),
    ],
)
def test_learning_curves_refuse(curves: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        learning_curves(curves, **options)
    assert not plt.get_fignums()


# Histograms


def bars(ax: Axes) -> tuple[Any, Any]:
    (patch,) = [p for p in ax.patches if isinstance(p, StepPatch)]
    values, edges, _ = patch.get_data()
    return values, edges


def test_bars_are_the_shares_of_all_values_and_titles_say_mean_and_deviation() -> None:
    axes = activation_histograms(LAYERS, bins=30)
    assert len(axes) == 5
    for k, (ax, layer) in enumerate(zip(axes, LAYERS, strict=True), start=1):
        shares, edges = bars(ax)
        assert len(shares) == 30
        counts, _ = np.histogram(layer, bins=edges)
        np.testing.assert_allclose(shares, counts / layer.size)
        assert shares.sum() == pytest.approx(1)
        lines = ax.get_title(loc="left").split("\n")
        assert lines[0] == f"layer {k}"
        assert f"SD {layer.std():.2g}" in lines[-1]
        low, high = ax.get_ylim()
        assert low == 0
        assert high > shares.max()


def test_mean_is_rounded_to_the_digits_that_the_deviation_has() -> None:
    (ax,) = activation_histograms([np.array([1.0, 1.2, 1.4004])])
    assert ax.get_title(loc="left") == "layer 1\nmean 1.2, SD 0.16"
    (ax,) = activation_histograms([np.array([-1e-9, 1e-9]) - 1e-12])
    assert ax.get_title(loc="left") == "layer 1\nmean 0, SD 1e\N{MINUS SIGN}9"
    (ax,) = activation_histograms([np.full(3, 12345.0)])
    assert ax.get_title(loc="left") == "layer 1\nmean 1.2e4, SD 0"


def test_graphs_share_the_horizontal_axis_unless_told() -> None:
    assert len({ax.get_xlim() for ax in activation_histograms(LAYERS)}) == 1
    own = activation_histograms(LAYERS, shared=False)
    assert len({ax.get_xlim() for ax in own}) == 5
    for ax, layer in zip(own, LAYERS, strict=True):
        low, high = ax.get_xlim()
        assert low < layer.min() < layer.max() < high
    assert {ax.get_xlim() for ax in activation_histograms(LAYERS, limits=(-2, 2), shared=False)} == {(-2, 2)}


def test_values_beyond_the_limits_count_in_the_shares() -> None:
    (ax,) = activation_histograms([[0.1, 0.2, 0.3, 5.0]], limits=(0, 1))
    assert bars(ax)[0].sum() == pytest.approx(0.75)


def test_labels_come_from_the_argument_or_from_the_keys() -> None:
    titles = [ax.get_title(loc="left").split("\n")[0] for ax in activation_histograms(LAYERS[:2], labels=["a", "b"])]
    assert titles == ["a", "b"]
    titles = [ax.get_title(loc="left").split("\n")[0] for ax in activation_histograms({"x": [1], "y": [2]})]
    assert titles == ["x", "y"]


def test_graphs_stand_three_in_a_row_in_a_figure_that_grows() -> None:
    heights = []
    for count in (3, 4):
        axes = activation_histograms([np.arange(5.0)] * count, labels=[str(k) for k in range(count)])
        figure = axes[0].figure
        figure.canvas.draw()
        boxes = [ax.get_window_extent() for ax in axes]
        assert len({round(box.y0) for box in boxes}) == -(-count // 3)
        assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
        heights.append(figure.get_size_inches()[1])
        assert figure.get_size_inches()[0] == 6.4
    assert heights[0] < heights[1]


def test_weights_are_drawn_and_biases_and_scales_are_not() -> None:
    params = {"0.W": KERNELS, "0.b": np.ones(8), "1.gamma": np.ones(8), "4.W": LAYERS[0], "W": [1.0, 2.0]}
    titles = [ax.get_title(loc="left").split("\n")[0] for ax in weight_histograms(params)]
    assert titles == ["0.W", "4.W", "W"]
    assert bars(plt.gcf().axes[0])[0].sum() == pytest.approx(1)


def test_histograms_keep_to_the_figure_they_are_given() -> None:
    upper, lower = plt.figure().subfigures(2, 1)
    axes = activation_histograms(LAYERS[:2], figure=lower)
    assert all(ax.figure is lower for ax in axes)
    assert not upper.axes
    assert len(plt.get_fignums()) == 1
    with pytest.raises(ValueError, match="figure expects an empty figure, got one with 2 axes"):
        activation_histograms(LAYERS[:2], figure=lower)


@pytest.mark.parametrize(
    ("layers", "options", "error", "message"),
    [
        ([], {}, ValueError, "activations expects 1 to 12 layers, got 0"),
        ([[1.0]] * 13, {}, ValueError, "activations expects 1 to 12 layers, got 13"),
        ([[]], {}, ValueError, r"layer 1 expects at least one value, got shape \(0,\)"),
        ([[1], [1, np.nan, np.inf]], {}, ValueError, "layer 2 expects finite values, got 2 of 3 that are NaN"),
        ([["a"]], {}, TypeError, "layer 1 expects real numbers"),
        ([[1]], {"labels": ["a", "b"]}, ValueError, "labels expects 1 different names"),
        ([[1], [2]], {"labels": ["a", "a"]}, ValueError, "labels expects 2 different names"),
        ({"a": [1]}, {"labels": ["a"]}, ValueError, "whose keys are the labels"),
        ([[1]], {"bins": 0}, ValueError, "bins expects at least 1, got 0"),
        ([[1]], {"bins": 2.5}, TypeError, "bins expects an integer, got float"),
        ([[1]], {"limits": (2, 1)}, ValueError, r"limits expect \(low, high\)"),
        ([[1]], {"figure": 3}, TypeError, "figure expects a matplotlib Figure or SubFigure, got int"),
    ],
)
def test_histograms_refuse(layers: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        activation_histograms(layers, **options)
    assert not plt.get_fignums()


def test_weight_histograms_refuse_a_model_without_weights() -> None:
    with pytest.raises(ValueError, match=r"params expects weights named W or \*.W, got \['0.b', 'NEW'\]"):
        weight_histograms({"0.b": [1], "NEW": [2]})


# Scales


@pytest.mark.parametrize("scheme", COLOURS)
def test_scales_go_through_their_anchors_and_cut_what_is_beyond(scheme: str) -> None:
    with mpl.rc_context(site(scheme)):
        paper = to_rgb(mpl.rcParams["axes.facecolor"])
        anchors = signed(paper)
        drawn = colours(np.array([-9.0, -2.0, 0.0, 2.0, 9.0]), -2, 2, anchors)
        np.testing.assert_allclose(drawn, anchors[[0, 0, 1, 2, 2]])
        np.testing.assert_allclose(anchors[1], paper)
        np.testing.assert_allclose(colours(np.array([0.0, 1.0]), 0, 1, grey(paper)), grey(paper))
        np.testing.assert_allclose(grey(paper)[1], to_rgb(mpl.rcParams["text.color"]))


@pytest.mark.parametrize("scheme", COLOURS)
def test_signs_differ_in_hue_and_ink_on_negative_numbers_can_be_seen(scheme: str) -> None:
    with mpl.rc_context(site(scheme)):
        paper, ink = to_rgb(mpl.rcParams["axes.facecolor"]), to_rgb(mpl.rcParams["text.color"])
        negative, _, positive = signed(paper)
        assert negative[0] > negative[2]  # orange
        assert positive[2] > positive[0]  # blue
        assert contrast(negative, ink) >= 3.5
        assert contrast(positive, paper) >= 4.5
        assert contrast(positive, negative) >= 1.5
        assert contrast(negative, paper) >= 2.5


def test_strongest_share_is_the_last_that_keeps_the_contrast() -> None:
    share = strongest((0.0, 0.0, 1.0), (1.0, 1.0, 1.0), 4.6)
    mixed = (1 - share, 1 - share, 1.0)
    assert contrast(to_rgb(mpl.rcParams["text.color"]), mixed) >= 4.6
    more = share + 1 / 40
    assert contrast(to_rgb(mpl.rcParams["text.color"]), (1 - more, 1 - more, 1.0)) < 4.6


# Images


@pytest.mark.parametrize("scheme", COLOURS)
def test_more_is_more_ink(scheme: str) -> None:
    with mpl.rc_context(site(scheme)):
        (image,) = images_of(samples(np.linspace(0, 1, 12).reshape(1, 3, 4)))
        values = np.asarray(image.get_array()) / 255
        assert values.shape == (3, 4, 3)
        paper, ink = (luminance(to_rgb(mpl.rcParams[key])) for key in ("figure.facecolor", "text.color"))
        lightness = [luminance(rgb) for rgb in values.reshape(-1, 3)]
        np.testing.assert_allclose([lightness[0], lightness[-1]], [paper, ink], atol=0.01)
        assert all((a > b) == (paper > ink) for a, b in pairwise(lightness))


def test_first_row_of_an_image_is_its_top_and_samples_run_along_the_rows() -> None:
    x = np.zeros((6, 4, 4))
    x[:, 0] = np.arange(1, 7)[:, None]
    ax = samples(x, columns=3, labels=list("abcdef"))
    ax.figure.canvas.draw()
    boxes = [box_of(image) for image in images_of(ax)]
    for k, image in enumerate(images_of(ax)):
        assert image.origin == "upper"
        rgb = np.asarray(image.get_array())
        assert rgb[0, 0, 0] == pytest.approx(255 + (31 - 255) * (k + 1) / 6, abs=1)
        assert (rgb[1:] == 255).all()
    assert boxes[0].x0 < boxes[1].x0 < boxes[2].x0
    assert boxes[3].x0 == pytest.approx(boxes[0].x0)
    assert boxes[3].y1 < boxes[0].y0
    for text, box in zip(ax.texts, boxes, strict=True):
        own = text.get_window_extent()
        assert (own.x0 + own.x1) / 2 == pytest.approx((box.x0 + box.x1) / 2, abs=1)
        assert own.y1 < box.y0 + 1


def test_limits_set_the_scale_of_samples() -> None:
    x = np.array([[[0.0, 2.0]]])
    assert np.asarray(images_of(samples(x, limits=(0, 4)))[0].get_array())[0, 1, 0] == 143  # half way
    positive = images_of(samples(np.array([[[1.0, 2.0]]]), ax=plt.figure().gca()))[0]
    assert np.asarray(positive.get_array())[0, 0, 0] == 143  # no ink is 0, not the smallest number
    constant = images_of(samples(np.zeros((1, 2, 2)), ax=plt.figure().gca()))[0]
    assert (np.asarray(constant.get_array()) == 255).all()


def test_both_layouts_and_all_kinds_of_numbers_draw_the_same() -> None:
    pixels = np.arange(16).reshape(1, 4, 4)
    drawn = [
        np.asarray(images_of(samples(x, ax=plt.figure().gca()))[0].get_array())
        for x in (pixels, pixels[:, None], pixels.astype(np.uint8), pixels.astype(np.float32) / 15)
    ]
    for other in drawn[1:]:
        np.testing.assert_array_equal(drawn[0], other)


def frames_of(ax: Axes) -> list[tuple[int, float]]:
    groups = [c for c in ax.collections if isinstance(c, PatchCollection)]
    return [(len(c.get_paths()), float(c.get_linewidth()[0])) for c in groups]


def test_wrong_predictions_are_named_and_framed() -> None:
    ax = samples(DIGITS[:4], labels=[0, 1, 2, 3], predictions=[0, 7, 2, 5])
    assert words(ax) == ["0", r"1 $\to$ 7", "2", r"3 $\to$ 5"]
    assert frames_of(ax) == [(2, 0.7), (2, 2.4)]
    assert [t.get_weight() for t in ax.texts] == ["normal", "bold", "normal", "bold"]
    assert words(samples(DIGITS[:2], predictions=[4, 5], ax=plt.figure().gca())) == ["4", "5"]


def test_rows_are_full_where_that_costs_little() -> None:
    for count, columns in ((10, 5), (8, 4), (30, 6)):
        boxes = [tuple(i.get_extent()) for i in images_of(samples(DIGITS[:count], ax=plt.figure().gca()))]
        assert len({round(box[0], 6) for box in boxes}) == columns


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        (np.ones((2, 3, 4, 4)), {}, ValueError, r"x expects \(N, H, W\) or \(N, 1, H, W\), got \(2, 3, 4, 4\)"),
        (np.ones((2, 64)), {}, ValueError, r"got \(2, 64\)"),
        (np.ones((0, 4, 4)), {}, ValueError, r"x expects at least one image, got shape \(0, 4, 4\)"),
        (np.full((1, 2, 2), np.nan), {}, ValueError, "x expects finite numbers, got nan"),
        ([[["a"]]], {}, TypeError, "x expects real numbers"),
        (DIGITS[:2], {"labels": [1]}, ValueError, r"labels expects \(2,\), one an image, got \(1,\)"),
        (DIGITS[:2], {"predictions": [1]}, ValueError, r"predictions expects \(2,\)"),
        (DIGITS[:2], {"columns": 0}, ValueError, "columns expects at least 1, got 0"),
        (DIGITS[:2], {"columns": 1.5}, TypeError, "columns expects an integer, got float"),
        (DIGITS[:2], {"limits": (1, 0)}, ValueError, r"limits expect \(low, high\)"),
        (np.ones((3000, 8, 8)), {}, ValueError, "3000 images do not fit the axes of 6.2 x 3.4 inches"),
        (DIGITS[:9], {"labels": ["much too long" * 5] * 9, "columns": 9}, ValueError, "with these captions do not fit"),
        (DIGITS[:2], {"ax": "no"}, TypeError, "ax expects matplotlib Axes, got str"),
    ],
)
def test_samples_refuse(x: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        samples(x, **options)


def dashes_of(ax: Axes) -> list[tuple[float, float]]:
    """Middles of the dashes on pixels."""
    paths = [p.get_path().vertices for p in ax.patches if isinstance(p, PathPatch)]
    return [tuple(ends.mean(axis=0)) for path in paths[:1] for ends in path.reshape(-1, 2, 2)]


def test_filters_have_a_symmetric_scale_and_a_dash_on_each_negative_weight() -> None:
    W = np.array([[[[1.0, -1.0], [0.0, -0.01]]]])
    ax = filters(W)
    picture, _bar = images_of(ax)
    rgb = np.asarray(picture.get_array()) / 255
    anchors = signed(to_rgb("white"))
    np.testing.assert_allclose([rgb[0, 1], rgb[1, 0], rgb[0, 0]], anchors, atol=0.003)
    x0, x1, y0, y1 = picture.get_extent()
    assert dashes_of(ax) == [pytest.approx((x0 + 0.75 * (x1 - x0), y0 + 0.75 * (y1 - y0)))]
    assert words(ax) == ["\N{MINUS SIGN}1", "0", "1"]


def test_dashes_are_left_out_where_pixels_are_small() -> None:
    rng = np.random.default_rng(1)
    assert dashes_of(filters(rng.standard_normal((784, 4)), shape=(28, 28), colorbar=False))
    assert not dashes_of(filters(rng.standard_normal((784, 32)), shape=(28, 28), colorbar=False, ax=plt.figure().gca()))


def test_limit_makes_two_figures_comparable() -> None:
    half = images_of(filters(0.5 * KERNELS, limit=3.0, ax=plt.figure().gca()))
    whole = images_of(filters(KERNELS, limit=6.0, ax=plt.figure().gca()))
    for a, b in zip(half[:-1], whole[:-1], strict=True):
        np.testing.assert_array_equal(np.asarray(a.get_array()), np.asarray(b.get_array()))
    zero = filters(np.zeros((1, 1, 2, 2)), ax=plt.figure().gca())
    assert (np.asarray(images_of(zero)[0].get_array()) == 255).all()


def test_columns_of_linear_weights_become_images() -> None:
    W = np.zeros((6, 3))
    W[1, 0], W[5, 2] = 1.0, 1.0
    pictures = [np.asarray(i.get_array()) for i in images_of(filters(W, shape=(2, 3), colorbar=False))]
    assert [p.shape for p in pictures] == [(2, 3, 3)] * 3
    assert [[tuple(map(int, at)) for at in np.argwhere((p != 255).any(axis=2))] for p in pictures] == [
        [(0, 1)],
        [],
        [(1, 2)],
    ]


def test_channels_stand_in_rows_and_columns() -> None:
    W = np.zeros((3, 2, 2, 2))
    W[0, 1, 0, 0] = 1.0
    ax = filters(W, colorbar=False)
    assert words(ax) == ["output channels", "input channels"]
    pictures = images_of(ax)
    assert len(pictures) == 6
    (marked,) = [i.get_extent() for i in pictures if (np.asarray(i.get_array()) != 255).any()]
    extents = [i.get_extent() for i in pictures]
    assert marked[0] == min(e[0] for e in extents)  # the first column
    assert marked[2] == min(e[2] for e in extents)  # the second row


@pytest.mark.parametrize(
    ("W", "options", "error", "message"),
    [
        (np.ones((64, 10)), {}, ValueError, r"filters expects shape=\(height, width\) for weights \(D, M\)"),
        (np.ones((64, 10)), {"shape": (8, 7)}, ValueError, r"shape expects height \* width = 64"),
        (np.ones((64, 10)), {"shape": (-8, -8)}, ValueError, r"shape expects height \* width = 64"),
        (np.ones((64, 10)), {"shape": (8.0, 8.0)}, TypeError, "shape expects two integers"),
        (np.ones((64, 10)), {"shape": (64,)}, TypeError, "shape expects two integers"),
        (np.ones((8, 3, 3)), {}, ValueError, r"W expects \(C_out, C_in, kh, kw\), or \(D, M\) with shape"),
        (KERNELS, {"shape": (3, 3)}, ValueError, r"W expects \(D, M\) together with shape, got \(8, 1, 3, 3\)"),
        (np.ones((2, 2, 3, 3)), {"columns": 2}, ValueError, "columns expects one input channel"),
        (KERNELS, {"limit": 0.0}, ValueError, "limit expects a positive number, got 0.0"),
        (KERNELS, {"limit": np.nan}, ValueError, "limit expects a positive number, got nan"),
        (KERNELS * np.inf, {}, ValueError, "W expects finite numbers"),
        (np.ones((0, 1, 3, 3)), {}, ValueError, "W expects at least one image"),
        (KERNELS * 1j, {}, TypeError, "W expects real numbers, got dtype complex128"),
    ],
)
def test_filters_refuse(W: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        filters(W, **options)


def test_maps_without_negative_numbers_are_grey_and_others_signed() -> None:
    ax = feature_maps([[[0.0, 2.0]], [[1.0, 0.0]]], labels=["a", "b"])
    assert words(ax) == ["a", "b", "0", "2"]
    first, second, _bar = (np.asarray(i.get_array()) for i in images_of(ax))
    assert tuple(first[0, 1]) == (31, 41, 51)
    assert second[0, 0, 0] == 143
    ax = feature_maps([[[0.0, -2.0]]], ax=plt.figure().gca())
    assert words(ax) == ["\N{MINUS SIGN}2", "0", "2"]
    assert len(dashes_of(ax)) == 1


@pytest.mark.parametrize(
    ("maps", "options", "message"),
    [
        (np.ones((1, 2, 3, 3)), {}, r"maps expects \(C, H, W\) of one sample, got \(1, 2, 3, 3\)"),
        (np.ones((2, 3, 3)), {"labels": ["a"]}, r"labels expects \(2,\)"),
        (np.ones((2, 3, 3)), {"limit": -1}, "limit expects a positive number"),
        (np.ones((2, 0, 3)), {}, "maps expects at least one image"),
    ],
)
def test_feature_maps_refuse(maps: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        feature_maps(maps, **options)


# Confusion matrix


def counted(ax: Axes) -> dict[tuple[int, int], int]:
    """Counts by (row, column), as they are drawn."""
    return {(round(t.get_position()[1]), round(t.get_position()[0])): int(t.get_text()) for t in ax.texts}


def test_cells_count_true_classes_in_rows_and_predicted_ones_in_columns() -> None:
    ax = confusion_matrix(CLASSES, GUESSES)
    expected = {}
    for d, y in zip(CLASSES, GUESSES, strict=True):
        expected[int(d), int(y)] = expected.get((int(d), int(y)), 0) + 1
    assert counted(ax) == expected
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert ax.yaxis_inverted()
    assert counted(confusion_matrix([0], [1], ax=plt.figure().gca())) == {(0, 1): 1}


def test_counts_may_be_given() -> None:
    ax = confusion_matrix([[5, 1], [0, 7]], labels=["cat", "dog"])
    assert counted(ax) == {(0, 0): 5, (0, 1): 1, (1, 1): 7}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog"]


def test_classes_without_samples_keep_their_place() -> None:
    ax = confusion_matrix([0, 3], [0, 3])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "2", "3"]
    ax = confusion_matrix([0, 1], [0, 1], labels=["a", "b", "c"], ax=plt.figure().gca())
    assert len(ax.get_xticks()) == 3


def test_classes_may_be_strings() -> None:
    ax = confusion_matrix(["dog", "cat", "dog"], ["dog", "dog", "dog"])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["cat", "dog"]
    assert counted(ax) == {(0, 1): 1, (1, 1): 2}


@pytest.mark.parametrize("scheme", COLOURS)
def test_right_answers_and_mistakes_differ_and_grow_with_their_share_of_the_row(scheme: str) -> None:
    with mpl.rc_context(site(scheme)):
        ax = confusion_matrix([[60, 10, 30], [0, 100, 0], [0, 500, 500]])
        paper = to_rgb(mpl.rcParams["figure.facecolor"])
        right, few, more, none, most = (cell_colour(ax, *at) for at in [(0, 0), (0, 1), (0, 2), (1, 0), (2, 1)])
        assert right[2] > right[0]
        assert most[0] > most[2]
        assert none == pytest.approx(paper, abs=0.003)
        distances = [np.abs(np.subtract(c, paper)).sum() for c in (none, few, more, most)]
        assert all(a < b - 0.02 for a, b in pairwise(distances))
        assert cell_colour(ax, 2, 1) != pytest.approx(cell_colour(ax, 2, 2), abs=0.1)


@pytest.mark.parametrize(
    ("d", "predicted", "options", "error", "message"),
    [
        ([0, 1], [0], {}, ValueError, r"d and predicted expect \(N,\) alike, got \(2,\) and \(1,\)"),
        (np.empty(0, int), np.empty(0, int), {}, ValueError, r"alike, got \(0,\)"),
        ([[0]], [[0]], {}, ValueError, "alike"),
        ([0.0], [0], {}, TypeError, "d expects integers or strings, got dtype float64"),
        ([0], ["a"], {}, TypeError, "d and predicted expect the same kind"),
        ([0, -1], [0, 0], {}, ValueError, "classes expect integers from 0, got -1"),
        ([0, 2], [0, 0], {"labels": ["a", "b"]}, ValueError, "labels expects 3 names, one a class, got 2"),
        ([0, 1], None, {}, ValueError, r"counts expect \(K, K\), or d \(N,\) with predicted, got \(2,\) alone"),
        ([[1, 2]], None, {}, ValueError, r"got \(1, 2\) alone"),
        ([[1.5]], None, {}, TypeError, "counts expect integers"),
        ([[-1]], None, {}, ValueError, "counts expect numbers >= 0, got -1"),
        ([[1]], None, {"labels": ["a", "b"]}, ValueError, "labels expects 1 names"),
        (np.eye(40, dtype=int), None, {}, ValueError, "40 classes do not fit the axes of 6.3 x 3.5 inches"),
    ],
)
def test_confusion_matrix_refuses(d: Any, predicted: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        confusion_matrix(d, predicted, **options)


# All


def test_new_functions_are_public_and_say_what_they_refuse() -> None:
    for function in (
        activation_histograms,
        confusion_matrix,
        feature_maps,
        filters,
        learning_curves,
        samples,
        weight_histograms,
    ):
        assert function.__name__ in plotting.__all__
        documentation = inspect.cleandoc(function.__doc__ or "")
        named = [line for line in documentation.splitlines() if re.fullmatch(r"[A-Za-z_]\w*(, \w+)*", line)]
        for parameter in inspect.signature(function).parameters:
            assert any(parameter in line.split(", ") for line in named), f"{function.__name__}: {parameter}"
