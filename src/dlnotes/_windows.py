"""Windows that slide over images, for convolution and pooling; `output_size` is public in `dlnotes.convolution`."""

from collections.abc import Iterator

import numpy as np

from dlnotes._check import FloatArray, as_integer

__all__ = ["output_size"]

type Pair = tuple[int, int]


def output_size(size: int, kernel_size: int, *, stride: int = 1, padding: int = 0) -> int:
    r"""How many windows fit along one side of an image.

    $$O = \left\lfloor \frac{H + 2P - F}{S} \right\rfloor + 1$$

    Parameters
    ----------
    size : H, the side of the input.
    kernel_size : F, the side of the window.
    stride : S, the step from window to window.
    padding : P, the pixels added at either end.

    Returns
    -------
    int, at least 1

    Raises
    ------
    ValueError
        If the window is larger than the padded input, the padding negative, or another number not positive.
    TypeError
        If a number is not an integer.

    Notes
    -----
    Where the last step does not fit it is left out: up to S - 1 pixels at the end are in no window.

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285.

    Examples
    --------
    >>> output_size(28, 5, stride=2, padding=1)
    13
    """
    who = "output_size"
    size, kernel_size = as_integer(size, who, "size"), as_integer(kernel_size, who, "kernel_size")
    stride, padding = as_integer(stride, who, "stride"), as_integer(padding, who, "padding", minimum=0)
    return _fitting(size, kernel_size, stride, padding)


def as_pair(value: object, who: str, name: str, minimum: int = 1) -> Pair:
    """An integer for both directions, or a pair (vertical, horizontal)."""
    if not isinstance(value, tuple | list):
        return (both := as_integer(value, who, name, minimum)), both
    if len(value) != 2:
        raise ValueError(f"{who} expects an integer or a pair of them as {name}, got {value}")
    return as_integer(value[0], who, name, minimum), as_integer(value[1], who, name, minimum)


def check_images(shape: tuple[int, ...], who: str, channels: int | str = "C") -> None:
    """Refuse what is not (N, C, H, W), or empty, or has other than `channels` channels."""
    if len(shape) != 4 or 0 in shape or channels not in ("C", shape[1]):
        raise ValueError(f"{who} expects (N, {channels}, H, W), got {shape}")


def output_sizes(shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair, who: str) -> Pair:
    """`output_size` in both directions, for images of `shape` (N, C, H, W) and sizes that are checked."""
    try:
        oh = _fitting(shape[2], kernel[0], stride[0], padding[0])
        ow = _fitting(shape[3], kernel[1], stride[1], padding[1])
    except ValueError as error:
        raise ValueError(f"{who} expects images that hold a window, got {shape}: {error}") from None
    return oh, ow


def _fitting(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """`output_size` of integers."""
    if kernel_size > size + 2 * padding:
        raise ValueError(
            f"a window of {kernel_size} pixels does not fit into {size} with {padding} added at either end"
        )
    return (size + 2 * padding - kernel_size) // stride + 1


def pad(x: FloatArray, padding: Pair, fill: float = 0.0) -> FloatArray:
    """(N, C, H, W, ...) with `fill` around each image; `x` itself if there is nothing to add."""
    if padding == (0, 0):
        return x
    padded = np.full(padded_shape(x.shape, padding), fill, dtype=x.dtype)
    crop(padded, padding)[...] = x
    return padded


def padded_shape(shape: tuple[int, ...], padding: Pair) -> tuple[int, ...]:
    """The shape after `pad`."""
    n, c, h, w, *rest = shape
    return n, c, h + 2 * padding[0], w + 2 * padding[1], *rest


def crop(padded: FloatArray, padding: Pair) -> FloatArray:
    """The images inside what `pad` made, a view."""
    (h, w), (p, q) = padded.shape[2:4], padding
    return padded[:, :, p : h - p, q : w - q]


def shifts(padded: FloatArray, kernel: Pair, stride: Pair, out: Pair) -> Iterator[tuple[int, int, FloatArray]]:
    """For each place (i, j) in the window, row by row: what all windows see there, a view (N, C, oh, ow)."""
    (oh, ow), (s, t) = out, stride
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            yield i, j, padded[:, :, i : i + s * (oh - 1) + 1 : s, j : j + t * (ow - 1) + 1 : t]


def all_shifts(padded: FloatArray, kernel: Pair, stride: Pair, out: Pair) -> FloatArray:
    """What `shifts` yields as one view (N, C, kh, kw, oh, ow, ...): a step in the window is a step in the image.

    `padded` must be contiguous. `as_strided` asks for less, but takes several times as long, which small images show.
    """
    n, c, _, _, *rest = padded.shape
    by_n, by_c, by_h, by_w, *by_rest = padded.strides
    steps = by_n, by_c, by_h, by_w, stride[0] * by_h, stride[1] * by_w, *by_rest
    return np.ndarray((n, c, *kernel, *out, *rest), padded.dtype, buffer=padded, strides=steps)
