"""JSON holds records in arrays, in objects, or one after the other."""

from __future__ import annotations

import pytest

from tests.unit.loaders.conftest import LoadAll


@pytest.mark.parametrize("holder", ["articles", "items", "documents", "data", "results", "Articles"])
def test_an_object_may_hold_the_records(holder: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.json", f'{{"count": 2,\n "{holder}": [{{"text": "One."}},\n{{"text": "Two."}}]}}')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 2), ("Two.", 3)]


def test_an_article_with_a_list_of_items_is_one_article(load_all: LoadAll) -> None:
    articles, problems = load_all("a.json", '{"text": "One.", "items": [{"text": "No article."}]}')
    assert (problems, [article.id for article in articles]) == ([], ["a.json"])


def test_objects_in_a_row_are_records_though_the_suffix_says_json(load_all: LoadAll) -> None:
    articles, problems = load_all("a.json", '{"text": "One."}\n{"text": "Two."}\n')
    assert problems == []
    assert [(article.text, article.origin.line) for article in articles] == [("One.", 1), ("Two.", 2)]
    assert "a.json" not in {article.id for article in articles}


def test_each_record_of_an_array_has_the_line_it_starts_on(load_all: LoadAll) -> None:
    articles, _ = load_all("a.json", '\n[\n  {\n "text": "One."\n},\r\n\n {"text": "Two."} ]')
    assert [article.origin.line for article in articles] == [3, 7]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('[{"text": "One."},\n{"text" "Two."}]', "a.json:2: json: Expecting ':' delimiter at column 9"),
        ('[{"text": "One."}\n {"text": "Two."}]', "a.json:2: json: Expecting ',' at column 2"),
        ('[{"text": "One."},\n', "a.json:2: json: Expecting value at column 1"),
        ('{"data": [{"text": "One."}', "a.json:1: json: Expecting ',' at column 27"),
        ('[{"text": "One."}] x', "a.json:1: json: Expecting value at column 20"),
    ],
)
def test_records_before_a_mistake_are_kept(content: str, problem: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.json", content)
    assert [article.text for article in articles] == ["One."]
    assert problems == [problem]


@pytest.mark.parametrize("content", [" \n", "hello", "[" * 100_000, '{"id": ' + "9" * 5000 + "}"])
def test_what_is_not_json_is_one_problem(content: str, load_all: LoadAll) -> None:
    articles, problems = load_all("a.json", content)
    assert articles == []
    assert len(problems) == 1
    assert ": json: " in problems[0]


def test_an_empty_array_holds_nothing_and_that_is_no_problem(load_all: LoadAll) -> None:
    assert load_all("a.json", "[]") == ([], [])
