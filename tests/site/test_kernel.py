"""What the kernel of a lab refuses. The rest of `dlnotes_site.kernel` is seen at work in test_labs.py."""

import ast
from types import SimpleNamespace

import pytest

from dlnotes_site import kernel


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.getaddrinfo", ("example.org", 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("192.0.2.1", 80, 0, 0, 0)),
        ("socket.connect", (None, ("192.0.2.1", 80))),
        ("socket.connect", (None, ("2001:db8::1", 80, 0, 0))),
    ],
)
def test_a_cell_may_not_ask_another_machine(event: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(PermissionError, match=r"^a lab runs without network \((example|192|2001)\S+ was asked for\)$"):
        kernel._stay_here(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, ("::1", 80, 0, 0))),
        ("socket.connect", (None, "/run/socket")),
        ("open", ("example.org", "r", 0)),
    ],
)
def test_jupyter_may_speak_to_its_kernel_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    kernel._stay_here(event, arguments)


def test_the_line_of_an_error_is_that_of_the_cell_and_not_of_the_library() -> None:
    cell = "def f(x):\n    return 1 / x\n\n\nf(0)\n"
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile(cell, "<cell>", "exec"), {})
    assert kernel._line(raised.value) == 5
    with pytest.raises(SyntaxError) as unread:
        ast.parse("x = 1\nprint(\n")
    assert kernel._line(unread.value) == 2
    assert kernel._line(None) == 0


def test_the_cell_that_prepares_the_kernel_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_running", {})
    monkeypatch.setattr(kernel, "_cells", [])
    kernel._end(SimpleNamespace(error_before_exec=None, error_in_exec=None))
    assert kernel._cells == []
