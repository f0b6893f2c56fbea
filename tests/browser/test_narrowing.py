"""Facets, chips and the timeline narrow a question, by pointer, keyboard and without scripts; the address says all."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright import sync_api

from tests.browser.conftest import Open

ASKED = "/?q=How+many+walkers+did+the+causeway+carry%3F"


def state(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def bylines(page: Any) -> list[str]:
    found: list[str] = page.locator(".passages .byline").all_inner_texts()
    return found


def choice(page: Any, name: str) -> Any:
    return page.locator(".choice", has_text=name).first


@pytest.mark.parametrize("scripts", [True, False])
def test_facets_add_up_can_be_taken_away_and_the_back_button_undoes_them(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    page.goto(ASKED)
    choice(page, "Saltmarsh Courier").click()
    page.wait_for_url("**source=Saltmarsh+Courier**")
    assert all("Saltmarsh Courier" in byline for byline in bylines(page))
    choice(page, "Coast Wire").click()
    page.wait_for_url("**source=Coast+Wire**")
    choice(page, "Weather").click()
    page.wait_for_url("**section=Weather**")
    assert state(page)["source"] == ["Saltmarsh Courier", "Coast Wire"]
    assert all("Weather" in byline for byline in bylines(page))
    assert page.locator(".choice[aria-current]").count() == 3
    page.locator(".chips a", has_text="Coast Wire").click()
    page.wait_for_url(lambda address: "Coast" not in address)
    assert state(page)["source"] == ["Saltmarsh Courier"]
    for _ in range(4):
        page.go_back()
    page.wait_for_url(lambda address: "source=" not in address)
    sync_api.expect(page.locator(".choice[aria-current]")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_years_are_chosen_together_where_they_adjoin(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    page.goto(ASKED)
    choice(page, "2023").click()
    page.wait_for_url("**published_from=2023-01-01&published_to=2023-12-31**")
    assert all("2023" in byline for byline in bylines(page))
    choice(page, "2024").click()
    page.wait_for_url("**published_from=2023-01-01&published_to=2024-12-31**")
    sync_api.expect(page.locator(".chips")).to_contain_text("2023 to 2024")


def test_a_facet_that_was_pressed_keeps_the_focus(fresh: Open) -> None:
    page = fresh(viewport={"width": 1440, "height": 900})
    page.goto(ASKED)
    choice(page, "Weather").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**section=Weather**")
    sync_api.expect(choice(page, "Weather")).to_be_focused()
    assert choice(page, "Weather").get_attribute("aria-current") == "true"


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_facets_stand_behind_a_disclosure(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts, viewport={"width": 360, "height": 800})
    page.goto(ASKED)
    assert not choice(page, "Weather").is_visible()
    page.locator(".facets > details > summary").click()
    choice(page, "Weather").click()
    page.wait_for_url("**section=Weather**")


@pytest.mark.parametrize("width", [360, 900, 1440])
def test_what_was_chosen_keeps_the_focus_and_its_disclosures_open(fresh: Open, width: int) -> None:
    page = fresh(viewport={"width": width, "height": 800})
    page.goto(ASKED)
    if width < 1024:
        page.locator(".facets > details > summary").click()
    for name in ("Weather", "2023", "Coast Wire"):
        choice(page, name).focus()
        page.keyboard.press("Enter")
        sync_api.expect(choice(page, name)).to_have_attribute("aria-current", "true")
        sync_api.expect(choice(page, name)).to_be_focused()
        sync_api.expect(choice(page, name)).to_be_in_viewport()
    page.keyboard.press("Enter")
    sync_api.expect(page.locator(".choice[aria-current]")).to_have_count(2)
    sync_api.expect(choice(page, "Coast Wire")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_every_year_can_be_chosen_however_many_there_are(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    page.goto("/?q=How+many+metres+did+the+glacier+retreat%3F")
    page.locator("#more-year summary").click()
    assert page.locator("[data-key^='Year:']").count() == 18
    choice(page, "2001").click()
    page.wait_for_url("**published_from=2001-01-01**")
    sync_api.expect(choice(page, "2001")).to_have_attribute("aria-current", "true")
    sync_api.expect(choice(page, "2001")).to_be_visible()
    if scripts:
        sync_api.expect(choice(page, "2001")).to_be_focused()


def test_in_a_wide_window_facets_are_there_to_see(fresh: Open) -> None:
    page = fresh(viewport={"width": 1440, "height": 900})
    page.goto(ASKED)
    assert choice(page, "Weather").is_visible()
    assert not page.locator(".facets > details > summary").is_visible()


def test_a_stretch_is_drawn_with_the_pointer(fresh: Open) -> None:
    page = fresh()
    page.goto(ASKED)
    box = page.locator("#brush svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.02, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 30, steps=5)
    page.mouse.up()
    page.wait_for_url("**published_from=2023-**")
    assert {"published_from", "published_to"} <= state(page).keys()
    assert all("2023" in byline for byline in bylines(page))
    sync_api.expect(page.locator(".chips")).to_contain_text("Published")
    assert float(page.locator(".shade").get_attribute("width")) > 100
    assert page.locator("#brush a.in").count() > 0
    page.go_back()
    page.wait_for_url(lambda address: "published" not in address)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_bar_is_a_link_to_its_days(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts)
    page.goto(ASKED)
    page.locator("#brush a").first.click()
    page.wait_for_url("**published_from=**")
    assert len(bylines(page)) == 1
    first, last = state(page)["published_from"][0], state(page)["published_to"][0]
    assert first <= last


def test_a_stretch_is_chosen_with_the_keyboard_and_the_thumb_keeps_the_focus(fresh: Open) -> None:
    page = fresh()
    page.goto(ASKED)
    since = page.get_by_label("Published from")
    since.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**published_from=**")
    sync_api.expect(page.get_by_label("Published from")).to_be_focused()
    assert page.get_by_label("Published from").get_attribute("aria-valuetext")
    sync_api.expect(page.locator("#told")).to_contain_text("match")
    page.keyboard.press("Home")
    page.wait_for_url(lambda address: "published_from" not in address)
    page.get_by_label("Published to").focus()
    page.keyboard.press("Home")  # not before the other thumb
    page.wait_for_url("**published_to=**")
    assert state(page)["published_from"][0] <= state(page)["published_to"][0]


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_read_into_the_question_can_be_taken_away(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts)
    page.goto("/?q=What+ran+in+the+harbour+this+week%3F&as_of=2025-04-24")
    chip = page.locator(".chips a", has_text="this week")
    sync_api.expect(chip).to_contain_text("17 to 24 April 2025")
    chip.click()
    page.wait_for_url("**interpret=false**")
    sync_api.expect(page.locator(".chips")).to_contain_text("not read")


@pytest.mark.parametrize("scripts", [True, False])
def test_days_read_into_the_question_are_shaded_and_counted_as_those_that_are_chosen(
    fresh: Open, scripts: bool
) -> None:
    page, counted = fresh(java_script_enabled=scripts), re.compile(r"\b1 of \d\d articles that match is of these days")
    page.goto("/?q=What+happened+in+March+2024%3F&as_of=2025-06-01")
    sync_api.expect(page.locator(".chips")).to_contain_text("Only: March 2024")
    sync_api.expect(page.locator("#told")).to_contain_text(counted)
    assert 0 < float(page.locator(".shade").get_attribute("width")) < 200
    assert page.locator("#brush a.in").count() == 1
    page.locator("#brush a").first.click()
    page.wait_for_url("**published_from=**")
    sync_api.expect(page.locator("#told")).to_contain_text(counted)
    if scripts:
        sync_api.expect(page.locator("#news")).to_contain_text(re.compile(r"\b1 of \d\d articles"))


@pytest.mark.parametrize("scripts", [True, False])
def test_more_passages_on_demand(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts)
    page.goto(ASKED)
    assert page.locator(".passages > li").count() == 10
    page.get_by_role("link", name="More passages").click()
    page.wait_for_url("**k=30#passage-11")
    sync_api.expect(page.locator("#passage-11 h3")).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_question_keeps_what_narrows(fresh: Open, scripts: bool) -> None:
    page = fresh(java_script_enabled=scripts)
    page.goto(f"{ASKED}&source=Coast+Wire&source=Saltmarsh+Courier&section=Weather")
    page.get_by_label("Your question").fill("Was it foggy?")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url("**q=Was+it+foggy**")
    assert sorted(state(page)["source"]) == ["Coast Wire", "Saltmarsh Courier"]
    assert state(page)["section"] == ["Weather"]
