from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks.gpu.chunk import Bench, Finding
from benchmarks.gpu.running import Clocked, failures, left, run_chunks


@dataclass(frozen=True)
class Toy:
    """A chunk that counts what is asked of it."""

    name: str = "toy"
    title: str = "A toy"
    keys: tuple[str, ...] = ("a", "b", "c")
    breaks_at: str = ""
    hinders: str = ""
    odd_at: str = ""
    ran: list[str] = field(default_factory=list)

    def hindrance(self, bench: Bench) -> str:
        return self.hinders

    def pieces(self, bench: Bench) -> Sequence[str]:
        return self.keys

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        self.ran.append(piece)
        if piece == self.breaks_at:
            raise KeyboardInterrupt if self.name == "killed" else ValueError("it broke")
        return {"value": float("inf") if piece == self.odd_at else piece}

    def findings(self, bench: Bench) -> list[Finding]:
        return []


def run(bench: Bench, *chunks: Toy, until: Clocked | None = None) -> bool:
    return run_chunks(bench, chunks, until or Clocked(), say=lambda line: None)


def test_what_was_run_is_not_run_again(bench: Callable[..., Bench]) -> None:
    first, second = Toy(), Toy()

    assert run(bench(), first)
    assert run(bench(), second)
    assert (first.ran, second.ran) == (["a", "b", "c"], [])


def test_a_run_that_is_killed_loses_the_piece_under_way_alone(bench: Callable[..., Bench]) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(bench(), Toy(name="killed", breaks_at="b"))
    after = Toy(name="killed")
    run(bench(), after)

    assert after.ran == ["b", "c"]


def test_no_piece_begins_when_time_is_up_and_the_next_run_goes_on(
    bench: Callable[..., Bench],
) -> None:
    seconds = iter(range(100))
    clocked = Clocked(end_s=4.0, clock=lambda: float(next(seconds)))
    first, second = Toy(), Toy()

    assert not run(bench(), first, until=clocked)
    assert left(bench(), first) == ["c"]
    assert run(bench(), second)
    assert (first.ran, second.ran) == (["a", "b"], ["c"])


def test_a_piece_that_fails_is_kept_with_its_reason_and_the_others_are_run(
    bench: Callable[..., Bench],
) -> None:
    chunk = Toy(breaks_at="b")

    assert run(bench(), chunk)
    assert chunk.ran == ["a", "b", "c"]
    assert failures(bench(), [chunk]) == ["toy, b: ValueError: it broke"]


def test_a_value_that_json_lacks_fails_its_piece_alone(bench: Callable[..., Bench]) -> None:
    chunk = Toy(odd_at="b")

    assert run(bench(), chunk)
    assert [line.split(":")[0] for line in failures(bench(), [chunk])] == ["toy, b"]


def test_a_chunk_that_cannot_be_run_says_why_until_it_can(bench: Callable[..., Bench]) -> None:
    run(bench(), Toy(hinders="no sensor"))
    before = bench().record.skipped("toy")
    run(bench(), Toy())

    assert (before, bench().record.skipped("toy")) == ("no sensor", "")


def test_what_is_forgotten_is_run_again(bench: Callable[..., Bench]) -> None:
    run(bench(), Toy())
    bench().record.forget("toy")
    again = Toy()
    run(bench(), again)

    assert again.ran == ["a", "b", "c"]
