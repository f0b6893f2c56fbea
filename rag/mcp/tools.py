"""The tools `search`, `answer` and `article` over one RagService; they read and never write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from rag import messages
from rag.errors import BylineError
from rag.mcp import text
from rag.mcp.schemas import AnswerOutput, ArticleHead, ArticleOutput, CitedPassage, PassageCitation, SearchOutput
from rag.service import MAX_K, RagService
from rag.types.articles import Record
from rag.types.fields import GroupBy
from rag.types.filters import SearchFilter

log = logging.getLogger(__name__)

Question = Annotated[str, Field(description="What you want to know, best as a whole sentence.")]
Count = Annotated[int, Field(ge=1, le=MAX_K, description="How many passages come back at most.")]
From = Annotated[date | None, Field(description="Published on or after this day, YYYY-MM-DD.")]
To = Annotated[date | None, Field(description="Published on or before this day, YYYY-MM-DD.")]
Sources = Annotated[list[str] | None, Field(description="Only these outlets, by their names.")]
Authors = Annotated[list[str] | None, Field(description="Only these authors, by their names.")]
Sections = Annotated[list[str] | None, Field(description="Only these sections, by their names.")]
AsOf = Annotated[date | None, Field(description="The day that is today, YYYY-MM-DD: nothing published later is found.")]
By = Annotated[GroupBy, Field(description="What is listed once: a story with its copies, an article, a passage.")]
Cursor = Annotated[str | None, Field(description="The `next` of the search before, to go on behind it.")]
ArticleId = Annotated[str, Field(description="The `id` of a citation.")]
Version = Annotated[str | None, Field(description="The `version` of a citation: the very text that it counts in.")]


class Tools:
    """What a model may call. Each call sees the generation that serves by then; the first loads the model."""

    def __init__(self, service: RagService) -> None:
        self.service = service

    def all(self) -> list[Tool]:
        """Return the tools as a server registers them."""
        return [_tool(self.answer, "Answer"), _tool(self.search, "Search"), _tool(self.article, "Article")]

    def answer(
        self,
        question: Question,
        k: Count = 5,
        published_from: From = None,
        published_to: To = None,
        sources: Sources = None,
        authors: Authors = None,
        sections: Sections = None,
        as_of: AsOf = None,
    ) -> Annotated[CallToolResult, AnswerOutput]:
        """Answer a question with sentences of the news archive, word for word, each with its citation.

        Where `answered` is false the archive holds no answer: say so, and do not take one from the nearest passages.
        """
        with _asking(self.service):
            filter = _filter(published_from, published_to, sources, authors, sections)
            found = self.service.answer(question, k=k, filter=filter, as_of=as_of)
        record = AnswerOutput(
            question=found.question, index=found.index, generation=found.generation, as_of=found.as_of,
            interpreted=messages.interpreted(found.interpreted) if found.interpreted else None,
            answered=found.answered, reason=found.reason, confidence=found.confidence,
            said=messages.why_not(found) or f"Quoted word for word; {messages.confidence_phrase(found.confidence)}.",
            sentences=tuple(PassageCitation.to(sentence.citation) for sentence in found.sentences),
            passages=tuple(map(CitedPassage.of, found.hits or found.near_misses)), warnings=found.warnings,
        )  # fmt: skip
        return _result(record, text.answered(record))

    def search(
        self,
        question: Question,
        k: Count = 10,
        published_from: From = None,
        published_to: To = None,
        sources: Sources = None,
        authors: Authors = None,
        sections: Sections = None,
        as_of: AsOf = None,
        by: By = "story",
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, SearchOutput]:
        """List the passages of the news archive that match a question best, each quoted whole with its citation."""
        with _asking(self.service):
            filter = _filter(published_from, published_to, sources, authors, sections)
            found = self.service.search(question, k=k, filter=filter, as_of=as_of, group_by=by, cursor=cursor)
        record = SearchOutput(
            question=found.question, index=found.index, generation=found.generation, as_of=found.as_of,
            interpreted=messages.interpreted(found.interpreted) if found.interpreted else None, total=found.total,
            passages=tuple(map(CitedPassage.of, found.hits)), next=found.next, warnings=found.warnings,
        )  # fmt: skip
        return _result(record, text.found(record))

    def article(self, id: ArticleId, version: Version = None) -> Annotated[CallToolResult, ArticleOutput]:
        """Return one whole article of the news archive: the text in which `start` and `end` of citations count."""
        with _asking(self.service):
            view = self.service.article(f"{id}@{version}" if version else id)
        article, newest = view.article, next((one.version for one in view.versions if one.newest), None)
        record = ArticleOutput(
            **ArticleHead.of(article).model_dump(), index=view.index, generation=view.generation, text=article.text,
            notes=tuple(messages.note_text(note) for note in (*article.notes, *view.later_notes)),
            newer=newest if newest != article.version else None, copies=tuple(map(ArticleHead.of, view.copies)),
        )  # fmt: skip
        return _result(record, text.whole(record))


class Plain(Tool):
    """A tool whose errors are its own words: those of the error, and of each argument that is at fault."""

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        """Run it; raises ToolError."""
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            cause = error.__cause__
            if not isinstance(cause, ValidationError):
                raise ToolError(str(cause)) from cause
            faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in cause.errors())
            takes = ", ".join(self.parameters["properties"])
            raise ToolError(f"{faults}. {self.name} takes: {takes}") from cause


def _tool(call: Callable[..., Any], title: str) -> Tool:
    """Return a tool that refuses an argument it does not know: left out in silence, a filter would not hold."""
    tool = Plain.from_function(
        call, title=title, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False)
    )
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


@contextmanager
def _asking(service: RagService) -> Iterator[None]:
    """Take up a newer generation, and let an error on purpose be the tool's: its words are for who asked."""
    try:
        try:
            service.reload()
        except BylineError as error:
            if not service.is_open:
                raise
            log.warning("%s; the generation before serves on", error)
        yield
    except BylineError as error:
        raise ToolError(str(error)) from error


def _filter(
    published_from: date | None,
    published_to: date | None,
    sources: list[str] | None,
    authors: list[str] | None,
    sections: list[str] | None,
) -> SearchFilter:
    try:
        return SearchFilter(
            published_from=published_from, published_to=published_to, sources=tuple(sources or ()),
            authors=tuple(authors or ()), sections=tuple(sections or ()),
        )  # fmt: skip
    except ValidationError as error:
        raise ToolError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _result(record: Record, text: str) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=record.model_dump(mode="json")
    )
