"""Named arrays in a file: npz without pickle, written whole or not at all, read strictly."""

import io
import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, as_array

__all__ = ["load_arrays", "save_arrays"]

type StrPath = str | os.PathLike[str]


def save_arrays(path: StrPath, arrays: Mapping[str, ArrayLike]) -> None:
    """Write arrays of numbers, booleans or text so that `np.load` and `load_arrays` read them.

    A TypeError if an entry is of another kind. Until all is written, a file that was there stays as it was.
    """
    checked = {name: _plain(array, name) for name, array in arrays.items()}
    target = Path(os.path.realpath(path))  # a link stays a link
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for name, array in checked.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def load_arrays(path: StrPath) -> dict[str, Array]:
    """The arrays that `save_arrays` wrote; a ValueError if the file is cut off, damaged, pickled or another."""
    content = Path(path).read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            arrays = {_name(entry): _array(archive.read(entry)) for entry in archive.namelist()}
            if len(arrays) < len(archive.namelist()):
                raise ValueError("a name stands in it twice")
            return arrays
    except Exception as error:  # a damaged file can raise almost anything
        raise ValueError(f"{os.fspath(path)} is not a whole file of arrays: {error}") from error


def _plain(array: ArrayLike, name: str) -> Array:
    found = as_array(array, "save_arrays", name)
    if found.dtype.kind not in "biufU":
        raise TypeError(f"save_arrays expects numbers, booleans or text as {name}, got dtype {found.dtype}")
    return found


def _name(entry: str) -> str:
    if not entry.endswith(".npy"):
        raise ValueError(f"it holds {entry!r}")
    return entry.removesuffix(".npy")


def _array(content: bytes) -> Any:
    file = io.BytesIO(content)
    array = np.lib.format.read_array(file, allow_pickle=False)
    if file.read(1):
        raise ValueError("an array is followed by other bytes")
    return array
