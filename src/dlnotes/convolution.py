"""Convolution and pooling of images (N, C, H, W).

- `output_size`: how many windows fit along a side
- `im2col`, `col2im`: windows as columns, and the adjoint of that
- `Conv2d`: a layer of filters
- `MaxPool2d`, `AvgPool2d`: the largest value and the mean of each window
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlnotes._check import FloatArray, as_finite, as_float, as_generator, as_integer
from dlnotes._columns import add_columns, col2im, columns_shape, fill_columns, geometry, im2col
from dlnotes._layer import Layer
from dlnotes._pooling import AvgPool2d, MaxPool2d
from dlnotes._windows import Pair, check_images, output_size, output_sizes
from dlnotes.initializers import xavier

__all__ = ["AvgPool2d", "Conv2d", "MaxPool2d", "col2im", "im2col", "output_size"]

_GROUP = 2**18  # entries of columns that are worked on at a time: 1 MB in float32, what a cache holds
_SHORT = 16  # outputs in a row: with fewer, images of a group stand side by side in memory


class Conv2d(Layer):
    r"""Filters that slide over images; 畳み込み層. Strictly a cross-correlation: the filter is not turned.

    $$y_{nmpq} = b_m + \sum_{c,i,j} W_{mcij} \, x_{n,\,c,\,pS+i-P,\,qS+j-P}$$

    Parameters
    ----------
    in_channels : C_in, the channels of the input.
    out_channels : C_out, the number of filters.
    kernel_size : (kh, kw), or one number for both.
    stride : S, the step from window to window, one number or (vertical, horizontal).
    padding : P, the zeros added at either end, one number or (vertical, horizontal).
    bias : whether there is a b.
    rng : source of the weights.
    dtype : float64 or float32, of parameters, input and output.
    init : a function of `initializers`, called as `init((C_out, C_in, kh, kw), rng=rng, dtype=dtype)`. The default
        is `xavier`: standard deviation $1 / \sqrt{C_{in} k_h k_w}$. The bias starts at zero.
    low_memory : True: `backward` makes the columns anew, which takes no longer. False: `forward` keeps them, kh kw
        times the input.

    Attributes
    ----------
    params : "W" of shape (C_out, C_in, kh, kw) and, unless `bias` is False, "b" of shape (C_out,).

    Raises
    ------
    ValueError
        If the input is not (N, C_in, H, W) with N >= 1, or smaller than a window, or a size is out of range.
    TypeError
        If the input has another floating-point dtype than the weights, or is not a real number.

    Notes
    -----
    With the columns c of `im2col` and W as a matrix (C_out, C_in kh kw) each image is one product,
    $y_n = W c_n + b$. So $dW = \sum_n dout_n \, c_n^\top$, $dc_n = W^\top dout_n$, and dx is `col2im` of dc.
    The images go through in groups whose columns stay in the cache.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.
    Chetlur et al. (2014), arXiv:1410.0759 (the matrix product).

    Examples
    --------
    >>> layer = Conv2d(3, 8, 5, padding=2, rng=np.random.default_rng(0))
    >>> layer(np.zeros((1, 3, 28, 28))).shape
    (1, 8, 28, 28)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        *,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        bias: bool = True,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float64,
        init: Callable[..., ArrayLike] | None = None,
        low_memory: bool = True,
    ) -> None:
        who = "Conv2d"
        c_in, c_out = as_integer(in_channels, who, "in_channels"), as_integer(out_channels, who, "out_channels")
        kernel, self.stride, self.padding = geometry(who, kernel_size, stride, padding)
        kind = np.dtype(dtype)
        if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise TypeError(f"Conv2d expects dtype float32 or float64, got {kind}")
        shape = c_out, c_in, *kernel
        W = as_finite((init or xavier)(shape, rng=as_generator(rng, who), dtype=kind), who, "init")
        if W.shape != shape:
            raise ValueError(f"Conv2d expects init to return shape {shape}, got {W.shape}")
        self.params = {"W": W.astype(kind)}
        if bias:
            self.params["b"] = np.zeros(c_out, dtype=kind)
        self.grads = {}
        self.low_memory = low_memory

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, C_in, H, W) to (N, C_out, oh, ow)."""
        self._saved = None
        W = as_float(self.params["W"], "Conv2d", "W")
        if W.ndim != 4:
            raise ValueError(f"Conv2d expects W of shape (C_out, C_in, kh, kw), got {W.shape}")
        x = self._input(x, W.dtype)
        check_images(x.shape, "Conv2d", W.shape[1])
        b = self._bias(W)
        out = output_sizes(x.shape, (W.shape[2], W.shape[3]), self.stride, self.padding, "Conv2d")
        y = np.empty((x.shape[0], W.shape[0], *out), dtype=W.dtype)
        kept = []
        for group in _groups(x.shape, W.shape, out):
            c = self._columns(x[group], W, out)
            Wc = _rows(W) @ c
            if b is not None:
                Wc += b[:, np.newaxis]
            y_group = _arrange(y[group], out)
            y_group[...] = Wc.reshape(y_group.shape)
            if not self.low_memory:
                kept.append(c)
        self._saved = x, W, out, kept
        return y

    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, C_out, oh, ow) to (N, C_in, H, W)."""
        x = self._load()[0]
        dx = np.empty(x.shape, dtype=x.dtype)
        self._backward(dout, dx)
        return dx

    def backward_params(self, dout: ArrayLike) -> None:
        """`backward` without dx."""
        self._backward(dout, None)

    @np.errstate(over="ignore", invalid="ignore")
    def _backward(self, dout: ArrayLike, dx: FloatArray | None) -> None:
        """Fill `grads` and, where there is one, dx."""
        x, W, out, kept = self._load()
        dout = self._upstream(dout, (x.shape[0], W.shape[0], *out), W.dtype)
        dW, db = np.zeros_like(_rows(W)), np.zeros_like(W[:, 0, 0, 0])
        for i, group in enumerate(_groups(x.shape, W.shape, out)):
            c = kept[i] if kept else self._columns(x[group], W, out)
            d = _flat(dout[group], out)
            dW += (d @ c.transpose(0, 2, 1)).sum(axis=0)
            db += d.sum(axis=(0, 2))
            if dx is not None:
                dx_group = _arrange(dx[group], out)
                dc = _rows(W).T @ d
                dx_group[...] = add_columns(dc, dx_group.shape, W.shape[2:], self.stride, self.padding, out)
        self.grads = {"W": dW.reshape(W.shape)}
        if "b" in self.params:
            self.grads["b"] = db

    def _columns(self, x: FloatArray, W: FloatArray, out: Pair) -> FloatArray:
        """The columns of a group, as `_arrange` says: (g, C_in kh kw, oh ow) or (1, C_in kh kw, oh ow g)."""
        images, kernel = _arrange(x, out), (W.shape[2], W.shape[3])
        n, k, windows = columns_shape(images.shape, kernel, out)
        columns = np.empty((n, k, windows * images.shape[4]), dtype=x.dtype)
        fill_columns(columns, images, kernel, self.stride, self.padding, out)
        return columns

    def _bias(self, W: FloatArray) -> FloatArray | None:
        if "b" not in self.params:
            return None
        b = as_float(self.params["b"], "Conv2d", "b")
        if b.shape != W.shape[:1] or b.dtype != W.dtype:
            raise ValueError(f"Conv2d expects b of shape {W.shape[:1]} of {W.dtype}, got {b.shape} of {b.dtype}")
        return b


