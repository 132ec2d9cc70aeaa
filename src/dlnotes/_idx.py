"""The IDX file format of MNIST and its kin."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from dlnotes._check import Array

__all__: list[str] = []

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> Array:
    """The array in a gzipped IDX file, in the machine's byte order; ValueError if the file is anything else.

    Two bytes 0, one for the dtype, one for the number of axes; the length of each axis as four bytes, the most
    significant first; then the entries, the last axis running fastest.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise ValueError(f"{path} expects an IDX file to begin with 0, 0, a dtype and axes, got {list(content[:4])}")
    dtype, first = np.dtype(_DTYPES[content[2]]), 4 + 4 * content[3]
    if len(content) < first:
        raise ValueError(f"{path} expects the lengths of {content[3]} axes, got {len(content) - 4} bytes")
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", content[3], 4))
    expected = first + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(f"{path} expects {expected} bytes for shape {shape} of {dtype.name}, got {len(content)}")
    return np.frombuffer(content, dtype, offset=first).reshape(shape).astype(dtype.newbyteorder("="))
