"""The page that follows a run, asked as a browser would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from fakes import fake_sweep

from hyperwatt.constraints.errors import JournalError, RunError
from hyperwatt.experiments.reporting.following import Follower
from hyperwatt.experiments.reporting.live_page import LiveServer, serve
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.sweep import Sweep, load


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("run") / "r", "strategy=hw-random")


@pytest.fixture
def growing(whole: Sweep, tmp_path: Path) -> RunFolder:
    """The same run, of which only the beginning was written so far."""
    part = RunFolder(tmp_path / "part")
    part.path.mkdir()
    part.spec.write_text(whole.folder.spec.read_text())
    part.journal.write_bytes(b"".join(lines_of(whole)[:60]))
    return part


def lines_of(sweep: Sweep) -> list[bytes]:
    return sweep.folder.journal.read_bytes().splitlines(keepends=True)


def grow(run: RunFolder, text: bytes) -> None:
    with run.journal.open("ab") as file:
        file.write(text)


@contextmanager
def served(
    run: RunFolder, host: str = "127.0.0.1", token: str | None = None
) -> Iterator[LiveServer]:
    with serve(run, host, 0, token=token) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: LiveServer, path: str, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_what_is_followed_is_what_is_read_at_once(whole: Sweep, growing: RunFolder) -> None:
    lines = lines_of(whole)
    follower = Follower.of(growing)
    assert not follower.look()
    for start in range(60, len(lines), 7):
        grow(growing, b"".join(lines[start : start + 7])[:-9])  # a line that is not whole yet
        follower.look()
        grow(growing, b"".join(lines[start : start + 7])[-9:])
        assert follower.look()
        at_once = load(growing)
        assert follower.sweep.state.trials == at_once.state.trials
        assert follower.sweep.state.events == at_once.state.events

    assert follower.sweep.finished


def test_a_page_is_drawn_anew_when_the_run_has_grown(whole: Sweep, growing: RunFolder) -> None:
    with served(growing) as server:
        before = json.loads(ask(server, "/version")[1])
        first = ask(server, "/")
        assert json.loads(ask(server, "/version")[1]) == before
        grow(growing, b"".join(lines_of(whole)[60:]))
        after = json.loads(ask(server, "/version")[1])
        second = ask(server, "/")

    assert (first[0], second[0]) == (200, 200)
    assert before["state"].startswith("interrupted")
    assert after["state"] == "finished"
    assert f'data-version="{after["version"]}"' in second[1]
    assert f'data-version="{before["version"]}"' in first[1]


def test_watching_leaves_no_trace(growing: RunFolder) -> None:
    def trace() -> dict[str, tuple[int, int]]:
        stats = {path: path.stat() for path in growing.path.rglob("*")}
        return {str(path): (s.st_mtime_ns, s.st_size) for path, s in stats.items()}

    before = trace()
    with served(growing) as server:
        ask(server, "/")

    assert trace() == before


def test_elsewhere_a_token_is_asked_for(growing: RunFolder) -> None:
    with served(growing, "0.0.0.0", token="s3cret") as server:
        assert ask(server, "/version")[0] == 403
        assert ask(server, "/?token=wrong")[0] == 403
        assert ask(server, "/version?token=s3cret")[0] == 200
        assert server.url.endswith("?token=s3cret")
    with served(growing, "0.0.0.0") as server:
        assert len(server.token or "") > 16


def test_a_name_that_is_not_this_machines_gets_nothing(growing: RunFolder) -> None:
    with served(growing) as server:
        assert ask(server, "/version", Host="evil.example")[0] == 403
        assert ask(server, "/version", Host="localhost:8270")[0] == 200


@pytest.mark.parametrize("path", ["/spec.yaml", "/../journal.jsonl", "/etc/passwd", "//x"])
def test_there_is_nothing_else_to_be_had(growing: RunFolder, path: str) -> None:
    with served(growing) as server:
        assert ask(server, path)[0] == 404


def test_a_damaged_journal_is_told_and_the_server_stays(growing: RunFolder) -> None:
    with served(growing) as server:
        whole = growing.journal.read_bytes()
        grow(growing, b"{nonsense}\n")
        status, said = ask(server, "/version")
        growing.journal.write_bytes(whole)
        again, _ = ask(server, "/version")

    assert status == 503
    assert "line 61" in said
    assert again == 200


def test_what_cannot_be_served_is_named(growing: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        serve(RunFolder(tmp_path), "127.0.0.1", 0)
    with served(growing) as server, pytest.raises(RunError, match="another `--port`"):
        serve(growing, "127.0.0.1", server.server_address[1])
    growing.journal.write_bytes(b"{nonsense}\n")
    with pytest.raises(JournalError):
        serve(growing, "127.0.0.1", 0)