def _rows(W: FloatArray) -> FloatArray:
    """A filter a row: (C_out, C_in kh kw)."""
    return W.reshape(W.shape[0], -1)


def _arrange(images: FloatArray, out: Pair) -> FloatArray:
    """A view (g, C, H, W, 1) of a group of images (g, C, H, W), or (1, C, H, W, g) where rows are short.

    NumPy copies and adds in runs along the last axes. With the images last a run is g times as long: four times
    as fast on images of 4x4. On large images the transposition costs more than that saves.
    """
    return images.transpose(1, 2, 3, 0)[np.newaxis] if out[1] < _SHORT else images[..., np.newaxis]


def _flat(images: FloatArray, out: Pair) -> FloatArray:
    """`_arrange` with the pixels in one axis, as the columns have them: (g, C, H W) or (1, C, H W g)."""
    g, C = images.shape[:2]
    if out[1] >= _SHORT:
        return images.reshape(g, C, -1)
    flat = np.empty((1, C, images.size // C), dtype=images.dtype)
    # A plain copy would walk along g, in jumps of a whole image, often a power of 2 that meets one place of the
    # cache again and again. An operation walks through both as they stand here, image by image: 20 µs instead
    # of 48 for (50, 8, 8, 8).
    np.positive(images, out=flat.reshape(*images.shape[1:], g).transpose(3, 0, 1, 2))
    return flat


def _groups(shape: tuple[int, ...], W_shape: tuple[int, ...], out: Pair) -> Iterator[slice]:
    """The images in groups of about _GROUP entries of columns."""
    n, k, windows = columns_shape(shape, (W_shape[2], W_shape[3]), out)
    size = max(8 if out[1] < _SHORT else 1, _GROUP // (k * windows))
    return (slice(start, start + size) for start in range(0, n, size))
