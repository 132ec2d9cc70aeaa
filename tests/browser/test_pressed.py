"""Buttons pressed on pages that show what their blocks do not do: it is found, block by block."""

import pytest
from playwright.sync_api import Browser, Route

from dlnotes_site import pressed, site

PLANTED = {"[0.1192 0.5    0.8808]": "[0.1192 0.5    0.8809]", "<samp>24": "<samp>25"}
GUIDE = site.read()["en"]["guide"]


def test_what_a_page_shows_and_its_blocks_do_not_do_is_found(chromium: Browser, address: str) -> None:
    def change(route: Route) -> None:
        html = route.fetch().text()
        for old, new in PLANTED.items():
            assert html.count(old) == 1, f"the guide no longer shows {old!r}: choose another place for this fault"
            html = html.replace(old, new)
        route.fulfill(body=html, content_type="text/html")

    context = chromium.new_context(service_workers="block")
    context.route("**/en/guide/", change)
    tab = context.new_page()
    tab.goto(f"{address}en/basics/perceptron/")
    told = pressed.press_page(tab, f"{address}en/guide/")
    context.close()
    found = [finding.text.partition(", run in the browser, ")[2] for finding in pressed.findings(GUIDE, told)]
    assert found == [f"prints {old!r} where the page shows {new!r}" for old, new in (
        ("24", "25"), ("[0.1192 0.5    0.8808]", "[0.1192 0.5    0.8809]"),
    )]  # fmt: skip


def test_a_block_that_does_not_end_is_told_and_the_next_page_is_pressed(
    chromium: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = chromium.new_context(service_workers="block")
    context.route("**/run/worker.js*", lambda route: None)  # never answered
    monkeypatch.setattr(pressed, "BOOT", 3_000)
    tab = context.new_page()
    told = pressed.press_page(tab, f"{address}en/guide/")
    found = [finding.text.partition(", run in the browser, ")[2] for finding in pressed.findings(GUIDE, told)]
    assert len(found) == len(GUIDE.blocks)
    assert found[0] == "ends as running: Getting ready…"
    assert found[1] == "ends as nothing at all: "
    context.unroute("**/run/worker.js*")
    monkeypatch.undo()
    assert pressed.findings(GUIDE, pressed.press_page(tab, f"{address}en/guide/")) == []
    context.close()
