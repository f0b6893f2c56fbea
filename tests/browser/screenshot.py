"""`make screenshot`: README's pictures of the page, from the sample archive, by Debian's Chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import sync_playwright

from rag import wiring
from rag.settings import Settings
from tests.serving import serving

ROOT = Path(__file__).parent.parent.parent
ASKED = "/?q=How+long+was+the+Halloran+Bridge+closed%3F"
MOST_BYTES = 200_000


class Picture(NamedTuple):
    """A picture: its name, what is opened, whether the first passage's article is read, and how."""

    name: str
    reads: bool
    width: int
    height: int
    scheme: Literal["light", "dark"]


PICTURES = (
    Picture("page", False, 1280, 940, "light"),
    Picture("article", True, 1280, 800, "light"),
    Picture("phone", False, 390, 844, "dark"),
)


def main() -> None:
    """Index seeds/, serve it, and take docs/*.png."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("chromium is not installed: apt-get install chromium")
    docs = ROOT / "docs"
    docs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        service = wiring.build(Settings(index_root=Path(folder)), cache=ROOT / "indexes" / ".models")
        service.reindex([ROOT / "seeds"])
        with serving(service) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for picture in PICTURES:
                page = browser.new_page(
                    base_url=address,
                    viewport={"width": picture.width, "height": picture.height},
                    color_scheme=picture.scheme,
                )
                page.goto(ASKED)
                if picture.reads:
                    page.locator("#passage-1 h3 a").click()
                    page.wait_for_url("**/article/**")
                    page.locator("summary", has_text="Chicago").click()
                    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
                target = docs / f"{picture.name}.png"
                page.screenshot(path=target)
                if target.stat().st_size > MOST_BYTES:
                    sys.exit(f"{target}: has {target.stat().st_size:,} bytes, at most {MOST_BYTES:,} are wanted")
                page.close()
            browser.close()


if __name__ == "__main__":
    main()
