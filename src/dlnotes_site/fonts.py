"""The Japanese font that figures drawn in the page fall back to: Noto Sans JP, cut down to what Japanese text needs.

matplotlib in Pyodide has no Japanese font. Kept are the characters of JIS X 0208 (kana, kanji of both levels, signs)
and ASCII, as outlines alone: a figure needs neither hinting nor vertical forms.
"""

import hashlib
from pathlib import Path

from dlnotes_site.byhash import Wanted, locked

NAME = "NotoSansJP-Regular.otf"
_PACKAGE = "pylopdf-fonts-jp==0.1.1"  # holds the file of the Noto project unchanged
SOURCE = Wanted(NAME, "dff723ba59d57d136764a04b9b2d03205544f7cd785a711442d6d2d085ac5073", _PACKAGE)
LICENCE = Wanted("LICENSE", "6a73f9541c2de74158c0e7cf6b0a58ef774f5a780bf191f2d7ec9cc53efe2bf2", _PACKAGE)
_LICENCE_NAMES = (13, 14)  # text and address, in the table of names
_DROPPED = ("BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "meta", "vhea", "vmtx")


def characters() -> set[int]:
    """The code points of ASCII and of JIS X 0208."""
    found = set(range(0x20, 0x7F))
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            try:
                found |= set(map(ord, (b"\x1b$B%c%c\x1b(B" % (row, cell)).decode("iso2022_jp")))
            except UnicodeDecodeError:
                continue  # a place that the standard leaves free
    return found


def subset(source: Path, cache: Path) -> bytes:
    """The font with those characters alone, the same bytes each time; kept in the cache, as making it takes seconds."""
    import fontTools

    recipe = source.read_bytes() + Path(__file__).read_bytes() + fontTools.version.encode()
    kept = cache / f"font-{hashlib.sha256(recipe).hexdigest()[:16]}"
    with locked(cache):
        if not kept.is_file():
            part = kept.with_name(f"unfinished-{kept.name}")
            _make(source, part)
            for old in cache.glob("font-*"):
                old.unlink()
            part.replace(kept)
        return kept.read_bytes()


def _make(source: Path, target: Path) -> None:
    from fontTools.subset import Options, Subsetter, load_font, save_font

    options = Options(  # without subroutines gzip finds more to save
        layout_features=[], hinting=False, desubroutinize=True, recalc_timestamp=False, notdef_outline=True
    )
    options.drop_tables += _DROPPED
    options.name_IDs += _LICENCE_NAMES
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    with load_font(str(source), options) as font:
        subsetter.subset(font)
        save_font(font, str(target), options)
