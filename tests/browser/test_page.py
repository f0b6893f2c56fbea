"""The page in a real browser: ask, read, follow a citation; without scripts, in the dark, on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from page_archive import articles
from serving import serving

from rag import wiring
from rag.indexing import Indexing
from rag.intake import Recipe
from rag.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed: apt-get install chromium")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUESTION = "When does the Saltmarsh ferry run again?"
SENTENCE = "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday."
WIDTHS = (360, 768, 1440, 2560)

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def url(index_root: Path) -> Iterator[str]:
    service = wiring.build(Settings(index_root=index_root, index="page"))
    Indexing(service.store, service.embedder, Recipe(roots=("memory",))).run(articles())
    with serving(service) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def fresh(browser: Any, url: str) -> Iterator[Open]:
    """Open a page of its own; fails the test if it asks another host or a script fails."""
    contexts, wrong = [], []

    def open_page(**options: Any) -> Any:
        contexts.append(browser.new_context(base_url=url, **options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: request.url.startswith(url) or wrong.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: said.type == "error" and "status of 4" not in said.text and wrong.append(said.text),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def ask(page: Any, question: str) -> None:
    page.goto("/")
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url("**q=**")


@pytest.mark.parametrize("scripts", [True, False])
def test_ask_see_the_marked_sentence_open_the_article_at_it_and_go_back(fresh, scripts):
    page = fresh(java_script_enabled=scripts)
    ask(page, QUESTION)
    assert page.locator(".answer blockquote").first.inner_text().startswith(SENTENCE)
    page.locator(".cite").first.click()
    assert page.url.endswith("#passage-1")
    assert SENTENCE in page.locator("#passage-1 mark").all_inner_texts()
    page.locator("#passage-1 h3 a").click()
    page.wait_for_url("**/article/**#cited")
    cited = page.locator("#cited")
    assert cited.inner_text() == SENTENCE
    sync_api.expect(cited).to_be_in_viewport()
    page.go_back()
    page.go_back()
    sync_api.expect(page.get_by_label("Your question")).to_have_value(QUESTION)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_filter_narrows_and_can_be_cleared(fresh, scripts):
    page = fresh(java_script_enabled=scripts)
    page.goto("/")
    page.get_by_label("Your question").fill(QUESTION)
    page.locator("summary").click()
    page.get_by_label("Source").select_option("The Upland Post")
    page.get_by_label("From").fill("2025-01-01")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url("**source=The+Upland+Post**")
    bylines = page.locator(".passages .byline").all_inner_texts()
    assert bylines
    assert all("The Upland Post" in byline for byline in bylines)
    assert page.get_by_label("From").input_value() == "2025-01-01"
    page.get_by_role("link", name="Search the whole archive").first.click()
    assert SENTENCE in page.locator("#passage-1 mark").all_inner_texts()


def test_fields_left_empty_stay_out_of_the_address_and_the_form_works_after_back(fresh):
    page = fresh()
    ask(page, QUESTION)
    assert page.url.endswith("/?q=When+does+the+Saltmarsh+ferry+run+again%3F")
    page.go_back()
    page.locator("summary").click()
    sync_api.expect(page.get_by_label("Author")).to_be_enabled()


def test_what_is_not_there_is_said_plainly_with_the_nearest_passages(fresh):
    page = fresh()
    ask(page, "Who won the chess championship in Reykjavik?")
    assert page.get_by_role("heading", name="Not in this archive.").is_visible()
    assert page.get_by_role("heading", name="Nearest passages").is_visible()
    assert page.locator("mark").count() == 0


def test_hostile_words_are_words(fresh):
    page = fresh()
    ask(page, "What did the kiosk owner write on the shutter?")
    assert "<script>document.title = 'owned'</script>" in page.locator("#passage-1 mark").first.inner_text()
    assert "owned" not in page.title()
    assert page.locator("main script, main img, main b, main i").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    page.locator("#passage-1 h3 a").click()
    assert page.locator("#cited").inner_text().startswith("The kiosk owner wrote <script>")
    assert page.locator("main script, main img").count() == 0


@pytest.mark.parametrize(
    "path", ["/", f"/?q={QUESTION}&author=x", f"/?q={QUESTION}", "/docs", "/article/wire%2Flighthouse"]
)
def test_nothing_scrolls_sideways_at_any_width(fresh, path):
    page = fresh()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(fresh, scheme):
    """WCAG 2.2, 1.4.3: a contrast of 4.5:1 for all text."""
    page = fresh(color_scheme=scheme)
    for path in (
        f"/?q={QUESTION}&source=Saltmarsh Courier",
        "/",
        "/docs",
        "/article/upland%2Flibrary?start=0&end=20",
    ):
        page.goto(path)
        low = page.evaluate(LOW_CONTRAST)
        assert not low, f"{scheme} {path}: {low}"


def test_dark_is_dark(fresh):
    def ground(scheme: str) -> str:
        page = fresh(color_scheme=scheme)
        page.goto("/")
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert ground("dark") != ground("light")


def test_every_field_has_a_label_every_page_a_language_landmarks_and_headings_in_order(fresh):
    page = fresh()
    for path in ("/", f"/?q={QUESTION}", "/docs", "/article/upland%2Flibrary", "/article/nope"):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == "en"
        assert [page.locator(name).count() for name in ("main", "body > header", "body > footer", "h1")] == [
            1,
            1,
            1,
            1,
        ]
        assert page.evaluate("[...document.querySelectorAll('input,select')].every(field => field.labels.length)")
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), (
            path,
            levels,
        )


def test_the_keyboard_reaches_everything_and_shows_where_it_is(fresh):
    page = fresh()
    page.goto(f"/?q={QUESTION}")
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert {"Skip to the content", "Byline", "API", "q", "Ask", "[1]"} <= seen


def test_a_slash_goes_to_the_question_but_can_be_typed_in_it(fresh):
    page = fresh()
    page.goto(f"/?q={QUESTION}")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("End")
    page.keyboard.press("/")
    assert page.get_by_label("Your question").input_value() == f"{QUESTION}/"


LOW_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const line = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!words || !node.checkVisibility()) continue;
    const pair = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) low.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return low;
}"""
