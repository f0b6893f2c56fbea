"""The declaration of a query: its tables, records and TypedDicts agree, and a filter is evaluated as it is declared."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError, create_model

from rag.errors import QuestionError
from rag.types import fields, requests
from rag.types.fields import AS_OF, CLAUSES, DAYS, FIELDS, Clause
from rag.types.filters import Scope, SearchFilter, unmet
from rag.types.requests import (
    AnswerRequest,
    AskRequest,
    ExplainRequest,
    Request,
    SearchRequest,
    TimelineRequest,
    flat_fields,
)
from tests.conftest import article

QUESTION = "How long was the bridge closed?"
RECORDS: dict[tuple[str, ...], type[Request]] = {
    fields.ASK: AskRequest,
    fields.ANSWER: AnswerRequest,
    fields.SEARCH: SearchRequest,
    fields.EXPLAIN: ExplainRequest,
    fields.TIMELINE: TimelineRequest,
}
FERRY = article(
    "ferry", "A ferry caught fire.", source="Wire", authors=("Cy Moss", "Bo Ray"), section="Local",
    published=date(2025, 6, 10),
).ref()  # fmt: skip
UNDATED = article("seal", "A seal visited the market.").ref()


def keys(kind: Any) -> frozenset[str]:
    known: frozenset[str] = kind.__optional_keys__ | kind.__required_keys__
    return known


# One declaration


@pytest.mark.parametrize(("names", "record"), RECORDS.items(), ids=lambda given: getattr(given, "__name__", ""))
def test_a_record_has_the_fields_that_the_table_lists_for_it(names: tuple[str, ...], record: type[Request]) -> None:
    assert set(record.model_fields) == set(names)
    assert set(names) - {"filter", AS_OF.name} <= FIELDS.keys()


@pytest.mark.parametrize("record", RECORDS.values())
def test_a_record_takes_its_defaults_bounds_and_choices_from_the_table(record: type[Request]) -> None:
    for field in flat_fields(record):
        spec = FIELDS.get(field.name)
        if spec is None or (record is TimelineRequest and field.name == "question"):
            continue
        assert field.default == spec.default
        assert field.help == spec.help
        taken = TypeAdapter(field.annotation)
        for value, is_valid in bounds(spec):
            try:
                taken.validate_python(value)
            except ValidationError:
                assert not is_valid, (field.name, value)
            else:
                assert is_valid, (field.name, value)


def bounds(spec: fields.FieldSpec) -> list[tuple[object, bool]]:
    """Values at and beyond the bounds of a field, each with whether the field takes it."""
    if spec.kind == "choice":
        return [*((choice, True) for choice in spec.choices), ("none of them", False)]
    least, most = spec.least, spec.most
    values = [
        *([(least, True), (least - 1, False)] if least is not None else []),
        *([(most, True), (most + 1, False)] if most is not None else []),
    ]
    return [("x" * size, is_valid) for size, is_valid in values] if spec.kind == "text" else list(values)


def test_a_filter_has_a_field_for_each_clause_and_no_other() -> None:
    assert tuple(SearchFilter.model_fields) == tuple(clause.name for clause in CLAUSES)
    assert set(Scope.model_fields) == {*SearchFilter.model_fields, AS_OF.name}
    assert {clause.name for clause in CLAUSES if clause.kind in {"from", "to"}} == set(DAYS)
    for clause in CLAUSES:
        assert SearchFilter.model_fields[clause.name].description == clause.help


@pytest.mark.parametrize("of", ["name", "param", "flag"])
def test_no_two_clauses_share_a_name(of: str) -> None:
    names = [getattr(clause, of) for clause in (*CLAUSES, AS_OF)]
    assert len(set(names)) == len(names)
    assert not set(names) & FIELDS.keys()


@pytest.mark.parametrize(
    ("options", "record"),
    [
        (requests.AskOptions, AskRequest),
        (requests.AnswerOptions, AnswerRequest),
        (requests.SearchOptions, SearchRequest),
        (requests.TimelineOptions, TimelineRequest),
    ],
)
def test_the_keyword_arguments_of_python_callers_are_the_flat_fields_of_the_record(
    options: Any, record: type[Request]
) -> None:
    assert keys(options) == {field.name for field in flat_fields(record)} - {"question"}


def test_one_search_of_several_has_all_fields_of_a_search() -> None:
    assert keys(requests.SearchItem) == {field.name for field in flat_fields(SearchRequest)}


def test_the_table_is_read_without_pydantic() -> None:
    """`rag --help` reads it, and pydantic alone would double the time that takes."""
    code = "import sys, rag.types.fields; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


# Flat fields


def test_flat_fields_hold_the_clauses_in_the_place_of_the_filter() -> None:
    names = [field.name for field in flat_fields(SearchRequest)]
    clauses = [clause.name for clause in CLAUSES]
    assert names == ["question", "k", *clauses, "as_of", "interpret", "facets", "group_by", "sort", "cursor"]
    assert [field.name for field in flat_fields(SearchRequest) if field.clause] == [*clauses, "as_of"]
    assert [field.name for field in flat_fields(ExplainRequest) if field.is_required] == ["question", "article"]


def test_the_annotation_of_a_flat_field_is_all_that_a_model_needs() -> None:
    """Whoever builds a model of them gets the validators too, not the types alone."""
    made: dict[str, Any] = {
        field.name: (field.annotation, Field() if field.is_required else field.default)
        for field in flat_fields(SearchRequest)
    }
    flat = create_model("Flat", **made)
    assert flat(question=f" {QUESTION} ").question == QUESTION  # type: ignore[attr-defined]
    for wrong in ({"question": " "}, {"published_from": "1735689600"}, {"sources": [""]}, {"k": 0}, {"sort": "best"}):
        with pytest.raises(ValidationError):
            flat(**{"question": QUESTION, **wrong})
    described = flat.model_json_schema()["properties"]
    assert all(schema["description"] for schema in described.values())


# Request.parse


def test_flat_values_become_a_request() -> None:
    parsed = SearchRequest.parse(
        question=QUESTION, k=3, sources=["Wire"], published_from="2025-06-01", exclude=("seal",), as_of="2025-07-01",
        group_by="article", sort="newest",
    )  # fmt: skip
    filter = SearchFilter(sources=("Wire",), published_from=date(2025, 6, 1), exclude=("seal",))
    assert parsed == SearchRequest(
        question=QUESTION, k=3, filter=filter, as_of=date(2025, 7, 1), group_by="article", sort="newest"
    )


def test_none_leaves_the_default() -> None:
    values = {field.name: None for field in flat_fields(SearchRequest)} | {"question": QUESTION}
    assert SearchRequest.parse(**values) == SearchRequest(question=QUESTION)
    assert SearchRequest.parse(question=QUESTION, interpret=False).interpret is False
    assert TimelineRequest.parse(question=None) == TimelineRequest()


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"question": "  "}, "question", "is empty"),
        ({"question": "x" * 2_001}, "question", "2000 characters"),
        ({}, "question", "required"),
        ({"k": 0}, "k", "greater than or equal to 1"),
        ({"k": 101}, "k", "less than or equal to 100"),
        ({"published_from": "May"}, "published_from", "must be a day, as 2025-04-22"),
        ({"as_of": "1735689600"}, "as_of", "must be a day, as 2025-04-22"),
        ({"published_from": "2025-02-01", "published_to": "2025-01-01"}, "filter", "2025-02-01 is after"),
        ({"sources": [""]}, "sources", "at least 1 character"),
        ({"sort": "best"}, "sort", "'relevance', 'newest' or 'oldest'"),
        ({"soruces": ["Wire"]}, "soruces", "not permitted"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_field(
    values: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(QuestionError, match=reason) as refused:
        SearchRequest.parse(**({"question": QUESTION} if values and "question" not in values else {}), **values)
    assert refused.value.field == field


# Which articles pass


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({}, []),
        ({"published_from": "2025-06-10", "published_to": "2025-06-10"}, []),  # both days are included
        ({"published_from": "2025-06-11"}, ["published_from"]),
        ({"published_to": "2025-06-09"}, ["published_to"]),
        ({"sources": ("Courier", "WIRE")}, []),
        ({"sources": ("Courier",)}, ["sources"]),
        ({"authors": ("bo ray",)}, []),
        ({"authors": ("Ann Lee",)}, ["authors"]),
        ({"sections": ("LOCAL",)}, []),
        ({"sections": ("Sport",)}, ["sections"]),
        ({"exclude": ("ferry",)}, ["exclude"]),
        ({"exclude": ("Ferry", "nope")}, []),  # an id is met as it is written
        ({"as_of": "2025-06-10"}, []),
        ({"as_of": "2025-06-09"}, ["as_of"]),
        ({"sources": ("Courier",), "exclude": ("ferry",), "as_of": "2025-01-01"}, ["sources", "exclude", "as_of"]),
    ],
    ids=str,
)
def test_each_clause_that_an_article_does_not_meet_is_named(scope: dict[str, Any], names: list[str]) -> None:
    assert [clause.name for clause in unmet(FERRY, Scope(**scope))] == names


def test_an_article_without_a_day_is_within_no_days_and_known_on_every_day() -> None:
    day = date(2025, 1, 1)
    assert [clause.name for clause in unmet(UNDATED, Scope(published_from=day))] == ["published_from"]
    assert [clause.name for clause in unmet(UNDATED, Scope(published_to=day))] == ["published_to"]
    assert list(unmet(UNDATED, Scope(as_of=day))) == []


def test_an_article_without_a_value_meets_no_clause_that_asks_for_one() -> None:
    asked: dict[str, Any] = {clause.name: ("x",) for clause in CLAUSES if clause.kind == "any_of"}
    assert {clause.name for clause in unmet(UNDATED, SearchFilter(**asked))} == asked.keys()


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.name)
def test_every_clause_of_the_table_can_keep_an_article_out(clause: Clause) -> None:
    """A clause that is declared and evaluated nowhere would pass all."""
    excluding: dict[str, object] = {
        "any_of": ("no such value",), "none_of": (getattr(FERRY, clause.attribute),), "from": date(2025, 6, 11),
        "to": date(2025, 6, 9),
    }  # fmt: skip
    filter = SearchFilter.model_validate({clause.name: excluding[clause.kind]})
    assert list(unmet(FERRY, filter)) == [clause]
    assert list(unmet(FERRY, filter.without(clause.name))) == []
