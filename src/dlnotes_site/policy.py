"""The Content-Security-Policy of every page, as a `<meta>`: GitHub Pages and other plain servers send no headers.

Everything comes from the site's own origin. Scripts in the page itself are allowed by the hash of their text, which
is taken from the page when it is built, so an injected one does not run. WebAssembly may be compiled, text may not be
evaluated. Styles come from files; `style` attributes are allowed, as formulas are aligned by them (MathJax), and
`style-src` repeats that for browsers that do not know `style-src-attr`. Pictures may be `data:`: Material's icons are
masks in its style sheet, and figures that the reader's own run drew are shown as pictures, in which no script runs.

A worker that is loaded from a file does not come under the policy of its page, only under the headers of that file,
and plain servers send none. The worker of the Run buttons is therefore begun by a `blob:` of the page's own
(`runner/client.js`), which has the page's policy, and Pyodide's scripts are `blob:`s of checked bytes. Only a script
that runs already can make such an address.
"""

import base64
import hashlib
import re

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_EXECUTED = {"", "module", "importmap", "text/javascript", "application/javascript"}
_CHARSET = '<meta charset="utf-8">'
_RULES = {
    "default-src": "'none'",
    "script-src": "'self' blob: 'wasm-unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "style-src-elem": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-src": "'none'",
}


def inline_scripts(html: str) -> list[str]:
    """The text of each script that stands in a page and is run."""
    found = []
    for attributes, text in _SCRIPT.findall(html):
        kind = re.search(r"""\btype=["']?([^"'\s>]*)""", attributes)
        if not re.search(r"\bsrc\s*=", attributes) and (kind[1].lower() if kind else "") in _EXECUTED:
            found.append(text)
    return found


def source(script: str) -> str:
    """How a policy names a script by its text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def policy(html: str, served: bool = False) -> str:
    """The policy for a page; with `served`, for `make serve`, whose server adds a script of its own to each page."""
    own = ["'unsafe-inline'"] if served else list(dict.fromkeys(map(source, inline_scripts(html))))
    rules = _RULES | {"script-src": " ".join([_RULES["script-src"], *own])}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def with_policy(html: str, served: bool = False) -> str:
    """A page with its policy, which stands before everything that it governs.

    Raises
    ------
    ValueError
        If the page does not begin as Material's do.
    """
    before, charset, after = html.partition(_CHARSET)
    if not charset or "<script" in before or "<link" in before:
        raise ValueError(f"expected {_CHARSET} at the beginning of a page, got {html[:80]!r}")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(html, served)}">'
    return f"{before}{charset}\n      {meta}{after}"
