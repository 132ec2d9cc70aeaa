"""Windows of images as columns and back; public in `dlnotes.convolution`."""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float
from dlnotes._windows import Pair, all_shifts, as_pair, check_images, crop, output_sizes, pad, padded_shape, shifts

__all__ = ["col2im", "im2col"]


def im2col(x: ArrayLike, kernel_size: int | Pair, *, stride: int | Pair = 1, padding: int | Pair = 0) -> FloatArray:
    r"""Windows of images as columns: a convolution becomes one matrix product an image.

    $$c_{n,\,(c,i,j),\,(p,q)} = x_{n,\,c,\,pS+i-P,\,qS+j-P}$$

    Parameters
    ----------
    x : (N, C, H, W).
    kernel_size : (kh, kw), or one number for both.
    stride : S, the step from window to window, one number or (vertical, horizontal).
    padding : P, the zeros added at either end, one number or (vertical, horizontal).

    Returns
    -------
    (N, C kh kw, oh ow) of the dtype of `x`. Column (p, q) holds the window at place (p, q), channel by channel.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or smaller than a window, or a size is out of range.
    TypeError
        If a size is not an integer, or `x` not of real numbers.

    Notes
    -----
    Row (c, i, j) is what all windows see at their place (i, j): one strided slice of the padded images. All slices
    together are a view with more axes than the images, so one copy makes all columns.

    References
    ----------
    Chetlur et al. (2014), arXiv:1410.0759 (the matrix). Dumoulin and Visin (2016), arXiv:1603.07285 (the sizes).

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> im2col(x, 2)
    array([[[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]]])
    """
    x = as_float(x, "im2col", "x")
    check_images(x.shape, "im2col")
    kernel, stride, padding = geometry("im2col", kernel_size, stride, padding)
    out = output_sizes(x.shape, kernel, stride, padding, "im2col")
    columns = np.empty(columns_shape(x.shape, kernel, out), dtype=x.dtype)
    fill_columns(columns, x, kernel, stride, padding, out)
    return columns


def col2im(
    columns: ArrayLike,
    shape: tuple[int, int, int, int],
    kernel_size: int | Pair,
    *,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
) -> FloatArray:
    r"""The adjoint of `im2col`: each entry of a column is added to the pixel that it came from.

    $$\langle \mathrm{im2col}(x), c \rangle = \langle x, \mathrm{col2im}(c) \rangle$$

    Parameters
    ----------
    columns : (N, C kh kw, oh ow).
    shape : (N, C, H, W), the shape of the images.
    kernel_size, stride, padding : as in `im2col`.

    Returns
    -------
    (N, C, H, W) of the dtype of `columns`. Pixels in no window are 0.

    Raises
    ------
    ValueError
        If `columns` has not the shape that `im2col` makes of images of `shape`, or as `im2col`.
    TypeError
        As `im2col`.

    Notes
    -----
    It is not the inverse: a pixel in several windows is counted as often. It is the backward pass of `im2col`.

    References
    ----------
    Chetlur et al. (2014), arXiv:1410.0759. Dumoulin and Visin (2016), arXiv:1603.07285.

    Examples
    --------
    >>> x = np.ones((1, 1, 3, 3))
    >>> col2im(im2col(x, 2), x.shape, 2)
    array([[[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]]])
    """
    columns = as_float(columns, "col2im", "columns")
    check_images(shape, "col2im")
    kernel, stride, padding = geometry("col2im", kernel_size, stride, padding)
    out = output_sizes(shape, kernel, stride, padding, "col2im")
    if columns.shape != (expected := columns_shape(shape, kernel, out)):
        raise ValueError(f"col2im expects columns of shape {expected}, got {columns.shape}")
    return add_columns(columns, shape, kernel, stride, padding, out)


def geometry(who: str, kernel_size: object, stride: object, padding: object) -> tuple[Pair, Pair, Pair]:
    """The three as pairs."""
    kernel, step = as_pair(kernel_size, who, "kernel_size"), as_pair(stride, who, "stride")
    return kernel, step, as_pair(padding, who, "padding", minimum=0)


def columns_shape(shape: tuple[int, ...], kernel: Pair, out: Pair) -> tuple[int, int, int]:
    """The shape of the columns of images of `shape`."""
    return shape[0], shape[1] * kernel[0] * kernel[1], out[0] * out[1]


def fill_columns(columns: FloatArray, x: FloatArray, kernel: Pair, stride: Pair, padding: Pair, out: Pair) -> None:
    """`im2col` without checks, into an array that is there. Axes after (N, C, H, W) go last in the columns, too."""
    windows = columns.reshape(*x.shape[:2], *kernel, *out, *x.shape[4:])
    padded = np.ascontiguousarray(pad(x, padding))
    windows[...] = all_shifts(padded, kernel, stride, out)  # small images: half the time of kh kw copies


def add_columns(
    columns: FloatArray, shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair, out: Pair
) -> FloatArray:
    """`col2im` without checks, to images of `shape`, which may have further axes as in `fill_columns`."""
    windows = columns.reshape(*shape[:2], *kernel, *out, *shape[4:])
    padded = np.zeros(padded_shape(shape, padding), dtype=columns.dtype)
    for i, j, seen in shifts(padded, kernel, stride, out):
        seen += windows[:, :, i, j]
    return crop(padded, padding)
