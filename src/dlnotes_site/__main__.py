"""The command line: `python -m dlnotes_site build | serve | check | update | translated | outdated | terms | stats`."""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from dlnotes_site import site
from dlnotes_site.history import git


def build(arguments: argparse.Namespace) -> int:
    from mkdocs.__main__ import cli

    _date()
    flags = ["--strict"] if arguments.strict else []
    result = cli.main(["build", *flags, "--site-dir", arguments.site_dir], standalone_mode=False)
    return int(result or 0)


def _date() -> None:
    """What a built file says of its time is the day of the commit: a build of it is the same on any other day."""
    seconds = int(git(site.ROOT, "log", "-1", "--format=%ct").strip() or time.time())  # perhaps there is no commit
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(seconds // 86400 * 86400))


def serve(arguments: argparse.Namespace) -> int:
    from mkdocs.__main__ import cli

    if not 1 <= arguments.port <= 65535:
        print(f"a port is a number from 1 to 65535, got {arguments.port}: `make serve PORT=8000`", file=sys.stderr)
        return 1
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", arguments.port))
        except PermissionError:
            print(f"port {arguments.port} is for the system only: `make serve PORT=8000`", file=sys.stderr)
            return 1
        except OSError:
            free = arguments.port + 1
            print(f"port {arguments.port} is taken: use another, `make serve PORT={free}`", file=sys.stderr)
            return 1
    address = f"127.0.0.1:{arguments.port}"
    print(
        f"building; the site will be at http://{address}/ (Japanese) and http://{address}/en/ (English)",
        flush=True,
    )
    os.environ.setdefault("SITE_URL", f"http://{address}/")
    # MkDocs 1.6 with click 8.3 takes "no flag" for --no-livereload: say it.
    cli.main(["serve", "--dev-addr", address, "--livereload"], standalone_mode=False)
    return 0


def check(arguments: argparse.Namespace) -> int:
    found = site.findings(site.load())
    for finding in found:
        print(finding)
    print(f"{len(found)} findings")
    return 1 if found else 0


def update(arguments: argparse.Namespace) -> int:
    guide = site.load()
    for file in site.update(guide):
        print(f"updated {file.relative_to(guide.root)}")
    failed = [
        page.finding(block.line, guide.runs[block.program].error)
        for page in guide.all_pages
        for block in page.blocks
        if guide.runs[block.program].error
    ]
    for finding in failed:
        print(finding, file=sys.stderr)
    return 1 if failed else 0


def translated(arguments: argparse.Namespace) -> int:
    refused = site.translated(site.load(), frozenset(arguments.same))
    for finding in refused:
        print(finding, file=sys.stderr)
    return 1 if refused else 0


def outdated(arguments: argparse.Namespace) -> int:
    from dlnotes_site import outdated

    try:
        found = outdated.of(site.ROOT, site.read(), arguments.page)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(outdated.report(found, colours=outdated.wants_colours(sys.stdout.isatty()))))
    return 0


def terms(arguments: argparse.Namespace) -> int:
    guide = site.Guide(site.ROOT, site.read(), {}, {})
    left = site.same_terms(guide, frozenset(arguments.same))
    for finding in left:
        print(finding, file=sys.stderr)
    return 1 if left else 0


def stats(arguments: argparse.Namespace) -> int:
    rows = site.stats(site.load())
    print(f"{'':15}" + "".join(f"{lang:>8}" for lang, _ in rows))
    for name in rows[0][1]:
        print(f"{name:15}" + "".join(f"{counts[name]:>8}" for _, counts in rows))
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests"],
        capture_output=True,
        text=True,
        cwd=site.ROOT,
    )
    print(f"{'tests':15}{sum('::' in line for line in collected.stdout.splitlines()):>8}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dlnotes_site", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(function: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(function.__name__, help=text)  # type: ignore[attr-defined]
        added.set_defaults(function=function)
        return added

    one = command(build, "build both languages")
    one.add_argument("--strict", action="store_true", help="fail if anything is wrong")
    one.add_argument("--site-dir", default="site")
    command(serve, "show the site and rebuild on change").add_argument("--port", type=int, default=8000)
    command(check, "say everything that is wrong on the pages")
    command(update, "write what the blocks print into the pages")
    two = command(translated, "record that the English pages follow the Japanese ones as they stand")
    two.add_argument("--same", nargs="*", default=[], metavar="PATH:LINE", help="English lines that still hold")
    behind = command(outdated, "show the Japanese text that the English pages do not follow, then and now")
    behind.add_argument("page", nargs="?", default="", help="one page only, by name or path")
    three = command(terms, "record where one language does without a term that the other names")
    three.add_argument("--same", nargs="*", default=[], metavar="PATH:LINE", help="lines that read well as they are")
    command(stats, "count")
    parsed = parser.parse_args(arguments)
    result: int = parsed.function(parsed)
    return result


if __name__ == "__main__":
    sys.exit(main())
