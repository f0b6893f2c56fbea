"""The declarations of the clauses of a filter and of the fields of a request.

Each has its name, default, bounds, label and help here and nowhere else. The command line, the API, the MCP tools, the
page's form and the client take them from these tables; the index derives its columns from `CLAUSES`. The module imports
nothing heavy, because the command line needs it before it knows which command it has to run.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, get_args

GroupBy: TypeAlias = Literal["story", "article", "passage"]
Sort: TypeAlias = Literal["relevance", "newest", "oldest"]
Unit: TypeAlias = Literal["day", "week", "month", "year"]
ClauseKind: TypeAlias = Literal["any_of", "none_of", "from", "to", "known_by"]


class Clause(NamedTuple):
    """One clause of a filter: its field in `SearchFilter`, the attribute of `ArticleRef` it tests, and how it tests it.

    `any_of` requires one of the values, in any case of letters; `none_of` excludes them, exactly as written. `from` and
    `to` are days, both included, which an article without a day never meets; `known_by` is a day that such an article
    always meets. `param` is the clause's name in a URL and in the page's form, `flag` its name on the command line.
    """

    name: str
    attribute: str
    kind: ClauseKind
    param: str
    flag: str
    label: str
    help: str


CLAUSES = (
    Clause("published_from", "published", "from", "published_from", "from", "From",
           "Published on this day or after; what has no date matches no day."),
    Clause("published_to", "published", "to", "published_to", "to", "To",
           "Published on this day or before; what has no date matches no day."),
    Clause("sources", "source", "any_of", "source", "source", "Outlet",
           "Any of these outlets, in any case of letters."),
    Clause("authors", "authors", "any_of", "author", "author", "Author",
           "Any of these authors, in any case of letters."),
    Clause("sections", "section", "any_of", "section", "section", "Section",
           "Any of these sections, in any case of letters."),
    Clause("exclude", "id", "none_of", "exclude", "exclude", "Without",
           "Articles, by id, that are not searched."),
)  # fmt: skip
CLAUSE = {clause.name: clause for clause in CLAUSES}
DAYS = tuple(clause.name for clause in CLAUSES if clause.kind in {"from", "to"})  # Names of the clauses that take a day
AS_OF = Clause(
    "as_of", "published", "known_by", "as_of", "as-of", "As of",
    "The day the question is asked as of, default today: nothing published after it is found, and words like "
    "`this week` are read against it.",
)  # fmt: skip


class FieldSpec(NamedTuple):
    """One field of a request beside its filter: `least` and `most` bound a number, or the length of a text.

    `choices` are all values that it takes. `flag` is its name on the command line, where a field without one is not
    offered.
    """

    name: str
    kind: Literal["text", "number", "truth", "choice"]
    default: Any
    help: str
    flag: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()


MAX_QUESTION_CHARS = 2_000
MAX_K = 100
MAX_CURSOR_CHARS = 500

FIELDS = {
    field.name: field
    for field in (
        FieldSpec("question", "text", ..., "What you want to know, best as a whole sentence.",
                  least=1, most=MAX_QUESTION_CHARS),
        FieldSpec("k", "number", 10, "How many passages, articles or stories come back at most.", "-k", 1, MAX_K),
        FieldSpec("interpret", "truth", True,
                  "Read time words in the question (this week, in May 2022); what was read is shown.", "--interpret"),
        FieldSpec("facets", "truth", False, "Count what matches by outlet, author, section and year too.", "--facets"),
        FieldSpec("group_by", "choice", "story",
                  "What is listed once. `story`: the best passage of each story, its wire copies beside it. `article`: "
                  "the best passage of each article. `passage`: every passage.",
                  "--group-by", choices=get_args(GroupBy)),
        FieldSpec("sort", "choice", "relevance",
                  "The best first, or what matches by day of publication; what has no date comes last.",
                  "--sort", choices=get_args(Sort)),
        FieldSpec("cursor", "text", None,
                  "The `next` of the result before: the list goes on in the generation that it began in. All else "
                  "that is asked stays as it was, but for `k`.", "--cursor", most=MAX_CURSOR_CHARS),
        FieldSpec("article", "text", ..., "An article's id, as it stands in every citation.", least=1),
        FieldSpec("unit", "choice", None, "What one bucket spans; else the shortest that gives few enough.",
                  "--unit", choices=get_args(Unit)),
    )
}  # fmt: skip

# The fields of each record in `rag.types.requests`, for modules that need them before pydantic is loaded.
ASK = ("question", "k", "filter", "as_of", "interpret")
ANSWER = (*ASK, "facets")
SEARCH = (*ANSWER, "group_by", "sort", "cursor")
EXPLAIN = (*ASK, "article")
TIMELINE = ("question", "filter", "as_of", "unit")
