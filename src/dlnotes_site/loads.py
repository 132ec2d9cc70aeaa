"""Check that no template, script or style of the site asks another origin for anything.

What the built pages hold is checked in the built site; here the file and line is named where it was written.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dlnotes_site.page import Finding

FOLDERS = ("overrides", "docs/shared/assets", "src/dlnotes_site/search")
_FOREIGN = re.compile(
    r"""(?:\bsrc=|\bsrcset=|<link[^>]*\bhref=|\burl\(|@import|\bfetch\(|\bimport\(|\bfrom |importScripts\(|\bopen\()"""
    r"""[\s"'(url]*(?P<address>(?:https?:)?//[^\s"')]+)"""
)


def check(root: Path) -> Iterator[Finding]:
    """A finding for each place that loads something from an address of its own."""
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.*")):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                for match in _FOREIGN.finditer(line):
                    said = (
                        f"loads {match['address']} from another origin: readers may be offline, keep it in docs/shared"
                    )
                    yield Finding(file.relative_to(root).as_posix(), number, said)


def main() -> int:
    """Check the working directory."""
    findings = list(check(Path.cwd()))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
