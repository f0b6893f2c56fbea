"""The tools `answer`, `search` and `article` over one RagService; they read the archive and never write.

What `answer` and `search` take is derived from their request records, so that no field is named here.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from rag import messages
from rag.errors import BylineError, faults_of
from rag.mcp import text
from rag.mcp.schemas import AnswerOutput, ArticleHead, ArticleOutput, CitedPassage, PassageCitation, SearchOutput
from rag.service import RagService
from rag.types.articles import Record
from rag.types.requests import AnswerRequest, Request, SearchRequest, flat_fields

log = logging.getLogger(__name__)

NOT_OFFERED = frozenset({"facets"})  # the outputs hold no counts
ANSWER_PASSAGES = 5  # by default: the sentences answer, and every passage is text that the model has to read

R = TypeVar("R", bound=Request)


class Tools:
    """The functions that a model may call. Each call reads the generation that serves then; the first loads the model.

    `answer` and `search` are registered with an argument for each field of their request.
    """

    def __init__(self, service: RagService) -> None:
        self.service = service

    def all(self) -> list[Tool]:
        """Return the tools as a server registers them."""
        return [
            _tool(_flat(self.answer, AnswerRequest, k=ANSWER_PASSAGES), "Answer"),
            _tool(_flat(self.search, SearchRequest), "Search"),
            _tool(self.article, "Article"),
        ]

    def answer(self, request: AnswerRequest) -> Annotated[CallToolResult, AnswerOutput]:
        """Answer a question with sentences of the news archive, word for word, each with its citation.

        Where `answered` is false the archive holds no answer: say so, and do not take one from the nearest passages.
        """
        with _newest_generation(self.service):
            answer = self.service.answer(request)
        confidence = messages.confidence_phrase(answer.confidence)
        output = AnswerOutput(
            question=answer.question, index=answer.index, generation=answer.generation, as_of=answer.as_of,
            interpreted=messages.interpreted(answer.interpreted) if answer.interpreted else None,
            answered=answer.answered, reason=answer.reason, confidence=answer.confidence,
            summary=messages.why_not(answer) or f"Quoted word for word; {confidence}.",
            sentences=tuple(PassageCitation.to(sentence.citation) for sentence in answer.sentences),
            passages=tuple(map(CitedPassage.of, answer.hits or answer.near_misses)), warnings=answer.warnings,
        )  # fmt: skip
        return _result(output, text.answer(output))

    def search(self, request: SearchRequest) -> Annotated[CallToolResult, SearchOutput]:
        """List the passages of the news archive that match a question best, each quoted whole with its citation."""
        with _newest_generation(self.service):
            result = self.service.search(request)
        output = SearchOutput(
            question=result.question, index=result.index, generation=result.generation, as_of=result.as_of,
            interpreted=messages.interpreted(result.interpreted) if result.interpreted else None, total=result.total,
            passages=tuple(map(CitedPassage.of, result.hits)), next=result.next, warnings=result.warnings,
        )  # fmt: skip
        return _result(output, text.search(output))

    def article(
        self,
        id: Annotated[str, Field(description="The `id` of a citation.")],
        version: Annotated[
            str | None, Field(description="The `version` of a citation: the very text that it counts in.")
        ] = None,
    ) -> Annotated[CallToolResult, ArticleOutput]:
        """Return one whole article of the news archive: the text in which `start` and `end` of citations count."""
        with _newest_generation(self.service):
            view = self.service.article(f"{id}@{version}" if version else id)
        article, newest = view.article, next((version.version for version in view.versions if version.newest), None)
        output = ArticleOutput(
            **ArticleHead.of(article).model_dump(), index=view.index, generation=view.generation, text=article.text,
            notes=tuple(messages.note_text(note) for note in (*article.notes, *view.later_notes)),
            newer=newest if newest != article.version else None, copies=tuple(map(ArticleHead.of, view.copies)),
        )  # fmt: skip
        return _result(output, text.article(output))


class ClearTool(Tool):
    """A tool whose errors hold no prefix of the framework: the error's own words, or each argument that is wrong."""

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        """Run the tool; raises ToolError."""
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            cause = error.__cause__
            if not isinstance(cause, ValidationError):
                raise ToolError(str(cause)) from cause
            faults = "; ".join(f"{name}: {reason}" for name, reason in faults_of(cause))
            takes = ", ".join(self.parameters["properties"])
            raise ToolError(f"{faults}. {self.name} takes: {takes}") from cause


def _flat(call: Callable[[R], Any], request: type[R], **defaults: Any) -> Callable[..., Any]:
    """Return a function with an argument for each field of a request, which it makes and calls `call` with."""
    fields = [field for field in flat_fields(request) if field.name not in NOT_OFFERED]

    def flat(**values: Any) -> Any:
        try:
            return call(request.parse(**values))
        except BylineError as error:
            raise ToolError(str(error)) from error

    flat.__name__, flat.__doc__ = call.__name__, call.__doc__
    parameters = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, annotation=field.annotation,
            default=inspect.Parameter.empty if field.is_required else defaults.get(field.name, field.default),
        )
        for field in fields
    ]  # fmt: skip
    returned = inspect.signature(call, eval_str=True).return_annotation
    flat.__signature__ = inspect.Signature(parameters, return_annotation=returned)  # type: ignore[attr-defined]
    return flat


def _tool(call: Callable[..., Any], title: str) -> Tool:
    """Return a tool that refuses unknown arguments: a misspelt filter that is ignored would filter nothing."""
    tool = ClearTool.from_function(
        call, title=title, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False)
    )
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


@contextmanager
def _newest_generation(service: RagService) -> Iterator[None]:
    """Open the newest generation first, and turn errors of Byline into the tool's, whose words the model reads.

    Where the newest cannot be opened, the one that is open serves on.
    """
    try:
        try:
            service.reload()
        except BylineError as error:
            if service.open_generation is None:
                raise
            log.warning("%s; generation %s serves on", error, service.open_generation.name)
        yield
    except BylineError as error:
        raise ToolError(str(error)) from error


def _result(record: Record, text: str) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=record.model_dump(mode="json")
    )
