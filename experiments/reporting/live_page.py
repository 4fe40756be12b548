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
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from ...constraints.errors import HyperwattError, RunError
from ..run_folder import RunFolder
from .following import Follower
from .report import build_report, states

LOOPBACK, EVERYWHERE = ("127.0.0.1", "localhost"), "0.0.0.0"
# A page is drawn anew at once when a trial has ended, at other news after so long; and rests for a
# part of the time that drawing took, as the sweep may run on this machine. At double the rest, a
# page of 1,000 trials is more than two seconds late.
NEWS_S, REST = 5.0, 0.5


@dataclass
class LivePage:
    """The report of a run as it stands.

    Attributes:
        follower: of the run.
        lock: held by whoever looks or draws; requests come in threads of their own.
        drawn: the page.
        version: of the page.
        ended: trials that have ended on the page, and how the run stands there.
        drawn_s: when it was drawn, on a clock that never goes back.
        took_s: seconds that this took; 0 of the first, which has more to do than all others.
    """

    follower: Follower
    lock: Lock = field(default_factory=Lock)
    drawn: str = ""
    version: str = ""
    ended: tuple[int, str, bool] = (-1, "", False)
    drawn_s: float = 0.0
    took_s: float = 0.0

    def told(self) -> dict[str, str]:
        """The version of the page that is to be had, and how the run stands."""
        with self.lock:
            self.follower.look()
            state = states(self.follower.sweep)[0][0]
            return {"version": self._news(state) or self.version, "state": state}

    def html(self) -> str:
        """The page, drawn anew if there is news that is due."""
        with self.lock:
            self.follower.look()
            sweep = self.follower.sweep
            state = states(sweep)[0][0]
            news = self._news(state)
            if news:
                began_s = time.monotonic()
                # nothing is fitted for it while the run goes on
                known = sweep if sweep.judged is not None else replace(sweep, judged={})
                first = not self.drawn
                self.drawn = build_report(known, version=news).html()
                self.version, self.ended = news, self._ended(state)
                self.drawn_s = time.monotonic()
                self.took_s = 0.0 if first else self.drawn_s - began_s
            return self.drawn

    def _news(self, state: str) -> str:
        """The version of a page that is due; empty if there is none."""
        sweep = self.follower.sweep
        latest = f"{sweep.state.events}-{state}" + ("" if sweep.judged is None else "-judged")
        waited_s = time.monotonic() - self.drawn_s
        due = waited_s >= NEWS_S or self._ended(state) != self.ended
        rested = not self.drawn or waited_s >= REST * self.took_s
        return latest if latest != self.version and due and rested else ""

    def _ended(self, state: str) -> tuple[int, str, bool]:
        sweep = self.follower.sweep
        ended = sum(trial.end is not None for trial in sweep.state.trials.values())
        return ended, state, sweep.judged is not None


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
    asked = token or (None if host in LOOPBACK else secrets.token_urlsafe(16))
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
        host = socket.gethostname() if host == EVERYWHERE else host
        asked = f"?token={self.token}" if self.token else ""
        return f"http://{host}:{port}/{asked}"


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer

    def do_GET(self) -> None:  # the name is the library's
        """Answer with the page or its version."""
        try:
            asked = urlsplit(self.path)
            allowed = self._may_read(asked.query)
        except ValueError:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", "this is no address")
            return
        if not allowed:
            self._send(HTTPStatus.FORBIDDEN, "text/plain", "the token of this page is missing")
        elif asked.path == "/":
            self._answer("text/html", self.server.page.html)
        elif asked.path == "/version":
            self._answer("application/json", lambda: json.dumps(self.server.page.told()))
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", "there is the report at / and no more")

    def _may_read(self, query: str) -> bool:
        token = self.server.token
        if self.server.server_address[0] in LOOPBACK:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            if host not in LOOPBACK or token is None:
                return host in LOOPBACK
        given = parse_qs(query).get("token", [""])[0]
        assert token is not None  # elsewhere there always is one
        return secrets.compare_digest(given.encode(), token.encode())

    def _answer(self, kind: str, make: Callable[[], str]) -> None:
        try:
            self._send(HTTPStatus.OK, kind, make())
        except (HyperwattError, OSError) as error:  # told, and tried again at the next question
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", str(error))
        except Exception as error:  # a fault of ours must not end the page
            says = f"the report cannot be drawn: {type(error).__name__}: {error}"
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", says)

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
