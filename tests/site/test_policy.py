"""The Content-Security-Policy of the pages: each has it first, with the hash of every script that stands in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlnotes_site import policy

from .built import SITE

PAGE = '<!doctype html><html><head><meta charset="utf-8"><title>t</title>{}</head><body></body></html>'
META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def _pages() -> Iterator[Path]:
    return SITE.rglob("*.html")


def rules(html: str) -> dict[str, list[str]]:
    (content,) = META.findall(html)
    return {name: values for name, *values in (rule.split() for rule in content.split(";"))}


def test_the_scripts_that_are_run_are_told_from_data_and_files() -> None:
    page = PAGE.format(
        "<script>one</script><script type=module>two</script><script type='text/javascript'>three</script>"
        '<script src="a.js"></script><script id="c" type="application/json">{}</script><script defer>four\n</script>'
    )
    assert policy.inline_scripts(page) == ["one", "two", "three", "four\n"]


def test_a_script_is_named_as_browsers_name_it() -> None:
    """The example of the specification of Content Security Policy Level 3."""
    assert policy.source("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"


def test_the_policy_names_each_script_of_its_page_and_no_other() -> None:
    allowed = rules(policy.with_policy(PAGE.format("<script>one</script><script>two</script>")))["script-src"]
    assert allowed == ["'self'", "blob:", "'wasm-unsafe-eval'", policy.source("one"), policy.source("two")]


def test_the_server_of_make_serve_may_add_its_script() -> None:
    page = policy.with_policy(PAGE.format("<script>one</script>"), served=True)
    assert rules(page)["script-src"] == ["'self'", "blob:", "'wasm-unsafe-eval'", "'unsafe-inline'"]


@pytest.mark.parametrize("page", ["<html><head></head></html>", '<script>one</script><meta charset="utf-8">'])
def test_a_page_that_runs_something_before_its_policy_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match="expected <meta charset"):
        policy.with_policy(page)


def test_every_page_of_the_site_has_a_policy_before_all_that_it_loads() -> None:
    pages = list(_pages())
    assert len(pages) > 50
    for path in pages:
        html = path.read_text(encoding="utf-8")
        assert len(META.findall(html)) == 1, path
        before = META.split(html)[0]
        assert not re.search(r"<(script|link|style|img)\b", before), path


def test_every_page_allows_its_own_origin_webassembly_and_the_scripts_that_stand_in_it() -> None:
    for path in _pages():
        html = path.read_text(encoding="utf-8")
        found = rules(html)
        hashes = {policy.source(text) for text in policy.inline_scripts(html)}
        assert set(found["script-src"]) == {"'self'", "blob:", "'wasm-unsafe-eval'"} | hashes, path
        assert found["default-src"] == found["object-src"] == found["base-uri"] == ["'none'"]
        assert found["connect-src"] == found["style-src-elem"] == ["'self'"]
        assert found["worker-src"] == ["'self'", "blob:"]
        assert found["img-src"] == ["'self'", "data:"]
        others = [one for name, values in found.items() if name != "img-src" for one in values]
        assert not [one for one in others if "*" in one or ":" in one.removesuffix("blob:")], path


def test_no_page_has_a_handler_or_a_style_element_that_its_policy_refuses() -> None:
    for path in _pages():
        html = re.sub(r"<(pre|script)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"<[a-z][^<>]*\son[a-z]+=[\"']", html), path
        assert not re.search(r"<style\b|\b(href|src)=[\"']javascript:", html), path
