"""`python -m rag`, and what the installed command `rag` starts."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; where only the client's needs are installed, name the extra that brings the rest."""
    try:
        from rag.cli import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "rag":
            raise
        sys.exit(f"rag: {error.name} is not installed: pip install 'byline[standard]'")
    app.main()


if __name__ == "__main__":
    main()
