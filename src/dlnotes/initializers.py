"""Initial values of weights: normal random numbers whose standard deviation comes from the fans.

- `fans`: how many values enter an output, and how many outputs an input enters
- `normal`: a given standard deviation
- `xavier`: Xavier's form in its simple version, 1 / fan_in
- `glorot`: Xavier's form as Glorot and Bengio have it, 2 / (fan_in + fan_out)
- `he`: He's form for ReLU, 2 / fan_in

`normal` with a scale, and the last three, all take (shape, *, rng, dtype). Both dtypes start from the same random
numbers. Biases start at zero and need none of this.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from dlnotes._check import FloatArray, as_generator, as_integer, as_number

__all__ = ["fans", "glorot", "he", "normal", "xavier"]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    r"""Fan-in and fan-out of a weight.

    $$\text{Linear: } (n_{in}, n_{out}), \qquad \text{Conv2d: } (C_{in} k_h k_w, C_{out} k_h k_w)$$

    Parameters
    ----------
    shape : (n_in, n_out) of a linear layer, or (C_out, C_in, kh, kw) of a convolution.

    Returns
    -------
    The pair (fan_in, fan_out).

    Raises
    ------
    ValueError
        If the shape has neither two nor four sizes, or one of them is not positive.
    TypeError
        If `shape` is not a tuple of integers.

    Notes
    -----
    Fan-in is the number of terms in the sum that makes one output. Fan-out is the number of outputs that one
    input enters; in a convolution that is so at stride 1 and away from the border.

    References
    ----------
    Glorot and Bengio (2010), PMLR 9, 249-256. He, Zhang, Ren and Sun (2015), arXiv:1502.01852 (convolutions).

    Examples
    --------
    >>> fans((784, 100))
    (784, 100)
    >>> fans((16, 3, 5, 5))
    (75, 400)
    """
    return _fans(shape, "fans")


def normal(
    shape: tuple[int, ...], *, scale: float, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> FloatArray:
    r"""Normal random numbers of a given standard deviation.

    $$W \sim \mathcal{N}(0, s^2)$$

    Parameters
    ----------
    shape : any number of sizes.
    scale : s, the standard deviation, 0 or more.
    rng : source of the numbers.
    dtype : float64 or float32.

    Returns
    -------
    Array of that shape and dtype.

    Raises
    ------
    ValueError
        If a size is not positive, or the scale is negative or not finite.
    TypeError
        If a size is not an integer, `rng` not a Generator, or the dtype another.

    Notes
    -----
    As an argument of a layer: `functools.partial(normal, scale=0.01)`.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2017), doi:10.1145/3065386 (s = 0.01).

    Examples
    --------
    >>> normal((2, 3), scale=0.01, rng=np.random.default_rng(0)).round(4)
    array([[ 0.0013, -0.0013,  0.0064],
           [ 0.001 , -0.0054,  0.0036]])
    """
    s = as_number(scale, "normal", "scale")
    if s < 0:
        raise ValueError(f"normal expects scale >= 0, got {s}")
    return _draw(shape, s, rng, dtype, "normal")


def xavier(shape: tuple[int, ...], *, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> FloatArray:
    r"""Xavier's initial values in the simple form, which looks at fan-in alone; also LeCun's.

    $$W \sim \mathcal{N} \Bigl( 0, \frac{1}{n_{in}} \Bigr)$$

    Parameters
    ----------
    shape : as in `fans`.
    rng : source of the numbers.
    dtype : float64 or float32.

    Returns
    -------
    Array of that shape and dtype.

    Raises
    ------
    ValueError, TypeError
        As `fans`; TypeError too if `rng` is not a Generator or the dtype another.

    Notes
    -----
    An output is a sum of $n_{in}$ products. With independent weights of mean 0 its variance is
    $n_{in} \operatorname{var}(W) \operatorname{E}[x^2]$. At $\operatorname{var}(W) = 1 / n_{in}$ that is the input's,
    if its mean is 0.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2. Glorot and Bengio (2010), PMLR 9, 249-256.

    Examples
    --------
    >>> round(xavier((400, 100), rng=np.random.default_rng(0)).std(), 3)
    np.float64(0.05)
    """
    return _draw(shape, _fans(shape, "xavier")[0] ** -0.5, rng, dtype, "xavier")


def glorot(shape: tuple[int, ...], *, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> FloatArray:
    r"""Xavier's initial values as Glorot and Bengio have them, between fan-in and fan-out.

    $$W \sim \mathcal{N} \Bigl( 0, \frac{2}{n_{in} + n_{out}} \Bigr)$$

    Parameters
    ----------
    shape : as in `fans`.
    rng : source of the numbers.
    dtype : float64 or float32.

    Returns
    -------
    Array of that shape and dtype.

    Raises
    ------
    ValueError, TypeError
        As `xavier`.

    Notes
    -----
    Forward, the variance is kept by $\operatorname{var}(W) = 1 / n_{in}$; backward, where each input gathers
    $n_{out}$ terms, by $1 / n_{out}$. The compromise is the inverse of the mean of the two fans; it equals
    `xavier` where both are equal.

    References
    ----------
    Glorot and Bengio (2010), PMLR 9, 249-256. He, Zhang, Ren and Sun (2015), arXiv:1502.01852 (against He's).

    Examples
    --------
    >>> round(glorot((400, 100), rng=np.random.default_rng(0)).std(), 3)
    np.float64(0.063)
    """
    return _draw(shape, math.sqrt(2 / sum(_fans(shape, "glorot"))), rng, dtype, "glorot")


def he(shape: tuple[int, ...], *, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> FloatArray:
    r"""He's initial values, for layers that ReLU follows; also Kaiming's.

    $$W \sim \mathcal{N} \Bigl( 0, \frac{2}{n_{in}} \Bigr)$$

    Parameters
    ----------
    shape : as in `fans`.
    rng : source of the numbers.
    dtype : float64 or float32.

    Returns
    -------
    Array of that shape and dtype.

    Raises
    ------
    ValueError, TypeError
        As `xavier`.

    Notes
    -----
    For u symmetric about 0, ReLU leaves half of the second moment: $\operatorname{E}[\max(0, u)^2] =
    \frac{1}{2} \operatorname{E}[u^2]$. The next layer has the variance $n_{in} \operatorname{var}(W)
    \operatorname{E}[u^2] / 2$, and the factor 2 makes up for the half.

    References
    ----------
    He, Zhang, Ren and Sun (2015), arXiv:1502.01852.

    Examples
    --------
    >>> round(he((400, 100), rng=np.random.default_rng(0)).std(), 3)
    np.float64(0.071)
    """
    return _draw(shape, math.sqrt(2 / _fans(shape, "he")[0]), rng, dtype, "he")


def _draw(shape: tuple[int, ...], scale: float, rng: object, dtype: DTypeLike, who: str) -> FloatArray:
    sizes = _sizes(shape, who)
    kind = np.dtype(dtype)
    if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"{who} expects dtype float32 or float64, got {kind}")
    return (scale * as_generator(rng, who).standard_normal(sizes)).astype(kind, copy=False)


def _fans(shape: tuple[int, ...], who: str) -> tuple[int, int]:
    match _sizes(shape, who):
        case n_in, n_out:
            return n_in, n_out
        case C_out, C_in, kh, kw:
            return C_in * kh * kw, C_out * kh * kw
    raise ValueError(f"{who} expects (n_in, n_out) or (C_out, C_in, kh, kw), got {shape}")


def _sizes(shape: object, who: str) -> tuple[int, ...]:
    if not isinstance(shape, tuple | list):
        raise TypeError(f"{who} expects a tuple as shape, got {type(shape).__name__}")
    return tuple(as_integer(n, who, "each size") for n in shape)
