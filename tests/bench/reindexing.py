"""What a reindex costs when little has changed, and what memory it takes when much is read.

`python -m tests.bench.reindexing changes FILE [--index-root DIR]`: the articles of a JSON Lines file are indexed, then
100 are changed, 50 removed and 50 put in, and the second `rag reindex` is timed as a whole process. With --index-root
the first index is kept there and not built again.

`python -m tests.bench.reindexing large FILE [--mb 2000]`: so many megabytes of JSON Lines are made of the paragraphs of
FILE and read by a real `rag reindex`, whose highest resident memory is printed. Passages repeat: to
embed millions of them would take hours, and takes no more memory for more of them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.__main__ import share_models
from tests.bench.machine import SEED, describe
from tests.bench.serving import RAG

CHANGED, REMOVED, NEW = 100, 50, 50
POOL = 300  # articles of FILE whose texts a large archive repeats


def records(path: Path) -> list[dict[str, object]]:
    """Return the records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def write(path: Path, items: list[dict[str, object]]) -> None:
    """Write records, one a line."""
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), "utf-8")


def changed(items: list[dict[str, object]], draw: random.Random) -> list[dict[str, object]]:
    """Return the archive a day later: some articles have another sentence, some are gone, some are new."""
    order = draw.sample(range(len(items)), CHANGED + REMOVED + NEW)
    to_change, gone, models = set(order[:CHANGED]), set(order[CHANGED : CHANGED + REMOVED]), order[CHANGED + REMOVED :]
    later = [
        {**item, "text": f"{item['text']}\n\nNote {number} was added a day later."} if number in to_change else item
        for number, item in enumerate(items)
        if number not in gone
    ]
    for number, model in enumerate(models):
        words = str(items[model]["text"]).split(" ")
        text = " ".join(words[: len(words) // 2]) + f" Report {number} ends here."
        later.append({"_id": f"new-{number}", "title": f"New report {number}", "text": text})
    return later


def changes(file: Path, index_root: Path | None) -> None:
    """Time the second reindex."""
    draw, items = random.Random(SEED), records(file)
    with tempfile.TemporaryDirectory() as temporary:
        root = index_root or Path(temporary)
        share_models(root)
        archive = root / "archive.jsonl"
        write(archive, items)
        if not (root / "changes").exists():
            print(rag(root, "changes", archive)[0], flush=True)
        kept = root / "changes.kept"
        shutil.copytree(root / "changes", kept)
        write(archive, changed(items, draw))
        try:
            said, seconds, mb = rag(root, "changes", archive)
        finally:
            shutil.rmtree(root / "changes")
            kept.rename(root / "changes")
    print(f"changes: {CHANGED} changed, {REMOVED} removed, {NEW} new of {len(items):,}: {seconds:.1f} s, {mb:,.0f} MB")
    print(f"  {said}")


def large(file: Path, mb: int) -> None:
    """Measure the memory of reading much."""
    draw, items = random.Random(SEED), records(file)
    parts = [part for item in items[:POOL] if len(part := str(item["text"])) < 20_000]
    with tempfile.TemporaryDirectory() as temporary:
        root, archive = Path(temporary, "indexes"), Path(temporary, "large.jsonl")
        share_models(root)
        with archive.open("w", encoding="utf-8") as out:
            count = 0
            while out.tell() < mb * 1_000_000:
                day = f"20{draw.randrange(10, 25)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
                record = {"id": f"a{count}", "date": day, "source": f"Paper {count % 7}", "text": draw.choice(parts)}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
        said, seconds, peak = rag(root, "large", archive)
    print(f"large: {mb:,} MB of JSON Lines, {count:,} articles: highest memory {peak:,.0f} MB, {seconds:,.0f} s")
    print(f"  {said}")


def rag(root: Path, index: str, archive: Path) -> tuple[str, float, float]:
    """Run `rag reindex`; return what it said last, its wall time and its highest resident memory in MB."""
    environment = {**os.environ, "RAG_INDEX_ROOT": str(root)}
    began = time.perf_counter()
    command = [str(RAG), "reindex", str(archive), "--name", index]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - began
    return done.stdout.strip(), seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Measure what is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reindexing")
    parser.add_argument("what", choices=("changes", "large"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--mb", type=int, default=2000)
    parser.add_argument("--index-root", type=Path)
    given = parser.parse_args()
    print(describe(), flush=True)
    changes(given.file, given.index_root) if given.what == "changes" else large(given.file, given.mb)


if __name__ == "__main__":
    main()
