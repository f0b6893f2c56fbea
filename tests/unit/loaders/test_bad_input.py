"""Whatever a folder holds, each bad file is reported, and the rest of the folder is read.

Bad input of a single format is tested with that format: damaged archives in test_archives.py, files that cannot be
opened and links that lead nowhere in test_walk.py, entities in test_rss_atom.py and test_sitemap.py, half a record in
test_warc.py, broken JSON in test_jsonlines.py and test_json_documents.py, endless pages in test_html.py. Input that
nobody foresaw is drawn by test_fuzz.py.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.settings import ReadingLimits
from rag.types.articles import Article
from rag.types.reading import Problem
from tests.conftest import ROOT
from tests.fuzz.examples import EXAMPLES, PAGE, RSS, SITEMAP, crawl

LAUGHS = '<!DOCTYPE r [<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder that holds one good file, `n/z.txt`."""
    monkeypatch.chdir(tmp_path)
    Path("n").mkdir()
    Path("n/z.txt").write_text("The rest.")


def read(limits: ReadingLimits | None = None, /, **files: str | bytes) -> tuple[list[str], list[str]]:
    """Put files beside the good one, and return the texts and the problems of all but the good one, which is read."""
    for name, content in files.items():
        Path("n", name.replace("__", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(corpus.read([Path("n")], limits=limits))
    texts = [item.text for item in items if isinstance(item, Article)]
    assert texts[-1] == "The rest."
    return texts[:-1], [str(item) for item in items if isinstance(item, Problem)]


# Files that are not what they seem


@pytest.mark.parametrize("suffix", [*corpus.known_suffixes(), "", ".log"])
def test_an_empty_file_is_said(suffix: str) -> None:
    assert read(**{f"a{suffix}": b""}) == ([], [f"n/a{suffix}:1: file: is empty"])


def test_an_empty_file_within_compression_is_said_too() -> None:
    assert read(a__txt__gz=gzip.compress(b"")) == ([], ["n/a.txt.gz:1: file: is empty"])
    cut = gzip.compress(b"Text.")[:5]
    assert read(a__txt__gz=cut)[1][0].startswith("n/a.txt.gz:1: archive: is damaged or cut off")


@pytest.mark.parametrize("suffix", [".txt", ".text", ".md", ".html"])
def test_bytes_that_are_no_text_are_said_whatever_they_are_called(suffix: str) -> None:
    noise = random.Random(1).randbytes(20_000)
    texts, problems = read(**{f"a{suffix}": noise, f"b{suffix}": b"\x7fELF\2\1\1" + noise})
    assert texts == []
    assert problems[0].startswith(f"n/a{suffix}:1: format: holds binary data, not text")
    assert problems[1].startswith(f"n/b{suffix}:1: format: holds a program, not text")


def test_texts_in_any_encoding_are_not_taken_for_bytes() -> None:
    said = "Мост открыт снова, сказала мэр в среду утром. " * 20
    texts, problems = read(
        a__txt=said.encode("utf-16"), b__txt=said.encode("utf-32"), c__txt=said.encode("cp1251"), d__txt=said
    )
    assert (texts, problems) == ([said.strip()] * 4, [])


@pytest.mark.parametrize("suffix", [".txt", ".text"])
@pytest.mark.parametrize("real", [".html", ".xhtml", ".rss", ".jsonl", ".json", ".warc", ".jsonl.gz", ".zip"])
def test_a_file_named_txt_is_read_as_what_it_shows_itself_to_be(real: str, suffix: str) -> None:
    assert read(**{f"a{suffix}": EXAMPLES[real]})[0] == read(**{f"a{suffix}": b"x", f"b{real}": EXAMPLES[real]})[0][1:]
    assert read(**{f"a{suffix}": EXAMPLES[real]})[0]


def test_a_page_of_json_is_read_as_json() -> None:
    assert read(a__html='[{"text": "One."}]')[0] == ["One."]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", PAGE, "json: Expecting value at column 1"),
        ("a.jsonl", "title,text\nA,One.\n", "json: is not JSON Lines; it begins 'title,text'"),
        ("a.jsonl", "Sentence. " * 10 + "\n" + "x\n" * 1000, f"JSON Lines; it begins '{'Sentence. ' * 6}…'"),
        ("a.jsonl", "[\n{\n", "json: is not JSON Lines; it begins '['"),
        ("a.jsonl", '{"text": "x"', "json: Expecting ',' delimiter at column 13"),
        ("a.csv", PAGE, "header: no column of the header holds the text: <!DOCTYPE html>"),
        ("a.rss", "Only text.", "xml: is no feed"),
        ("a.sitemap", PAGE, "xml: Opening and ending tag mismatch"),
    ],
)
def test_a_file_of_another_name_that_it_is_not_is_said(name: str, content: str, said: str) -> None:
    texts, problems = read(**{name: content})
    assert (texts, len(problems)) == ([], 1)
    assert problems[0].startswith(f"n/{name}:")
    assert said in problems[0]


