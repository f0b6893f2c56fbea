"""The words of the API: each field that a caller may send, with its bounds and what it means."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from api.openapi.examples import ARTICLE, QUESTION
from rag.search.cursor import MAX_CHARS
from rag.service import MAX_K, MAX_QUESTION_CHARS
from rag.types.articles import NonEmpty
from rag.types.fields import GroupBy, Unit

WORDS = r"[^\s\x1c-\x1f\x85\ufeff]"  # anything but what Python or ECMAScript, which differ in it, call white space


def _day(given: object) -> object:
    """Let only what the schema says be a day: pydantic reads seconds since 1970 and times of day too."""
    if given is None or isinstance(given, date) or re.fullmatch(r"\d{4}-\d\d-\d\d", str(given), re.ASCII):
        return given
    raise ValueError("must be a day, as 2025-04-22")


def _number(given: object) -> object:
    """Let only a number of JSON be one (1.0 is 1): pydantic reads words and truth too."""
    if isinstance(given, bool | str):
        raise ValueError("must be a number")
    return given


def _said(question: str) -> str:
    if not re.search(WORDS, question):
        raise ValueError("is empty")
    return question


Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARS,
        description="What you want to know, best as a whole sentence.",
        examples=[QUESTION],
        json_schema_extra={"pattern": WORDS},
    ),
    AfterValidator(_said),
]
ArticleId = Annotated[str, Field(min_length=1, description="As it stands in every citation.", examples=[ARTICLE.id])]
Count = Annotated[int, Field(ge=1, le=MAX_K, description="How many passages, articles or stories come back at most.")]
Grouping = Annotated[
    GroupBy,
    Field(
        description="`story`: the best passage of each story, its wire copies in `also_in`. `article`: the best "
        "passage of each article. `passage`: every passage."
    ),
]
Day = Annotated[date | None, BeforeValidator(_day)]
From = Annotated[Day, Field(description="Published on this day or after; what has no date matches no day.")]
To = Annotated[Day, Field(description="Published on this day or before; what has no date matches no day.")]
AsOf = Annotated[
    Day,
    Field(
        description="The day the question is asked as of, default today: nothing published after it is found, and "
        "words like `this week` are read against it."
    ),
]
Interpret = Annotated[
    bool, Field(description="Read time words in the question; what was read is `interpreted` in the response.")
]
WithFacets = Annotated[
    bool,
    Field(description="Count the articles that match by source, author, section and year too, in `facets`."),
]
Page = Annotated[
    str | None,
    Field(
        max_length=MAX_CHARS,
        description="The `next` of the result before: the list goes on in the generation that it began in. All else "
        "that is asked stays as it was, but for `k`.",
    ),
]
UnitOfTime = Annotated[
    Unit | None, Field(description="What one bucket spans; else the shortest that gives few enough.")
]
Sources = Annotated[tuple[NonEmpty, ...], Field(description="Any of these outlets, in any case of letters.")]
Authors = Annotated[tuple[NonEmpty, ...], Field(description="Any of these authors, in any case of letters.")]
Sections = Annotated[tuple[NonEmpty, ...], Field(description="Any of these sections, in any case of letters.")]
Excluded = Annotated[tuple[NonEmpty, ...], Field(description="Articles, by id, that are not searched.")]
Number = BeforeValidator(_number)  # of a body; in an address all is words
Truth = Strict()
