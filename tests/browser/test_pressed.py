"""Buttons pressed on pages that show what their blocks do not do: it is found, block by block."""

import pytest
from playwright.sync_api import Browser, Route

from dlnotes_site import pressed, site

PLANTED = {"[0.1192 0.5    0.8808]": "[0.1192 0.5    0.8809]", "<samp>24": "<samp>25"}
GUIDE = site.read()["en"]["guide"]


def change(route: Route) -> None:
    html = route.fetch().text()
    for old, new in PLANTED.items():
        assert html.count(old) == 1, f"the guide no longer shows {old!r}: choose another place for this fault"
        html = html.replace(old, new)
    route.fulfill(body=html, content_type="text/html")


def test_a_block_that_does_not_end_is_told_and_on_the_next_page_what_its_blocks_do_not_do(
    chromium: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(told: list[pressed.Pressed]) -> list[str]:
        return [finding.text.partition(", run in the browser, ")[2] for finding in pressed.findings(GUIDE, told)]

    context = chromium.new_context(service_workers="block")
    context.route("**/run/worker.js*", lambda route: None)  # never answered
    monkeypatch.setattr(pressed, "BOOT", 3_000)
    tab = context.new_page()
    stuck = said(pressed.press_page(tab, f"{address}en/guide/"))
    assert len(stuck) == len(GUIDE.blocks)
    assert stuck[:2] == ["ends as running: Getting ready…", "ends as nothing at all: "]
    context.unroute("**/run/worker.js*")
    monkeypatch.undo()
    context.route("**/en/guide/", change)
    tab.goto(f"{address}en/basics/perceptron/")
    assert said(pressed.press_page(tab, f"{address}en/guide/")) == [
        "prints '24' where the page shows '25'",
        "prints '[0.1192 0.5    0.8808]' where the page shows '[0.1192 0.5    0.8809]'",
    ]
    context.close()
