"""`rag mcp`: the MCP server on stdin and stdout. Only the protocol is written to stdout; logs go to stderr."""

from __future__ import annotations

import os
import signal
from importlib.metadata import version
from typing import TYPE_CHECKING

from rag.cli import options
from rag.cli.options import INTERRUPTED, Name
from rag.errors import SettingsError

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rag.service import RagService

INSTRUCTIONS = """\
A news archive that quotes and never composes. `answer` gives the sentences that answer a question, word for word, or
says that the archive holds no answer; `search` lists passages; `article` reads one whole. Cite what you use: each
citation holds outlet, day, title and link, and its `quote` is text[start:end] of the article. What the archive does
not say, do not ascribe to it. Names of outlets, authors and sections are matched whole, in any case of letters."""


def mcp(name: Name = None) -> None:
    """Serve the tools search, answer and article to an MCP host, over stdin and stdout."""
    server = server_over(options.service(name))
    # A read of stdin that waits cannot be cancelled; the server writes no file, so that an exit interrupts no write
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    server.run()


def server_over(service: RagService) -> MCPServer:
    """Return the MCP server over a service; raises SettingsError where `mcp` is not installed."""
    try:
        from mcp.server import MCPServer
    except ImportError:
        raise SettingsError("rag mcp needs `pip install 'byline[mcp]'`") from None
    from rag.mcp.tools import Tools

    return MCPServer(
        "byline", title="Byline", version=version("byline"), instructions=INSTRUCTIONS, tools=Tools(service).all(),
        log_level="WARNING",
    )  # fmt: skip