def test_lines_before_the_first_of_json_are_said_each() -> None:
    texts, problems = read(a__jsonl='# One\n# Two\n{"text": "One."}\n# Three\n')
    assert texts == ["One."]
    assert problems == [f"n/a.jsonl:{number}: json: Expecting value at column 1" for number in (1, 2, 4)]


@pytest.mark.parametrize("suffix", [".md", ".markdown"])
def test_a_page_named_as_markdown_is_read_as_a_page(suffix: str) -> None:
    (text, same), problems = read(**{f"a{suffix}": PAGE, "b.html": PAGE})
    assert (text, problems) == (same, [])
    assert read(**{f"a{suffix}": '{"title": "T"}\n\nOne.'})[1] == []


def test_nul_bytes_cost_a_character_each() -> None:
    texts, problems = read(
        a__txt=b"One\0two.", b__jsonl=b'{"text": "One\\u0000two."}', c__csv=b"text,id\nOne\0two.,1\n"
    )
    assert (texts, problems) == (["One\ufffdtwo."] * 3, [])


def test_lines_of_several_encodings_are_read_each_as_it_is() -> None:
    lines = [json.dumps({"text": f"Zoë {n}, naïve."}, ensure_ascii=False) for n in range(4)]
    encodings = ("utf-8", "cp1252", "utf-8", "latin-1")
    raw = b"".join(line.encode(coding) + b"\n" for line, coding in zip(lines, encodings, strict=True))
    assert read(a__jsonl=raw) == ([f"Zoë {n}, naïve." for n in range(4)], [])


# Folders that change, and that turn in circles


def test_a_file_that_goes_between_listing_and_reading_is_said() -> None:
    Path("n/a.txt").write_text("First.")
    Path("n/b.txt").write_text("Soon gone.")
    found: list[object] = []
    for item in corpus.read([Path("n")]):
        Path("n/b.txt").unlink(missing_ok=True)
        found.append(item)
    assert [item.text for item in found if isinstance(item, Article)] == ["First.", "The rest."]
    assert [str(item) for item in found if isinstance(item, Problem)] == [
        "n/b.txt:1: path: cannot be read: No such file or directory"
    ]


def test_a_link_to_itself_is_said() -> None:
    Path("n/a.txt").symlink_to("a.txt")
    assert read() == ([], ["n/a.txt:1: path: is neither a file nor a folder, or a link to nothing"])
    (said,) = corpus.read([Path("n/a.txt")])
    assert str(said) == "n/a.txt:1: path: cannot be read: Too many levels of symbolic links"


def test_two_folders_that_link_to_each_other_are_read_once() -> None:
    for own, other in (("a", "b"), ("b", "a")):
        Path("n", own).mkdir()
        Path("n", own, f"{own}.txt").write_text(f"Text of {own}.")
        Path("n", own, "link").symlink_to(Path("..", other))
    texts, problems = read()
    assert sorted(texts) == ["Text of a.", "Text of b."]
    assert problems == [f"n/{way}/link/link:1: path: links back to n/{way}; not followed" for way in ("a", "b")]


# Formats that can be turned against their reader


@pytest.mark.parametrize("suffix", [".rss", ".atom", ".xhtml"])
def test_entities_read_no_files_and_fill_no_memory(suffix: str) -> None:
    Path("secret.txt").write_text("A secret.")
    outside = f'<!DOCTYPE r [<!ENTITY l9 SYSTEM "{Path("secret.txt").absolute().as_uri()}">]>'
    for doctype in (outside, LAUGHS):
        plain = {".rss": RSS, ".atom": EXAMPLES[".atom"].decode(), ".xhtml": EXAMPLES[".xhtml"].decode()}[suffix]
        start = plain.index("<rss" if suffix == ".rss" else "<feed" if suffix == ".atom" else "<html")
        inside = plain[start:].replace("The Saltmarsh", "&l9; The Saltmarsh").replace("&y;", "&l9;")
        began = time.process_time()
        texts, _ = read(**{f"a{suffix}": f'<?xml version="1.0"?>{doctype}{inside}'})
        assert time.process_time() - began < 10
        assert all("secret" not in text and len(text) < 100_000 for text in texts)


