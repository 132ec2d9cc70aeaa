"""The files of MNIST and Fashion-MNIST, their mirrors, and how they become arrays.

Lengths and SHA-256 sums are those of TensorFlow Datasets (url_checksums/mnist.txt and fashion_mnist.txt); torchvision
has the same.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnotes._download import File, cache_folder, fetch
from dlnotes._idx import read_idx
from dlnotes.datasets import Images

__all__: list[str] = []


@dataclass(frozen=True)
class Source:
    """A data set: its folder in the cache, its mirrors, and the images and the labels of its two parts."""

    name: str
    mirrors: Sequence[str]
    train: tuple[File, File]
    test: tuple[File, File]


MNIST = Source(
    "mnist",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
    train=(
        File("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        File("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    ),
    test=(
        File("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        File("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
)

FASHION_MNIST = Source(
    "fashion-mnist",
    (
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    ),
    train=(
        File(
            "train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        File("train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    ),
    test=(
        File("t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        File("t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
)


def load(
    source: Source,
    who: str,
    train: bool,
    cache: str | os.PathLike[str] | None,
    progress: bool,
    mirrors: Sequence[str] | None,
) -> Images:
    """The images and labels of one part of `source`."""
    folder = Path(cache) if cache is not None else cache_folder()
    addresses = source.mirrors if mirrors is None else _addresses(mirrors, who)
    files = source.train if train else source.test
    images, labels = (fetch(file, folder / source.name, addresses, progress=progress) for file in files)
    x = read_idx(images)[:, None].astype(np.float32)
    x /= 255
    return x, read_idx(labels).astype(np.int64)


def _addresses(mirrors: Sequence[str], who: str) -> Sequence[str]:
    if isinstance(mirrors, str):
        raise TypeError(f"{who} expects a list of addresses as mirrors, got one string: {mirrors!r}")
    for address in mirrors:
        if not address.lower().startswith(("http://", "https://")):
            raise ValueError(f"{who} expects mirrors with http:// or https://, got {address!r}")
    if len(mirrors) == 0:
        raise ValueError(f"{who} expects at least one mirror, got none")
    return mirrors
