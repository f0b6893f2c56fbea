"""Paragraphs that only repeat who wrote an article and when are no text."""

from __future__ import annotations

import pytest

from tests.pages import PARAGRAPHS, page, site
from tests.unit.loaders.conftest import LoadOne

BY = (
    "<meta name='author' content='Rita Sommer and Bo Ray'><meta property='og:site_name' content='The Courier'>"
    "<meta property='article:published_time' content='2025-06-03'><title>Ferry to run again</title>"
)


@pytest.mark.parametrize(
    "line",
    ["By Rita Sommer", "RITA SOMMER", "By Rita Sommer and Bo Ray, The Courier", "Rita Sommer | 3 June 2025, 10:30 am",
     "Tuesday, June 3, 2025", "Published on 2025-06-03", "By Rita Sommer<br>Staff writer",
     "<b>By</b> Bo Ray for The Courier"],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "<h2>Ferry to run again</h2>", "<p>By Rita Sommer</p>"])
def test_a_byline_or_its_day_above_the_story_is_no_text(line: str, before: str, load: LoadOne) -> None:
    head = "Ferry to run again\n\n" if "h2" in before else ""
    plain, _ = load("a.html", page(BY, f"{before}<p class=byline>{line}</p><p>The ferry runs.</p><p>By Bo Ray</p>"))
    assert plain.text == f"{head}The ferry runs.\n\nBy Bo Ray"
    made, _ = load("b.html", site(f"<p class=byline>{line}</p>", head=BY))
    assert made.text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    ["By Ann Lee", "Rita Sommer —", "By Rita Sommer, who rowed it", "Rita Sommer said so.", "The Courier",
     "4 June 2025", "By and by", "Rita Sommer: Мост открыт", "On 3 June 2025 the ferry ran.", "Bo Rays",
     "Photographs by Bo Ray"],
)  # fmt: skip
def test_a_first_paragraph_with_any_other_word_is_text(line: str, load: LoadOne) -> None:
    assert load("a.html", page(BY, f"<p>{line}</p><p>The ferry runs.</p>"))[0].text == f"{line}\n\nThe ferry runs."


def test_a_page_of_nothing_but_a_byline_keeps_it(load: LoadOne) -> None:
    assert load("a.html", page(BY, "<p>By Bo Ray</p>"))[0].text == "By Bo Ray"