@pytest.mark.parametrize(
    ("entities", "said"),
    [
        ("<!ENTITY e SYSTEM 'file:///etc/passwd'>", "&e;"),
        ('<!ENTITY a "aa"><!ENTITY b "&a;&a;"><!ENTITY e "&b;&b;">', "&e;"),
        ("<!ENTITY % e '<!ENTITY f \"g\">'>", None),
        ('<!ENTITY e "east">', None),
        ('<!ENTITY nbsp "&#38;#160;">', None),
    ],
)
def test_an_entry_that_says_an_entity_that_is_not_read_is_said_and_the_rest_read(
    entities: str, said: str | None
) -> None:
    def item(text: str) -> str:
        return f"<item><title>T</title><description>{text}</description></item>"

    feed = f"<?xml version='1.0'?><!DOCTYPE r [{entities}]><rss version='2.0'><channel>{{}}</channel></rss>"
    said_in = "Down &e; now." if '"east"' in entities or said else "Down&nbsp;east now."
    texts, problems = read(a__rss=feed.format(item("One.") + item(said_in) + item("Two.")))
    if said:
        reason = f"entry 2 says {said}; the feed declares entities, which are not read; left out"
        assert (texts, problems) == (["One.", "Two."], [f"n/a.rss:1: xml: {reason}"])
    else:
        assert ([" ".join(text.split()) for text in texts], problems) == (["One.", "Down east now.", "Two."], [])
    named = feed.format(item("Two.").replace("T<", "&e;<") + item("One."))
    assert read(a__rss=named)[0] == (["One."] if said else ["Two.", "One."])


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_json_nested_without_end_is_said(opening: str) -> None:
    deep = opening * 100_000
    texts, problems = read(a__json=deep, b__jsonl=f'{{"text": "One."}}\n{deep}\n{{"text": "Two."}}\n')
    assert texts == ["One.", "Two."]
    assert problems == ["n/a.json:1: json: is nested too deep", "n/b.jsonl:2: json: is nested too deep"]


def test_spaces_without_end_take_no_time() -> None:
    began = time.process_time()
    line = json.dumps({"text": "One.", "author": f"Ann{' ' * 300_000}Lee", "title": f"T{' ' * 300_000}t"})
    assert read(a__jsonl=line) == (["One."], [])
    feed = RSS.replace("<rss", "\t\n" * 60_000 + "<rss")
    assert len(read(a__rss=feed)[0]) == 3
    page = PAGE.replace("<title>Ferry", f"<title>Ferry{' ' * 300_000}")
    assert len(read(a__html=page)[0]) == 4
    assert time.process_time() - began < 10


def test_headings_without_end_take_no_time() -> None:
    began = time.process_time()
    texts, problems = read(a__html=PAGE.replace("<nav>", f"{'<h1>a</h1>' * 20_000}<nav>"))
    assert (len(texts), problems) == (1, [])
    assert time.process_time() - began < 5


def test_comments_that_never_close_take_no_time() -> None:
    began = time.process_time()
    texts, problems = read(a__md=f"One.\n\n<div>{'<!--' * 60_000}</div>\n")
    assert (texts, problems) == (["One."], [])
    assert time.process_time() - began < 5


@pytest.mark.parametrize("opened", ["{{< ", "{% ", "{{%", "a | ", "+++\n", "---\n"])
def test_marks_that_never_close_in_markdown_take_no_time(opened: str) -> None:
    began = time.process_time()
    texts, problems = read(a__md=f"+++\n+++\nOne.\n\n{opened * 20_000}x\n", b__md=opened * 20_000 + "x")
    assert (len(texts), len(problems)) in {(2, 0), (2, 1)}
    assert time.process_time() - began < 5


@pytest.mark.parametrize("opened", ["<script", "<script>", "<p ", "<p>", "<td", "</script  ", "<br<"])
def test_html_that_never_closes_in_markdown_takes_no_time(opened: str) -> None:
    began = time.process_time()
    texts, problems = read(a__md=f"One.\n\n<div>\n{opened * 20_000}\n</div>\n\nTwo.")
    assert (len(texts), problems) == (1, [])
    assert time.process_time() - began < 5


