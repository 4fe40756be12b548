"""Networks that no predictor has seen, predicted from the random ones, beside NeuralPower.

Accuracy is 100 % minus RMSPE over the five networks, as there [Cai2017]. Its figures are of a
GTX Titan X; ours are of the device of the record.

References:
    [Cai2017] see `held_out_networks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.on_columns import OnColumns
from hyperwatt.constraints.roofline import RooflineRecipe
from hyperwatt.experiments.contest import traced_columns

from .chunk import Bench, Finding, done
from .measured_network import values_of
from .predictors import ALL, LEAST, measured, rows_of, sweep_recipe
from .profile import HELD_OUT
from .traced_work import NAMES

PUBLISHED = {"latency_s": 88.24, "power_w": 88.34, "energy_j": 97.21}  # [Cai2017], abstract
COMPOSED = "energy_j, as predicted power times predicted latency"


class NetworkLevel:
    """See `Chunk`; a piece is made anew when more networks are measured."""

    name = "network-level"
    title = "Networks held out, predicted"

    def hindrance(self, bench: Bench) -> str:
        """Both sides are needed."""
        if self.pieces(bench):
            return ""
        return "too few networks were measured, random ones or those held out"

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One a metric, named with the numbers of networks."""
        found = []
        for metric in PUBLISHED:
            known, unseen = len(measured(bench, ALL, metric)), len(_held_out(bench, metric))
            if known >= LEAST and unseen:
                found.append(f"{metric}, {unseen} networks from {known}")
        return found

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Predict one metric of all networks held out."""
        metric = piece.split(", ")[0]
        work, costs = rows_of(bench, measured(bench, ALL, metric), metric)
        unseen = _held_out(bench, metric)
        asked, truth = rows_of(bench, unseen, metric)
        columns = traced_columns(NAMES, metric)[1]
        recipes = {"ours": sweep_recipe(NAMES, metric),
                   "roofline": OnColumns(RooflineRecipe(), columns)}  # fmt: skip
        with threadpool_limits(limits=1):
            fitted = {title: recipe.fit(work, costs) for title, recipe in recipes.items()}
        seen = {title: model.predict(asked) for title, model in fitted.items()}
        return {
            "metric": metric,
            "networks": [one["subject"]["name"] for one in unseen],
            "images": [one["subject"]["batch_size"] for one in unseen],
            "measured": truth.tolist(),
            "extrapolated": [bool(flag) for flag in seen["ours"].extrapolated],
            **{title: prediction.mean.tolist() for title, prediction in seen.items()},
        }

    def findings(self, bench: Bench) -> list[Finding]:
        """One a metric, and each network's error."""
        pieces = {piece["metric"]: piece for piece in done(bench, self).values()}
        found = [_finding(bench, metric, piece, metric) for metric, piece in pieces.items()]
        if set(pieces) == set(PUBLISHED):
            found.append(_finding(bench, COMPOSED, composed(pieces), "energy_j"))
        return found


def composed(pieces: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Energy per image as predicted power times predicted latency, of networks that have all."""
    at = {
        metric: dict(zip(piece["networks"], piece["ours"], strict=True))
        for metric, piece in pieces.items()
    }
    energy, kept = pieces["energy_j"], []
    for row in zip(energy["networks"], energy["images"], energy["measured"], strict=True):
        if row[0] in at["power_w"] and row[0] in at["latency_s"]:
            kept.append(row)
    return {
        "networks": [name for name, _, _ in kept],
        "measured": [measured_j for _, _, measured_j in kept],
        "ours": [at["power_w"][name] * at["latency_s"][name] / n for name, n, _ in kept],
    }


def _held_out(bench: Bench, metric: str) -> list[dict[str, Any]]:
    """The networks held out of which a metric was measured."""
    pieces = done(bench, HELD_OUT).values()
    values = ((piece, values_of(piece, metric)) for piece in pieces)
    return [piece for piece, value in values if value is not None and value.value > 0]


def _finding(bench: Bench, what: str, piece: dict[str, Any], metric: str) -> Finding:
    truth = np.array(piece["measured"])
    if not len(truth):
        return Finding(what, "not measured")
    errors = np.array(piece["ours"]) / truth - 1
    each = ", ".join(
        f"{name} {100 * error:+.1f} %"
        for name, error in zip(piece["networks"], errors, strict=True)
    )
    gap = 100 * rmspe(np.array(piece["ours"]), truth)
    if bench.simulated:
        return Finding(what, f"{gap:.2f} % from the simulation's formula", beside=each)
    published = PUBLISHED[metric]
    said, goal = f"{100 - gap:.2f} %", f"above {published} % (NeuralPower)"
    reached = 100 - gap > published if bench.telling else None
    return Finding(f"accuracy of {what}, {len(truth)} networks", said, goal, reached, each)
