"""One made-up article and what Byline says of it, for the OpenAPI schema and /docs.

They are real records, so an example that breaks an invariant cannot be imported.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from rag.citations.citation import cite
from rag.search.cursor import PageCursor
from rag.types.articles import Article, ArticleView, CitationCheck, Copy, Origin, Passage, Version
from rag.types.explanation import Explanation, PassageExplanation, QueryTerm
from rag.types.fields import CLAUSES
from rag.types.filters import SearchFilter, values_of
from rag.types.index import Counts, Fitted, FittedWeights, Health, MetricChange, Status
from rag.types.results import (
    Answer,
    AnswerSentence,
    Bucket,
    CheckedBatch,
    DateRange,
    FacetCount,
    Facets,
    Hit,
    QueryInterpretation,
    SearchBatch,
    SearchResult,
    SimilarArticle,
    SimilarArticles,
    StageScores,
    Timeline,
    Total,
)

QUESTION = "When does the Saltmarsh ferry run again?"
INDEX, GENERATION = "default", "gen-000007"
SENTENCE = "The Saltmarsh ferry runs again from 4 May, the harbour office said on Tuesday."

ARTICLE = Article(
    id="courier-2025-04-22-ferry",
    title="Ferry returns after a winter in dry dock",
    authors=("Ines Okafor",),
    source="Saltmarsh Courier",
    published=date(2025, 4, 22),
    url="https://courier.example/2025/ferry-returns",
    section="Local",
    language="en",
    text=f"{SENTENCE} Fares stay as they were last summer.\n\nThe hull was patched in three places.",
    origin=Origin(path="seeds/courier.jsonl", line=12),
)
FIELDS = {"question": QUESTION, "article": ARTICLE.id}  # of a request, wherever it takes them
REQUEST: dict[str, Any] = {  # a body has those of its own fields
    **FIELDS,
    "k": 3,
    "filter": {"published_from": "2025-01-01", "sources": ["Saltmarsh Courier"]},
    "group_by": "passage",
}
BATCH: dict[str, Any] = {
    "searches": [{name: REQUEST[name] for name in ("question", "k", "filter")}, {"question": "Who owns it?"}]
}
_END = ARTICLE.text.index("\n\n")
_PASSAGE = Passage(
    id=f"{ARTICLE.id}#1",
    article_id=ARTICLE.id,
    start=0,
    end=_END,
    paragraph=0,
    text=ARTICLE.text[:_END],
)
_COPY = Copy(
    id="upland-2025-04-23-ferry", title="Saltmarsh ferry to run again from May", source="The Upland Post",
    published=date(2025, 4, 23), share=0.83, earliest=False,
)  # fmt: skip
_HIT = Hit(
    rank=1,
    passage=_PASSAGE,
    citation=cite(ARTICLE, _PASSAGE.id, 0, _END, 0),
    scores=StageScores(
        dense=0.71, lexical=14.2, dense_normalised=2.9, lexical_normalised=3.4,
        dense_rank=1, lexical_rank=1, time=0.0, max_sim=0.52, fused=4.02,
    ),
    passages_matched=1,
    also_in=(_COPY,),
)  # fmt: skip

AS_OF = date(2025, 4, 24)
INTERPRETED = QueryInterpretation(
    published=DateRange(first=date(2025, 4, 17), last=AS_OF), because="no time is named", exact=False
)

_FACETS = Facets(
    matching=Total(value=9, relation="eq"),
    years=(FacetCount(value="2024", articles=2), FacetCount(value="2025", articles=7)),
    **{
        clause.name: tuple(FacetCount(value=word, articles=6) for word in values_of(ARTICLE, clause.attribute))
        for clause in CLAUSES
        if clause.kind == "any_of"
    },
)
ANSWER = Answer(
    question=QUESTION,
    index=INDEX,
    generation=GENERATION,
    filter=SearchFilter(),
    as_of=AS_OF,
    interpreted=INTERPRETED,
    answered=True,
    reason=None,
    confidence=0.93,
    sentences=(
        AnswerSentence(text=SENTENCE, score=1.2, hit_rank=1, citation=cite(ARTICLE, _PASSAGE.id, 0, len(SENTENCE), 0)),
    ),
    hits=(_HIT,),
    near_misses=(),
    facets=_FACETS,
)
CITED = ANSWER.sentences[0].citation.model_dump(include={"id", "version", "start", "end", "quote"})
SEARCH_RESULT = SearchResult(
    question=QUESTION,
    index=INDEX,
    generation=GENERATION,
    filter=SearchFilter(),
    as_of=AS_OF,
    interpreted=INTERPRETED,
    group_by="story",
    sort="relevance",
    hits=(_HIT,),
    total=Total(value=57, relation="eq"),
    next=PageCursor(generation=GENERATION, as_of=AS_OF, offset=1, of="1f2d3c4b5a697887").encoded(),
)
SEARCH_BATCH = SearchBatch(index=INDEX, generation=GENERATION, results=(SEARCH_RESULT,))
TIMELINE = Timeline(
    question=QUESTION, index=INDEX, generation=GENERATION, filter=SearchFilter(), as_of=AS_OF, unit="month",
    buckets=(
        Bucket(first=date(2025, 3, 1), last=date(2025, 3, 31), articles=2),
        Bucket(first=date(2025, 4, 1), last=date(2025, 4, 30), articles=6),
    ),
    undated=1, matching=Total(value=9, relation="eq"),
)  # fmt: skip
CHECKED = CheckedBatch(
    index=INDEX, generation=GENERATION,
    results=(CitationCheck(verdict="exact", citation=ANSWER.sentences[0].citation), CitationCheck(verdict="gone")),
)  # fmt: skip
EXPLANATION = Explanation(
    question=QUESTION,
    index=INDEX,
    generation=GENERATION,
    filter=SearchFilter(),
    as_of=AS_OF,
    interpreted=INTERPRETED,
    k=3,
    article=ARTICLE.ref(),
    verdict="listed",
    why="listed at rank 1 of 57",
    excluded_by=(),
    rank=1,
    ranked=57,
    passages_matched=1,
    passages=(
        PassageExplanation(
            passage_id=_PASSAGE.id, start=0, end=_END, dense=0.71, dense_rank=1, lexical=14.2, lexical_rank=1,
            scores=_HIT.scores, rank=1,
        ),
    ),
    matched=(
        QueryTerm(term="saltmarsh", idf=4.31, passages=21, count=1),
        QueryTerm(term="ferri", idf=5.02, passages=10, count=2),
        QueryTerm(term="run", idf=3.4, passages=54, count=1),
        QueryTerm(term="again", idf=3.1, passages=73, count=1),
    ),
    missing=(QueryTerm(term="doe", idf=2.2, passages=181, count=0),),
)  # fmt: skip
ARTICLE_VIEW = ArticleView(
    index=INDEX, generation=GENERATION, article=ARTICLE, copies=(_COPY,),
    versions=(
        Version(
            version=ARTICLE.version, since=date(2025, 4, 23), modified=None, title=ARTICLE.title, newest=True,
        ),
    ),
)  # fmt: skip
SIMILAR = SimilarArticles(
    index=INDEX, generation=GENERATION, article=ARTICLE.ref(),
    similar=(
        SimilarArticle(
            id="courier-2024-11-02-dry-dock", title="Ferry goes into dry dock for the winter",
            source="Saltmarsh Courier", published=date(2024, 11, 2), similarity=0.74,
        ),
    ),
)  # fmt: skip
STATUS = Status(
    index=INDEX,
    generation=GENERATION,
    previous=("gen-000006",),
    created="2025-04-23T05:00:00+00:00",
    counts=Counts(articles=412, passages=1630),
    sources=(("Saltmarsh Courier", 260), ("The Upland Post", 152)),
    published_from=date(2023, 1, 2),
    published_to=date(2025, 4, 22),
    embedder="all-MiniLM-L6-v2",
    dense="exact",
    bytes=5_482_113,
    roots=("seeds",),
    problems=0,
    fitted=Fitted(
        fusion_weights=FittedWeights(
            created="2025-04-23T05:10:00+00:00", dataset="questions", questions=180,
            held_out={"nDCG@10": MetricChange(before=0.81, after=0.83)}, dense=0.6, max_sim=1.3,
        )
    ),
)  # fmt: skip

HEALTH = Health(status="ready", generation=GENERATION)
METRICS = """# HELP byline_requests_total Requests answered.
# TYPE byline_requests_total counter
byline_requests_total{method="GET",route="/v1/answer",status="200"} 42.0
"""