def test_comments_without_end_before_a_page_take_no_time() -> None:
    began = time.process_time()
    texts, problems = read(a=f"{'<!-- -->' * 400}Only text.", b=f"{'<!-- -->' * 400}<html><p>A page.</p>")
    assert (len(texts), texts[1], problems) == (2, "A page.", [])
    assert time.process_time() - began < 5


def test_control_characters_in_a_page_harm_nothing() -> None:
    assert read(a__html=b"<p>A\x01b.</p><nav>x</nav>\x02<p>C&#3;d.</p><nav>y</nav>&#4;e")[0] == ["A b.\n\nC d."]


def test_a_feed_with_a_character_that_does_not_exist_is_said() -> None:
    (said,) = read(a__rss=f"<rss><item><title>&#{'9' * 30};</title><description>x")[1]
    assert said.startswith("n/a.rss:1: xml: is no feed: ")


@pytest.mark.parametrize(
    "date", ["Tue, 22 Apr 99999999999999999999 06:00:00 +0100", "22 Apr 2025 06:00 +99999999999999"]
)
def test_a_newsletter_of_an_impossible_day_is_read_without_it(date: str) -> None:
    texts, problems = read(a__eml=f"Subject: T\nDate: {date}\n\nBody.")
    assert texts == ["Body."]
    assert len(problems) == 1
    assert problems[0].startswith("n/a.eml:1: published: 'date': ")


def test_a_newsletter_whose_header_has_no_end_of_brackets_is_said() -> None:
    for header in ("Content-Type", "Content-Disposition", "From", "Subject"):
        texts, problems = read(a__eml=f"Subject: T\n{header}: {'(' * 20_000}\n\nBody.")
        assert texts == ["Body."] or problems[0].startswith("n/a.eml:1: message: cannot be read: ")


def test_a_newsletter_whose_header_has_no_end_takes_no_time() -> None:
    began = time.process_time()
    assert read(a__eml=f"Subject: T\nContent-Type: text/plain{'; a=b' * 30_000}\n\nBody.") == (["Body."], [])
    assert time.process_time() - began < 2


def test_a_mailbox_whose_separator_has_no_end_takes_no_time() -> None:
    began = time.process_time()
    assert read(a__mbox=f"From {'a' * 60_000}\nSubject: T\n\nBody.")[0] == ["Body."]
    assert time.process_time() - began < 2


def test_a_file_without_a_name_in_a_zip_is_said() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "One.")
        archive.writestr("b.txt", "Two.")
    raw = out.getvalue().replace(b"a.txt", b"\0.txt")
    assert read(a__zip=raw) == (["Two."], ["n/a.zip:1: archive: holds a file without a name; not read"])


def test_brackets_without_end_take_little_time() -> None:
    began = time.process_time()
    texts, problems = read(a__md=f"One [two](x.html).\n\n{'[' * 200_000}", b__md=f"{'[' * 200_000}{']' * 200_000}")
    assert (len(texts), problems) == (2, [])
    assert read(a__md="One [two](x.html).", b__md="Two.")[0] == ["One two.", "Two."]
    assert time.process_time() - began < 10


def test_entries_without_end_take_little_time() -> None:
    began = time.process_time()
    texts, problems = read(a__atom=f"<feed xmlns='http://www.w3.org/2005/Atom'>{'<entry/>' * 10_000}</feed>")
    assert (texts, len(problems)) == ([], 10_000)
    assert time.process_time() - began < 10


def test_an_address_that_is_none_is_no_id() -> None:
    for address in ("From:", "https://", "http:///", "#top"):
        texts, problems = read(a__jsonl=json.dumps({"url": address, "text": "One."}))
        assert (texts, problems) == (["One."], [])


def test_a_message_whose_last_line_has_no_end_takes_no_time() -> None:
    line, began = "a" * 300_000, time.process_time()
    assert read(a__eml=f"Subject: T\n\nBody.\n\n{line}") == ([f"Body.\n\n{line}"], [])
    assert time.process_time() - began < 2


def test_a_mailbox_passes_over_a_message_that_is_too_long() -> None:
    box = "".join(f"From a@b 2025\nSubject: {n}\n\n{text}\n\n" for n, text in
                  enumerate(("One.", "x" * 2_500_000, "Two.")))  # fmt: skip
    texts, problems = read(ReadingLimits(max_file_mb=2), a__mbox=box)
    assert texts == ["One.", "Two."]
    assert problems == ["n/a.mbox:6: message: has more than 2 MB; not read"]


