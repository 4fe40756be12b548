"""The page that follows a run: the report, served from the run's directory, made anew as it grows.

    GET /          the report
    GET /version   {"version": what the report would show, "state": how the run stands}

Read-only. On another address than this machine's own it asks for a token, as whoever reads a report
reads paths and hyper-parameters; on this machine's own it answers to its own names alone, so that
no web page can ask through a name of its making.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from ...constraints.errors import HyperwattError, RunError
from ..run_folder import RunFolder
from .following import Follower
from .report import build_report, states

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT = 8270


@dataclass
class LivePage:
    """The report of a run as it stands.

    Attributes:
        follower: of the run.
        lock: held by whoever looks or draws; requests come in threads of their own.
        drawn: the page, and its version.
    """

    follower: Follower
    lock: Lock = field(default_factory=Lock)
    drawn: tuple[str, str] = ("", "")

    def version(self) -> dict[str, str]:
        """What the page would show, and how the run stands."""
        with self.lock:
            self.follower.look()
            return {"version": self._version(), "state": states(self.follower.sweep)[0][0]}

    def html(self) -> str:
        """The page, drawn anew if the run has grown."""
        with self.lock:
            self.follower.look()
            version = self._version()
            if self.drawn[0] != version:
                report = build_report(self.follower.sweep, version=version)
                self.drawn = (version, report.html())
            return self.drawn[1]

    def _version(self) -> str:
        sweep = self.follower.sweep
        judged = "" if sweep.judged is None else "-judged"
        return f"{sweep.state.events}-{states(sweep)[0][0]}{judged}"


def serve(folder: RunFolder, host: str, port: int, *, token: str | None = None) -> LiveServer:
    """Open the server; `serve_forever` runs it.

    Args:
        folder: of the run.
        host: to listen at; another than this machine's own needs a token.
        port: 0 for any.
        token: asked for where it is needed; None makes one up.

    Raises:
        RunError: if the folder is no run, or the address cannot be had.
        JournalError: if its journal is damaged.
    """
    page = LivePage(Follower.of(folder))
    asked = None if host in LOOPBACK else token or secrets.token_urlsafe(16)
    try:
        return LiveServer((host, port), page, asked)
    except OSError as error:
        raise RunError(
            f"cannot listen at {host}, port {port}: {error}; choose another `--port`, or 0 for any"
        ) from error


class LiveServer(ThreadingHTTPServer):
    """Serves one page.

    Attributes:
        page: that is served.
        token: asked for; None if nobody needs one.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], page: LivePage, token: str | None) -> None:
        self.page = page
        self.token = token
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where it is found, the token included."""
        host, port = str(self.server_address[0]), self.server_address[1]
        asked = f"?token={self.token}" if self.token else ""
        return f"http://{host}:{port}/{asked}"


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer

    def do_GET(self) -> None:  # the name is the library's
        """Answer with the page or its version."""
        asked = urlsplit(self.path)
        if not self._may_read(asked.query):
            self._send(HTTPStatus.FORBIDDEN, "text/plain", "the token of this page is missing")
        elif asked.path == "/":
            self._answer("text/html", self.server.page.html)
        elif asked.path == "/version":
            self._answer("application/json", lambda: json.dumps(self.server.page.version()))
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", "there is the report at / and no more")

    def _may_read(self, query: str) -> bool:
        token = self.server.token
        if token is None:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            return host in LOOPBACK
        given = parse_qs(query).get("token", [""])[0]
        return secrets.compare_digest(given.encode(), token.encode())

    def _answer(self, kind: str, make: Callable[[], str]) -> None:
        try:
            self._send(HTTPStatus.OK, kind, make())
        except HyperwattError as error:  # told, and tried again at the next question
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", str(error))

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: a line a second would hide what matters."""
