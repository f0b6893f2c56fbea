"""A real HTTP server that sends the replies of a script, one after the other, and records the requests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Recorded:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.body)
        return document


@dataclass
class Reply:
    """What is sent; a status of 0 closes the connection instead."""

    status: int = 200
    body: bytes | str = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


def problem(status: int, kind: str, detail: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
    document = {
        "type": f"/docs#problem-{kind}",
        "title": kind,
        "status": status,
        "detail": detail,
        "instance": "/",
        **more,
    }
    return Reply(status, json.dumps(document), {"Content-Type": "application/problem+json", **(headers or {})})


@dataclass
class Scripted:
    url: str
    replies: list[Reply]
    requests: list[Recorded] = field(default_factory=list)


@contextmanager
def scripted(*replies: Reply, port: int = 0) -> Iterator[Scripted]:
    """Serve the replies in turn, and the last one from then on."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            served.requests.append(Recorded(self.command, self.path, dict(self.headers), body))
            reply = served.replies[min(len(served.requests), len(served.replies)) - 1]
            if not reply.status:
                self.close_connection = True
                return
            content = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    served = Scripted(f"http://127.0.0.1:{server.server_port}", list(replies))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