def test_a_crawl_and_a_sitemap_in_a_tar_are_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, raw in (("a.warc", crawl(PAGE.encode())), ("b.xml", SITEMAP.encode())):
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    texts, problems = read(a__tar=out.getvalue())
    assert (len(texts), problems) == (1, [])


def test_a_page_whose_compression_is_broken_costs_no_other() -> None:
    raw = bytearray(crawl(PAGE.encode(), PAGE.encode(), PAGE.encode()))
    at = raw.index(b"\x1f\x8b") + 20
    raw[at : at + 40] = b"\xff" * 40
    texts, problems = read(a__warc=bytes(raw))
    assert len(texts) == 2
    assert len(problems) == 1
    assert problems[0].startswith("n/a.warc!/https://courier.example/1:1: warc: the page's compression is damaged")


def test_a_zip_whose_numbers_lead_out_of_it_is_said() -> None:
    raw = bytearray(EXAMPLES[".zip"])
    raw[-6:-2] = (10_000_000).to_bytes(4, "little")  # where its list of files begins
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("in.zip")
        info.size = len(raw)
        archive.addfile(info, io.BytesIO(raw))
    for content in (bytes(raw), out.getvalue()):
        texts, problems = read(a__bin=content)
        assert texts == []
        assert problems
        assert all("is damaged or cut off" in problem for problem in problems)


def test_a_reason_does_not_quote_a_whole_file() -> None:
    (said,) = read(a__csv=",".join(f"column {n}" for n in range(100_000)))[1]
    assert len(said) < 700
    assert said.endswith("…")


# Much of it

MEASURE = """
import json, resource, sys, time
from pathlib import Path
from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1_000_000

for _ in corpus.read([Path(sys.argv[1])]): pass
before, began, articles, problems = peak(), time.perf_counter(), 0, []
for item in corpus.read([Path(sys.argv[2])]):
    articles += isinstance(item, Article)
    problems += [str(item)] if isinstance(item, Problem) else []
print(json.dumps([articles, problems, peak() - before, time.perf_counter() - began]))
"""


def measured(small: Path, large: Path) -> tuple[int, list[str], float, float]:
    """Read `large` in a process that has read `small`; return articles, problems, MB that it grew by, and seconds."""
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=120)
    articles, problems, mb, seconds = json.loads(done.stdout)
    return articles, problems, mb, seconds


def test_a_line_of_100_mb_is_one_problem_and_fills_no_memory() -> None:
    small, large = Path("small.jsonl"), Path("large.jsonl")
    small.write_text('{"text": "One."}\n')
    with large.open("w") as file:
        file.write('{"text": "One."}\n{"text": "')
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write('"}\n{"text": "Two."}\n{"text": "Three."}\n')
    articles, problems, mb, _ = measured(small, large)
    assert articles == 3
    assert problems == ["large.jsonl:2: line: has more than 20 MB, which no article has; not read"]
    assert mb < 60


@pytest.mark.slow
def test_a_quote_that_never_closes_in_100_mb_is_one_problem_and_fills_no_memory() -> None:
    small, large = Path("small.csv"), Path("large.csv")
    small.write_text("id,text\n1,One.\n")
    row = f"7,Text{'.' * 4_000}\n"
    rows = 100_000_000 // len(row)
    with large.open("w") as file:
        file.write('id,text\n1,"One.\n')
        for _ in range(rows):
            file.write(row)
    articles, problems, mb, _ = measured(small, large)
    assert len(problems) == 1
    assert problems[0].startswith(
        "large.csv:2: csv: a cell has more than 5,000,000 characters: is its quote never closed?"
    )
    assert rows - 5_000_000 // len(row) - 3 < articles < rows  # those after it are read
    assert mb < 60


@pytest.mark.slow
def test_ten_thousand_small_files_are_read_soon_and_fill_no_memory() -> None:
    Path("many").mkdir()
    for number in range(10_000):
        Path("many", f"{number}.txt").write_text(f"Text {number}.")
    articles, problems, mb, seconds = measured(Path("n"), Path("many"))
    assert (articles, problems) == (10_000, [])
    assert mb < 60
    assert seconds < 20


def test_an_empty_element_of_a_feed_says_nothing() -> None:
    feed = (
        RSS[: RSS.index("<item>")]
        + "<item><title></title><description><p/></description><link/></item></channel></rss>"
    )
    texts, problems = read(a__rss=feed, b__rss=feed.replace("<description><p/>", "<description>The text."))
    assert texts == ["The text."]
    assert [problem.split(": ")[1] for problem in problems] == ["text"]
