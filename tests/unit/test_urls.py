"""Links to one page share one form."""

from __future__ import annotations

import pytest

from rag.text import urls


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://Courier.example/a/b/", "courier.example/a/b"),
        ("http://courier.example/a#top", "courier.example/a"),
        ("https://courier.example/a?utm_source=x&id=7&fbclid=y&utm_campaign=z", "courier.example/a?id=7"),
        ("https://courier.example/a?gclid=1", "courier.example/a"),
        ("https://courier.example/A?utmost=1", "courier.example/A?utmost=1"),
        ("https://[courier", "https://[courier"),
    ],
)
def test_the_id_of_an_address_has_no_scheme_fragment_last_slash_or_tracking(url: str, id: str) -> None:
    assert urls.normalize(url) == id


def test_a_fragment_that_scripts_read_as_a_path_tells_articles_apart() -> None:
    assert urls.normalize("https://n.example/#!/story/1") == "n.example#!/story/1"
    assert urls.normalize("https://n.example/a#/story/1") != urls.normalize("https://n.example/a#/story/2")
