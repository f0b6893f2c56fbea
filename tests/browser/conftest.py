"""A real server over a small archive, and a real browser: pages that ask another host, or whose script fails, fail."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import wiring
from rag.service import RagService
from rag.settings import Settings
from tests.browser.page_archive import articles, earlier
from tests.serving import publish, serving

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

EXPECTED = re.compile(r"status of 4|net::ERR_FAILED")  # a page that is not there, a request that a test cuts off

Open = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip where there is no browser, and say what to install."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not CHROMIUM:
            item.add_marker(pytest.mark.skip(reason="chromium is not installed: apt-get install chromium"))


@pytest.fixture(scope="session")
def page_service(index_root: Path) -> RagService:
    service = wiring.build(Settings(index_root=index_root, index="page"))
    for archive in (earlier(), articles()):
        publish(service, archive)
    return service


@pytest.fixture(scope="session")
def url(page_service: RagService) -> Iterator[str]:
    with serving(page_service) as address:
        yield address


@pytest.fixture(scope="module")  # while it lives, Playwright's event loop runs in this thread, and no other can
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def fresh(browser: Any, url: str) -> Iterator[Open]:
    """Open a page of its own; fails the test if it asks another host or a script fails."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith(url):
            wrong.append(request.url)

    def complained(message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            wrong.append(message.text)

    def open_page(**options: Any) -> Any:
        contexts.append(browser.new_context(base_url=url, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("request", asked)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", complained)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong
