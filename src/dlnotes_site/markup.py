"""Check the Markdown of the pages, of README and of CONTRIBUTING with markdownlint.

markdownlint takes the content of an admonition or a tab for indented code and would not look at it. So the
containers are opened first: title lines become empty, content moves to the left, line numbers stay.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dlnotes_site import labs
from dlnotes_site.node import NODE
from dlnotes_site.page import Finding

SCRIPT = Path(__file__).with_suffix(".mjs")

_CONTAINER = re.compile(r'(?:!!!|\?\?\?\+?)\s+[\w-]+|===[+!]?\s+"')
_FENCE = re.compile(r"`{3,}|~{3,}")


def opened(text: str) -> str:
    r"""Return Markdown with its admonitions and tabs opened; every line keeps its number.

    >>> opened('!!! note "Title"\n    Text.\n\nMore.')
    '\nText.\n\nMore.'
    """
    lines, columns, fence = [], [0], ""
    for line in text.split("\n"):
        bare = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if bare and not fence:
            while indent < columns[-1]:
                columns.pop()
        if not fence and indent == columns[-1] and _CONTAINER.match(bare):
            lines.append("")
            columns.append(indent + 4)
            continue
        mark = _FENCE.match(bare)
        if fence and bare.startswith(fence) and not bare.strip(fence[0]):
            fence = ""
        elif not fence and mark:
            fence = mark.group()
        lines.append(line[min(columns[-1], indent) :])
    return "\n".join(lines)


def check(texts: Mapping[str, str]) -> list[Finding]:
    """Check Markdown texts, given by path; returns findings by path and line. One Node process for all."""
    request = json.dumps({path: opened(text) for path, text in texts.items()})
    run = subprocess.run([NODE, SCRIPT], input=request, capture_output=True, text=True, encoding="utf-8", check=False)
    if run.returncode != 0:
        raise RuntimeError(f"markdownlint did not run (make setup?): {run.stderr.strip()}")
    found = [Finding(each["path"], each["line"], each["text"]) for each in json.loads(run.stdout)]
    return sorted(found, key=lambda finding: (finding.path, finding.line))


def _without_front_matter(text: str) -> str:
    """The page of a lab, whose front matter is not on its first line; every line keeps its number."""
    front = re.match(r"\n*---\n.*?\n---\n", text, re.DOTALL)
    return "\n" * front[0].count("\n") + text[front.end() :] if front else text


def main() -> int:
    """Check all Markdown files of the working directory's project, and the prose of the labs."""
    files = [*Path().glob("*.md"), *Path("docs").rglob("*.md")]
    findings = check({file.as_posix(): file.read_text(encoding="utf-8") for file in files})
    for pages in labs.read_tree(Path("docs/labs"), Path()).values():
        findings += check({page.path: _without_front_matter(page.text) for page in pages.values()})
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
