"""Nothing on the site is loaded from another origin: not by HTML, style sheets, pictures, data or scripts.

Links that a reader follows are no loads. Scripts name addresses in their code; those that are known and cannot be asked
for are listed with what on a page would make them be asked for.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dlnotes_site.page import Finding

if TYPE_CHECKING:
    from dlnotes_site.built import File, Site

# Attributes that make a browser load something, and where `href` does so.
_LOADS = ("src", "srcset", "imagesrcset", "data", "poster", "background", "action", "formaction", "ping")
_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
_IN_SVG = {"use", "image", "script", "feimage"}
_MAY_LOAD = (
    "//style | //script | //meta[@http-equiv] | //link[@href] | //*[contains(@style, '(') or contains(@style, '@')] | "
    "//*[local-name() = 'image' or local-name() = 'feimage'] | //use[not(starts-with(@*, '#'))] | "
    + " | ".join(f"//*[@{name}]" for name in _LOADS)
)
_IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?\s*(?P<address>[^"')\s;]+)""", re.IGNORECASE)
_IN_SVG_FILE = re.compile(
    r"""(?:\bhref|\bsrc)\s*=\s*["'](?P<address>[^"']+)["']|<\?xml-stylesheet[^>]*href=["'](?P<sheet>[^"']+)"""
)
_IN_SCRIPT = re.compile(r"""["'`](?P<address>(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^"'`\s]*)""", re.IGNORECASE)
_IN_SCRIPT_LOADED = re.compile(
    r"""(?:\bimport|\bfrom|importScripts\(|fetch\()\s*["'`](?P<address>(?:https?:)?//[^"'`]+)"""
)

# Addresses in Material's bundle: what on a page makes it ask for them, which must not be there.
KNOWN = {
    "api.github.com": "//*[@data-md-component='source']",  # stars and releases of a repository
    "gitlab.com": "//*[@data-md-component='source']",
    "unpkg.com": "//*[contains(concat(' ', @class, ' '), ' mermaid ')]",  # diagrams
    "www.w3.org": "",  # names of namespaces, never loaded
}


def origins(built: "Site") -> Iterator[Finding]:
    """What the site would ask of another origin."""
    host = urlsplit(built.root).netloc
    for file in built.files.values():
        for line, address in _loaded(file):
            if foreign(address, host):
                yield file.at(line, f"loads {address} from another origin: serve the file from this site")
    for path in sorted(one for one in built.folder.rglob("*") if one.is_file()):
        where = f"site/{path.relative_to(built.folder).as_posix()}"
        for line, address in _in_file(path):
            known = KNOWN.get(urlsplit(address).netloc) if path.suffix in (".js", ".mjs") else None
            if not foreign(address, host) or known == "":
                continue
            if known is None:
                yield Finding(where, line, f"names {address} of another origin: serve the file from this site")
            elif asking := next((file for file in built.files.values() if file.tree.xpath(known)), None):
                line = asking.tree.xpath(known)[0].sourceline
                yield asking.at(line, f"makes {where} ask {address}, another origin: leave it out")


def foreign(address: str, host: str) -> bool:
    """Whether an address leads to another origin; data in the address itself does not."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) and parts.netloc != host and parts.scheme in ("", "http", "https", "ws", "wss")


def _loaded(file: "File") -> Iterator[tuple[int, str]]:
    """What an HTML file makes a browser load: line and address."""
    for element in file.tree.xpath(_MAY_LOAD):
        line = element.sourceline
        for name, value in element.attrib.items():
            if name in ("srcset", "imagesrcset"):
                yield from ((line, part.split()[0]) for part in value.split(",") if part.strip())
            elif name in _LOADS or (name in ("href", "xlink:href") and _loads_href(element)):
                yield line, value
            elif name == "style":
                yield from ((line, match["address"]) for match in _IN_CSS.finditer(value))
        if element.tag == "style":
            yield from ((line, match["address"]) for match in _IN_CSS.finditer(element.text or ""))
        elif element.tag == "script" and not element.get("src"):
            pattern = _IN_SCRIPT_LOADED if "json" not in (element.get("type") or "") else _IN_SCRIPT
            yield from ((line, match["address"]) for match in pattern.finditer(element.text or ""))
        elif element.tag == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
            yield line, (element.get("content") or "").partition("=")[2].strip("'\" ")


def _loads_href(element: Any) -> bool:
    if element.tag == "link":
        return bool(_RELATIONS & set((element.get("rel") or "").lower().split()))
    return element.tag in _IN_SVG


def _in_file(path: Path) -> Iterator[tuple[int, str]]:
    """The addresses of hosts in a file beside the HTML, if it is of a kind that can load something."""
    patterns = {".css": (_IN_CSS,), ".svg": (_IN_SVG_FILE, _IN_CSS), ".js": (_IN_SCRIPT,), ".mjs": (_IN_SCRIPT,)}
    if path.suffix == ".json":
        yield from ((1, address) for address in _in_data(json.loads(path.read_text(encoding="utf-8"))))
    for pattern in patterns.get(path.suffix, ()):
        text = path.read_text(encoding="utf-8")
        for match in pattern.finditer(text):
            address = next(group for group in match.groups() if group)
            yield text[: match.start()].count("\n") + 1, address


def _in_data(data: object) -> Iterator[str]:
    """The strings in JSON that are an address and nothing else: text that a reader finds may name some."""
    if isinstance(data, str):
        if re.fullmatch(r"(?:https?:)?//\S+", data):
            yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _in_data(value)
    elif isinstance(data, list):
        for value in data:
            yield from _in_data(value)
