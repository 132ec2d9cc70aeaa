"""Compiled modules, kept from visit to visit: to compile matplotlib takes longer than to load and import it."""

import marshal
import sys
from pathlib import Path

_SITE = Path(sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
_UNCHECKED = (1).to_bytes(4, "little") + bytes(8)  # the source is what it was: its file is known by its hash
_packed: set[str] = set()


def unpack(kept: bytes) -> None:
    """Put what an earlier visit has compiled beside its sources."""
    for name, content in marshal.loads(kept).items():
        file = _SITE / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        _packed.add(name)


def pack() -> bytes:
    """What Python has compiled since the last time, in a form in which it is not compared with its source again."""
    found = {}
    for file in _SITE.glob("**/__pycache__/*.pyc"):
        name = file.relative_to(_SITE).as_posix()
        if name not in _packed:
            content = file.read_bytes()
            found[name] = content[:4] + _UNCHECKED + content[16:]
    _packed.update(found)
    return marshal.dumps(found)
