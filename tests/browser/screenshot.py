"""`make screenshot`: README's picture of the page, from the sample archive, by Debian's Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rag import wiring
from rag.settings import Settings
from tests.serving import serving

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs" / "page.png"
QUESTION = "/?q=How+long+was+the+Halloran+Bridge+closed%3F"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")


def main() -> None:
    """Index seeds/, serve it, and take docs/page.png, 1100 pixels wide."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("chromium is not installed: apt-get install chromium")
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        service = wiring.build(Settings(index_root=Path(folder)), cache=ROOT / "indexes" / ".models")
        service.reindex([ROOT / "seeds"])
        with serving(service) as address:
            where = (f"--user-data-dir={folder}/chromium", f"--screenshot={PICTURE}", "--window-size=1100,980")
            subprocess.run([chromium, *FLAGS, *where, address + QUESTION], check=True, capture_output=True)


if __name__ == "__main__":
    main()
