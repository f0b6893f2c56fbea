"""axe-core finds nothing on any page, in light and dark, wide and narrow: WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open

QUESTION = "When+does+the+Saltmarsh+ferry+run+again%3F"
PAGES = {
    "invitation": "/",
    "answer": f"/?q={QUESTION}",
    "narrowed": "/?q=How+many+walkers+did+the+causeway+carry%3F&source=Coast+Wire&published_from=2023-01-01",
    "abstention": "/?q=Who+won+the+chess+championship+in+Reykjavik%3F",
    "nothing matches": f"/?q={QUESTION}&author=Nobody",
    "fault": f"/?q={QUESTION}&published_from=May",
    "hostile": "/?q=What+did+the+kiosk+owner+write+on+the+shutter%3F",
    "article": "/article/courier%2F2025-04-22-ferry?start=94&end=172",
    "arabic": "/article/wire%2Fmarket",
    "endless": "/article/wire%2Fendless",
    "status": "/status",
    "docs": "/docs",
    "no article": "/article/nope",
    "no page": "/nope",
}
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def violations(page: Any) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(fresh: Open, scheme: str) -> None:
    for width in (1440, 360):
        page = fresh(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
        for name, path in PAGES.items():
            page.goto(path)
            assert violations(page) == [], f"{name}, {scheme}, {width}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_all_is_opened(fresh: Open, scheme: str) -> None:
    page = fresh(color_scheme=scheme, bypass_csp=True)
    for path in (PAGES["answer"], PAGES["narrowed"], PAGES["article"]):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.name = ''; each.open = true; })")
        assert violations(page) == []
    page.get_by_role("button", name="Keys").click()
    assert violations(page) == []


def test_axe_finds_nothing_on_an_older_version(fresh: Open) -> None:
    page = fresh(bypass_csp=True)
    page.goto("/article/upland%2Forchard-frost")
    page.get_by_role("link", name="Earlier, here since").click()
    page.wait_for_url("**%40**")
    assert violations(page) == []


def test_axe_sees_what_is_wrong(fresh: Open) -> None:
    """A check that cannot fail is none."""
    page = fresh(bypass_csp=True)
    page.goto("/")
    page.evaluate("document.querySelector('label[for=q]').remove(); document.querySelector('#q').placeholder = ''")
    assert any(found.startswith("label") for found in violations(page))


def test_a_reader_who_wants_no_motion_gets_none(fresh: Open) -> None:
    page = fresh(reduced_motion="reduce")
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
