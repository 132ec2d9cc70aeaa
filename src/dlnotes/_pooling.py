"""Max and average pooling; public in `dlnotes.convolution`."""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, FloatArray, as_float
from dlnotes._layer import Layer
from dlnotes._windows import Pair, as_pair, check_images, crop, output_sizes, pad, padded_shape, shifts

__all__ = ["AvgPool2d", "MaxPool2d"]


class _Pool2d(Layer):
    """The windows of both poolings, and their checks."""

    def __init__(self, kernel_size: int | Pair, *, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        who = type(self).__name__
        self.kernel_size = as_pair(kernel_size, who, "kernel_size")
        self.stride = self.kernel_size if stride is None else as_pair(stride, who, "stride")
        self.padding = as_pair(padding, who, "padding", minimum=0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(f"{who} expects padding <= half the kernel {self.kernel_size}, got {self.padding}")
        self.params, self.grads = {}, {}

    def _images(self, x: ArrayLike) -> tuple[FloatArray, Pair]:
        who = type(self).__name__
        x = as_float(x, who, "x")
        check_images(x.shape, who)
        return x, output_sizes(x.shape, self.kernel_size, self.stride, self.padding, who)

    def _views(self, padded: FloatArray, out: Pair) -> list[FloatArray]:
        return [seen for _, _, seen in shifts(padded, self.kernel_size, self.stride, out)]

    def _apart(self) -> bool:
        """Whether no pixel is in two windows: then gradients are set, not added, in less time."""
        return all(s >= k for s, k in zip(self.stride, self.kernel_size, strict=True))


class MaxPool2d(_Pool2d):
    r"""The largest value of each window.

    $$y_{ncpq} = \max_{i,j} x_{n,\,c,\,pS+i-P,\,qS+j-P}, \qquad
    dx_{nc} = \sum_{p,q} dout_{ncpq} \text{ at the place of the maximum of } (p, q)$$

    Parameters
    ----------
    kernel_size : (kh, kw), or one number for both.
    stride : S, one number or (vertical, horizontal); by default the kernel size, windows side by side.
    padding : P, one number or (vertical, horizontal), at most half the kernel size. What is added is -inf.

    Raises
    ------
    ValueError
        If the input is not (N, C, H, W), or smaller than a window, or a size is out of range.
    TypeError
        If a size is not an integer, or the input not of real numbers.

    Notes
    -----
    Among equal values the first, row by row, is the maximum and gets the gradient, so each dout arrives once.
    Pixels in no window get 0. `forward` keeps one small integer a window, its place of the maximum, and not x.

    References
    ----------
    Ranzato, Huang, Boureau and LeCun (2007), doi:10.1109/CVPR.2007.383157.

    Examples
    --------
    >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, C, H, W) to (N, C, oh, ow)."""
        self._saved = None
        x, out = self._images(x)
        first, *others = self._views(pad(x, self.padding, -np.inf), out)
        y = first.copy()
        place = np.zeros(y.shape, dtype=np.min_scalar_type(len(others)))  # which of the views has the maximum
        for k, seen in enumerate(others, start=1):
            seen = seen.copy()  # contiguous: twice as fast to work with
            larger = np.multiply(seen > y, k, dtype=place.dtype)
            np.maximum(place, larger, out=place)  # k rises
            np.maximum(y, seen, out=y)
        self._saved = x.shape, x.dtype, place
        return y

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, C, oh, ow) to (N, C, H, W)."""
        shape, dtype, place = self._load()
        dout = self._upstream(dout, place.shape, dtype)
        dpadded = np.zeros(padded_shape(shape, self.padding), dtype=dtype)
        if self._apart():
            dpadded.reshape(-1)[self._maxima(place, dpadded.shape)] = dout.reshape(-1)  # one pass, not one a place
        else:
            for k, dseen in enumerate(self._views(dpadded, place.shape[2:])):
                dseen += _where(place == k, dout)
        return crop(dpadded, self.padding)

    def _maxima(self, place: Array, shape: tuple[int, ...]) -> Array:
        """For each window, one after another, where its maximum stands in the memory of images of `shape`."""
        n, c, h, w = shape
        (kh, kw), (s, t), (oh, ow) = self.kernel_size, self.stride, place.shape[2:]
        within = np.add.outer(np.arange(kh) * w, np.arange(kw)).reshape(-1)  # from the corner of the window
        corners = np.add.outer(np.arange(oh) * (s * w), np.arange(ow) * t).reshape(-1)
        found = within[place].reshape(n * c, oh * ow)
        found += corners
        found += np.arange(n * c)[:, np.newaxis] * (h * w)
        return found.reshape(-1)


class AvgPool2d(_Pool2d):
    r"""The mean of each window.

    $$y_{ncpq} = \frac{1}{k_h k_w} \sum_{i,j} x_{n,\,c,\,pS+i-P,\,qS+j-P}, \qquad
    dx_{nc} = \sum_{p,q} \frac{dout_{ncpq}}{k_h k_w} \text{ at each place of window } (p, q)$$

    Parameters
    ----------
    kernel_size : (kh, kw), or one number for both.
    stride : S, one number or (vertical, horizontal); by default the kernel size, windows side by side.
    padding : P, one number or (vertical, horizontal), at most half the kernel size. The zeros that it adds
        count in the mean.

    Raises
    ------
    ValueError
        If the input is not (N, C, H, W), or smaller than a window, or a size is out of range.
    TypeError
        If a size is not an integer, or the input not of real numbers.

    Notes
    -----
    A convolution of each channel by itself with all weights $1 / (k_h k_w)$. Pixels in no window get 0.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.

    Examples
    --------
    >>> AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, C, H, W) to (N, C, oh, ow)."""
        self._saved = None
        x, out = self._images(x)
        first, *others = self._views(pad(x, self.padding), out)
        y = first.copy()
        for seen in others:
            y += seen
        y /= len(others) + 1
        self._saved = x.shape, x.dtype, y.shape
        return y

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, C, oh, ow) to (N, C, H, W)."""
        shape, dtype, out = self._load()
        share = self._upstream(dout, out, dtype) / (self.kernel_size[0] * self.kernel_size[1])
        dpadded = np.zeros(padded_shape(shape, self.padding), dtype=dtype)
        apart = self._apart()
        for dseen in self._views(dpadded, out[2:]):
            if apart:
                dseen[...] = share
            else:
                dseen += share
        return crop(dpadded, self.padding)


def _where(here: Array, values: FloatArray) -> FloatArray:
    """np.where(here, values, 0), in a third of the time: it masks the bits and has no branch to guess."""
    if values.itemsize > 8:
        return np.where(here, values, values.dtype.type(0))
    bits = values.view(f"i{values.itemsize}")
    masked: FloatArray = (bits & -here.astype(bits.dtype)).view(values.dtype)
    return masked
