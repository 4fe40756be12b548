"""Measures networks, each a piece: the random ones, and those that are held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hyperwatt.constraints.measurement import SHARED

from .chunk import Bench, Finding, done, shown
from .held_out_networks import held_out_networks
from .measured_network import INFERENCE, TRAINING, measure
from .random_networks import LARGE, random_networks
from .subject import Subject

QUICK_TRAININGS = 12


@dataclass(frozen=True)
class Measured:
    """See `Chunk`; one for each set of networks and metrics.

    Attributes:
        name: in the record.
        title: for people.
        networks: all of them, small ones if it is asked for.
        metrics: to be measured.
    """

    name: str
    title: str
    networks: Callable[[bool], Sequence[Subject]]
    metrics: Sequence[str]

    def hindrance(self, bench: Bench) -> str:
        """None."""
        return ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One a network."""
        return [subject.name for subject in self.networks(bench.quick)]

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Measure one network."""
        subjects = {subject.name: subject for subject in self.networks(bench.quick)}
        return measure(bench, subjects[piece], self.metrics)

    def findings(self, bench: Bench) -> list[Finding]:
        """How many networks gave each metric, and why the others did not."""
        pieces = list(done(bench, self).values())
        if not pieces:
            return []
        unfinished = [p for p in pieces if p.get("end", {}).get("event") != "completed"]
        found = [_count(metric, pieces) for metric in self.metrics]
        found += [Finding(p["subject"]["name"], _end_of(p)) for p in unfinished]
        return found


def _count(metric: str, pieces: Sequence[dict[str, Any]]) -> Finding:
    rows = [piece["measured"][metric] for piece in pieces if metric in piece["measured"]]
    if not rows:
        reason = next((p["absent"][metric] for p in pieces if metric in p["absent"]), "unknown")
        return Finding(metric, f"not measured: {reason}")
    values = [row["value"] for row in rows]
    flags = sorted({flag for row in rows for flag in row["flags"]})
    flagged = sum(bool(row["flags"]) for row in rows)
    said = f"{len(rows)} networks, {shown(metric, min(values))} to {shown(metric, max(values))}"
    said += f"; {flagged} flagged ({', '.join(flags)})" if flags else ""
    shared = sum(row["attribution"] == SHARED for row in rows)
    return Finding(metric, said + (f"; {shared} beside other processes" if shared else ""))


def _end_of(piece: dict[str, Any]) -> str:
    end = piece.get("end", {})
    return f"{end.get('event', 'no end')}: {end.get('reason', '')} {end.get('message', '')}".strip()


def _to_train(quick: bool) -> list[Subject]:
    """Those of HyperPower's spaces; a step on large images says nothing of these."""
    found = [subject for subject in random_networks(quick) if subject.group != LARGE]
    return found[:QUICK_TRAININGS] if quick else found


PROFILE = Measured("profile", "Random networks, inference", random_networks, INFERENCE)
HELD_OUT = Measured("held-out", "Networks held out, inference", held_out_networks, INFERENCE)
TRAININGS = Measured("profile-training", "Random networks, training steps", _to_train, TRAINING)
HELD_OUT_TRAININGS = Measured(
    "held-out-training", "Networks held out, training steps", held_out_networks, TRAINING
)
