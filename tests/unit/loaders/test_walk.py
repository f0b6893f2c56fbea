"""Roots are walked in a fixed order, and each file is read once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.loaders import corpus
from rag.types.articles import Article
from rag.types.reading import Problem

Items = list[Article | Problem]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, so that paths are shown as they were given."""
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes = "A text.") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*roots: str, **mapping: str) -> Items:
    return list(corpus.read([Path(root) for root in roots], mapping))


def article_ids(items: Items) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


def problems(items: Items) -> list[str]:
    return [str(item) for item in items if isinstance(item, Problem)]


def test_files_and_folders_are_read_together_in_the_order_of_their_names() -> None:
    for name in ("b.txt", "a/z.txt", "c/1.txt", "a/b/y.txt", "B.txt"):
        write(f"news/{name}", f"Text of {name}.")
    assert article_ids(read("news")) == ["B.txt", "a/b/y.txt", "a/z.txt", "b.txt", "c/1.txt"]


def test_roots_are_read_in_the_order_given_and_a_file_under_two_of_them_once() -> None:
    write("x/b.txt", "One.")
    write("y/a.txt", "Two.")
    assert article_ids(read("y", "x", "x/b.txt", "y")) == ["a.txt", "b.txt"]


def test_an_origin_is_the_root_as_given_and_the_path_below_it() -> None:
    write("news/deep/a.txt")
    (item,) = read("news")
    assert isinstance(item, Article)
    assert str(item.origin) == "news/deep/a.txt:1"
    (item,) = read("news/deep/a.txt")
    assert isinstance(item, Article)
    assert (item.id, str(item.origin)) == ("a.txt", "news/deep/a.txt:1")


def test_hidden_files_and_folders_are_passed_over() -> None:
    write("news/.draft.txt")
    write("news/.git/a.txt")
    write("news/a.txt")
    assert [str(item.origin) for item in read("news") if isinstance(item, Article)] == ["news/a.txt:1"]


def test_a_link_back_to_a_folder_above_is_said_and_not_followed() -> None:
    write("news/sub/a.txt")
    Path("news/sub/up").symlink_to("..")
    Path("news/sub/self").symlink_to(".")
    assert problems(read("news")) == [
        "news/sub/self:1: path: links back to news/sub; not followed",
        "news/sub/up:1: path: links back to news; not followed",
    ]
    assert article_ids(read("news")) == ["sub/a.txt"]


def test_a_link_to_a_folder_elsewhere_is_followed() -> None:
    write("elsewhere/a.txt")
    Path("news").mkdir()
    Path("news/linked").symlink_to("../elsewhere")
    assert article_ids(read("news")) == ["linked/a.txt"]


def test_a_folder_without_files_yields_nothing() -> None:
    Path("news/empty").mkdir(parents=True)
    assert read("news") == []


def test_a_root_that_does_not_exist_is_a_problem() -> None:
    assert problems(read("nowhere")) == ["nowhere:1: path: cannot be read: No such file or directory"]


def test_a_link_to_nothing_is_a_problem_and_the_rest_is_read() -> None:
    write("news/b.txt")
    Path("news/a.txt").symlink_to("gone.txt")
    items = read("news")
    assert problems(items) == ["news/a.txt:1: path: is neither a file nor a folder, or a link to nothing"]
    assert article_ids(items) == ["b.txt"]


def test_a_pipe_is_a_problem_and_is_not_waited_for() -> None:
    Path("news").mkdir()
    os.mkfifo("news/pipe.txt")
    assert problems(read("news")) == ["news/pipe.txt:1: path: is neither a file nor a folder, or a link to nothing"]


def test_a_file_that_cannot_be_opened_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    write("news/a.txt")
    write("news/b.txt")
    opened = Path.open

    def refuse(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    items = read("news")
    assert problems(items) == ["news/a.txt:1: path: cannot be read: Permission denied"]
    assert article_ids(items) == ["b.txt"]


def test_ragignore_leaves_out_files_and_folders_by_gitignore_patterns() -> None:
    for name in ("a.txt", "notes.txt", "drafts/b.txt", "kept/notes.txt", "kept/c.txt"):
        write(f"news/{name}", f"Text of {name}.")
    write("news/.ragignore", "# not articles\n/notes.txt\ndrafts/\n")
    assert article_ids(read("news")) == ["a.txt", "kept/c.txt", "kept/notes.txt"]


def test_a_deeper_ragignore_takes_back_what_one_above_leaves_out() -> None:
    for name in ("a.txt", "sub/a.txt", "sub/b.txt"):
        write(f"news/{name}", f"Text of {name}.")
    write("news/.ragignore", "a.txt\nb.txt\n")
    write("news/sub/.ragignore", "!a.txt\n")
    assert article_ids(read("news")) == ["sub/a.txt"]


def test_a_bad_pattern_is_a_problem_of_its_line_and_the_others_hold() -> None:
    write("news/.ragignore", "a.txt\n!\n")
    write("news/a.txt")
    items = read("news")
    assert problems(items) == ["news/.ragignore:2: pattern: '!' is not a gitignore pattern"]
    assert article_ids(items) == []
