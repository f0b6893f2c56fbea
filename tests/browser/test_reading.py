"""An article: at the cited words, in its versions, beside its copies, ready to be cited."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright import sync_api

from rag.citations.citation import cite
from tests.browser.conftest import Open
from tests.browser.page_archive import CORRECTION
from tests.conftest import article

FROST = "/article/upland%2Forchard-frost"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_corrected_article_says_so_and_its_older_version_can_be_read(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts)
    page.goto(FROST)
    sync_api.expect(page.get_by_role("note")).to_contain_text("changed on 3 May 2025")
    sync_api.expect(page.get_by_role("note")).to_contain_text(CORRECTION)
    page.get_by_role("link", name="Earlier, here since").click()
    page.wait_for_url("**orchard-frost%40**")
    sync_api.expect(page.get_by_role("note")).to_contain_text("This is an older version.")
    sync_api.expect(page.get_by_role("note")).to_contain_text(CORRECTION)
    assert "Cherries and apples were spared" in page.locator(".prose").inner_text()
    page.get_by_role("link", name="read the newest").click()
    page.wait_for_url(f"**{FROST}")


def test_copies_and_similar_articles_are_links(fresh: Open) -> None:
    page = fresh()
    page.goto("/article/Coast%20Wire%2Ftide-mill")
    page.get_by_role("region", name="Also in").get_by_role("link", name="The Upland Post").click()
    page.wait_for_url("**The%20Upland%20Post%2Ftide-mill")
    assert page.get_by_role("region", name="Similar").get_by_role("link").count() > 0
    page.goto("/?q=When+did+the+tide+mill+grind+again%3F")
    page.locator("#passage-1 summary", has_text="Also in 2 outlets").click()
    assert page.locator("#passage-1 .onward li a").count() >= 2


def test_a_citation_is_copied_with_a_button(fresh: Open, url: str) -> None:
    page = fresh(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{FROST}?start=0&end=50")
    page.locator("summary", has_text="CSL-JSON").click()
    page.get_by_role("button", name="Copy").locator("visible=true").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied)[0]["title"] == "Late frost takes half the pear crop"
    sync_api.expect(page.get_by_role("button", name="Copied")).to_be_visible()


def test_without_scripts_a_citation_is_text_to_copy(fresh: Open) -> None:
    page = fresh(java_script_enabled=False)
    page.goto(FROST)
    page.locator("summary", has_text="BibTeX").click()
    sync_api.expect(page.locator("pre", has_text="@article{lind2025late-")).to_be_visible()


@pytest.mark.parametrize("number", [0, 7, 23, 39])
def test_a_link_to_the_source_finds_the_very_words_in_a_real_browser(browser: Any, number: int) -> None:
    """Chromium follows the link to a page where the same sentence stands in every paragraph."""
    paragraphs = [
        f"Ward {n} was next. It rained in the valley. {'No' if n % 2 else 'All'} roads closed." for n in range(40)
    ]
    text, quoted = "\n\n".join(paragraphs), "It rained in the valley."
    start = text.index(quoted, text.index(paragraphs[number]))
    source = article("a", text, url="https://courier.example/rain")
    page = browser.new_page(viewport={"width": 800, "height": 120})
    body = "".join(f"<p id=p{n} style='margin: 300px 0'>{line}</p>" for n, line in enumerate(paragraphs))
    page.route("**/*", lambda route: route.fulfill(body=f"<!doctype html>{body}", content_type="text/html"))
    page.goto(str(cite(source, "a#1", start, start + len(quoted), 0).link))
    sync_api.expect(page.locator(f"#p{number}")).to_be_in_viewport()
    page.close()


def test_the_status_page_tells_what_is_kept_and_how_fast_it_answers(fresh: Open) -> None:
    page = fresh()
    page.goto("/")
    page.goto("/status")
    rows = page.get_by_role("region", name="Generations").get_by_role("row").all_inner_texts()
    assert [row.split()[0] for row in rows[1:]] == ["gen-000002", "gen-000001"]
    assert "serves" in rows[1]
    assert page.get_by_role("region", name="Articles by month").get_by_text("April 2025").is_visible()
    outlets = page.get_by_role("region", name="Articles by outlet")
    assert outlets.get_by_text("The Upland Post").is_visible()
    for width in (360, 1440):  # one of the outlets has a name of 300 letters
        page.set_viewport_size({"width": width, "height": 900})
        assert outlets.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.get_by_role("region", name="The last hour").get_by_role("rowheader", name="/", exact=True).is_visible()
