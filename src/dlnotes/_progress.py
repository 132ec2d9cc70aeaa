"""Where a progress bar is seen: on a terminal, and below a notebook's cell while it runs."""

import sys


def in_notebook() -> bool:
    """Whether standard error is shown below a notebook's cell; a bar there is taken away when it is done."""
    return type(sys.stderr).__module__.startswith("ipykernel.")


def is_seen() -> bool:
    """Whether there is a terminal or a notebook to see a bar in."""
    return sys.stderr is not None and (sys.stderr.isatty() or in_notebook())
