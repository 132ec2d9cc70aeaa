"""Faults of what surrounds the pages: navigation, templates, scripts, styles, workflows, files to commit."""

import random
import re

from .kinds import Fault, Tree, kind, pick

# In pieces, so that the project's own files pass the check of hosts and paths.
_HOST = "files.python" + "hosted.org"
_PATH = "/ho" + "me/someone/dlnotes"


@kind("a page left out of a navigation")
def navigation(tree: Tree, chance: random.Random) -> Fault:
    path = chance.choice(["mkdocs.yml", "mkdocs.en.yml"])
    lines = tree.lines(path)
    start = lines.index("nav:")
    number = pick(chance, [n for n in range(start, len(lines)) if lines[n].endswith((".md", ".ipynb"))], "entry")
    entry = lines.pop(number)
    tree.write(path, lines)
    return Fault("", path, number + 1, f"without {entry.strip()}")


@kind("navigations in another order")
def order(tree: Tree, chance: random.Random) -> Fault:
    path = "mkdocs.en.yml"
    lines = tree.lines(path)
    pairs = [
        n for n in range(len(lines) - 1) if re.match(r"\s+- [\w-]+/[\w-]+\.md", lines[n]) and ".md" in lines[n + 1]
    ]
    number = pick(chance, pairs, "entry")
    lines[number], lines[number + 1] = lines[number + 1], lines[number]
    tree.write(path, lines)
    return Fault("", path, number + 1, f"{lines[number].strip()} before {lines[number + 1].strip()}")


@kind("something loaded from another origin")
def origin(tree: Tree, chance: random.Random) -> Fault:
    path, added = chance.choice(
        [
            ("overrides/main.html", '<script src="https://cdn.example.com/x.js"></script>'),
            ("overrides/main.html", '<link rel="stylesheet" href="https://fonts.example.com/css">'),
            ("overrides/partials/copyright.html", '<img src="https://example.com/x.png" alt="x">'),
            ("docs/shared/assets/site.css", '@import url("https://fonts.example.com/css");'),
            ("docs/shared/assets/site.css", ".x { background: url(//example.com/x.png); }"),
            ("docs/shared/assets/site.js", 'fetch("https://example.com/count");'),
        ]
    )
    lines = tree.lines(path)
    number = next(n for n, line in enumerate(lines) if "block extrahead" in line) if "main" in path else len(lines) - 2
    tree.insert(path, number + 2, added)
    return Fault("", path, number + 2, added)


@kind("a script that cannot be read")
def script(tree: Tree, chance: random.Random) -> Fault:
    path = pick(chance, ["docs/shared/assets/site.js", "docs/shared/assets/formulas.js"], "script")
    lines = tree.lines(path)
    number = pick(chance, [n for n, line in enumerate(lines) if re.search(r"\) \{$|=> \{$", line)], "function")
    lines[number] = lines[number].removesuffix("{")
    tree.write(path, lines)
    return Fault("", path, number + 1, f"{lines[number].strip()} without its brace")


@kind("a style that cannot be read")
def stylesheet(tree: Tree, chance: random.Random) -> Fault:
    path = "docs/shared/assets/site.css"
    lines = tree.lines(path)
    number = pick(chance, [n for n, line in enumerate(lines) if "color: var(" in line], "declaration")
    new = chance.choice([("color: var(", "colour: var("), ("color: var(", "color var("), ("color: var(", "color: var")])
    lines[number] = lines[number].replace(*new, 1)
    tree.write(path, lines)
    return Fault("", path, number + 1, f"{new[0]} -> {new[1]}")


@kind("a language link that is gone")
def hreflang(tree: Tree, chance: random.Random) -> Fault:
    path = "overrides/main.html"
    lines = tree.lines(path)
    number = pick(chance, [n for n, line in enumerate(lines) if "hreflang" in line], "hreflang")
    said = lines[number].strip()
    lines[number] = ""
    tree.write(path, lines)
    return Fault("", path, number + 1, f"without {said[:60]}", ("overrides/main.html",))


@kind("a workflow that is wrong or open to attack")
def workflow(tree: Tree, chance: random.Random) -> Fault:
    path = pick(
        chance, [path.relative_to(tree.root).as_posix() for path in tree.root.glob(".github/workflows/*.yml")], ""
    )
    lines = tree.lines(path)
    old, new = chance.choice(
        [
            (r"(uses: [\w/-]+)@\w{40}.*", r"\1@main"),
            (r"runs-on: ubuntu-latest", "runs-on: ubuntu-newest"),
            (r"^permissions: \{\}$", "permissions: write-all"),
            (r"timeout-minutes: (\d+)", "timeout-minuts: 5"),
        ]
    )
    number = pick(chance, [n for n, line in enumerate(lines) if re.search(old, line)], "place")
    lines[number] = re.sub(old, new, lines[number])
    tree.write(path, lines)
    return Fault("", path, number + 1, lines[number].strip())


@kind("a host or a path of one machine in a file")
def host(tree: Tree, chance: random.Random) -> Fault:
    path = chance.choice(["README.md", "CONTRIBUTING.md", "Makefile", "package.json", "docs/en/index.md"])
    lines = tree.lines(path)
    number = pick(chance, [n for n, line in enumerate(lines) if not line and n > 5] or [len(lines) - 1], "empty line")
    added = chance.choice([f"see {_HOST}", f"in {_PATH}/src"])
    lines[number] = f"# {added}" if path == "Makefile" else added
    tree.write(path, lines)
    return Fault("", path, number + 1, added)


@kind("a measured number that is gone from the results")
def bench(tree: Tree, chance: random.Random) -> Fault:
    uses = [(page, line, key) for pair in tree.pairs() for page in pair for line, key in page.measured]
    page, line, key = pick(chance, uses, "measured number")
    tree.swap(page.path, line, f"bench: {key}", f"bench: {key}x")
    return Fault(
        "", page.path, line, f"{key} -> {key}x", tuple(p.path for pair in tree.pairs() if page in pair for p in pair)
    )


@kind("a term of the glossary that is broken")
def term(tree: Tree, chance: random.Random) -> Fault:
    path = "docs/shared/terms.tsv"
    lines = tree.lines(path)
    number = chance.randrange(1, len(lines) - 1)
    columns = lines[number].split("\t")
    columns[-1] = chance.choice(["nowhere", "basics/perceptron#nowhere"])
    lines[number] = "\t".join(columns)
    tree.write(path, lines)
    return Fault(
        "", path, number + 1, f"{columns[0]} is explained {columns[-1]}", ("docs/ja/glossary.md", "docs/en/glossary.md")
    )
