"""Networks that no predictor has seen, predicted from random ones, beside NeuralPower.

Accuracy is 100 % minus RMSPE over the five networks, as there [Cai2017]. Its figures are of a
GTX Titan X; ours are of the device of the record. Decided before any was measured: what is held
against its figures is composed of single layers, as there. What the same recipes as in a sweep say
of the whole network, learned from whole random networks, stands beside.

References:
    [Cai2017] see `held_out_networks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.domains import Array
from hyperwatt.experiments.traced_recipe import of_traced

from .chunk import Bench, Finding, done
from .layer_costs import LAYER_POWERS, LAYER_TIMES, fit_layers, of_each_layer, rows_of
from .measured_network import INFERENCE
from .predictors import ALL, LEAST, batch_costs, measured, work_rows
from .profile import HELD_OUT
from .subject import Subject
from .traced_work import NAMES

PUBLISHED = {"latency_s": 88.24, "power_w": 88.34, "energy_j": 97.21}  # [Cai2017], abstract
JUDGED = {  # way of predicting -> the metric that it is held against
    "time, layer by layer": "latency_s",
    "power, layer by layer": "power_w",
    "energy, layer by layer": "energy_j",
}
WHOLE = {
    "time, whole network": "latency_s",
    "power, whole network": "power_w",
    "energy, whole network": "energy_j",
}


class NetworkLevel:
    """See `Chunk`; made anew when more is measured."""

    name = "network-level"
    title = "Networks held out, predicted"

    def hindrance(self, bench: Bench) -> str:
        """Both sides are needed."""
        if self.pieces(bench):
            return ""
        return "too few networks were measured, random ones or those held out"

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One, named with the numbers of networks and layers."""
        known, unseen = len(_known(bench)), len(_unseen(bench))
        if known < LEAST or not unseen:
            return ()
        layers = sum(len(chunk.measured(bench)) for chunk in (LAYER_TIMES, LAYER_POWERS))
        return (f"{unseen} networks from {known} and {layers} costs of layers",)

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Predict all networks held out, in every way."""
        unseen = _unseen(bench)
        with threadpool_limits(limits=1):  # on small tables, more only wait for each other
            predicted = predict(bench, unseen)
        truth = {m: batch_costs(unseen, m) for m in INFERENCE if m in unseen[0]["measured"]}
        return {
            "networks": [one["subject"]["name"] for one in unseen],
            "measured": {metric: values.tolist() for metric, values in truth.items()},
            "predicted": {way: values.tolist() for way, values in predicted.items()},
        }

    def findings(self, bench: Bench) -> list[Finding]:
        """One a way, with each network's error."""
        ways = {**JUDGED, **WHOLE}
        return [
            _finding(bench, way, metric, piece)
            for piece in done(bench, self).values()
            for way, metric in ways.items()
            if way in piece["predicted"]
        ]


def predict(bench: Bench, unseen: Sequence[dict[str, Any]]) -> dict[str, Array]:
    """Costs of a batch of each network, by way of predicting; what cannot be told is absent."""
    work, found = work_rows(bench, unseen), {}
    for way, metric in WHOLE.items():
        known = measured(bench, ALL, metric)
        if len(known) >= LEAST and all(metric in one["measured"] for one in unseen):
            recipe = of_traced(NAMES, metric)
            model = recipe.fit(work_rows(bench, known), batch_costs(known, metric))
            found[way] = model.predict(work).mean
    times, powers = (fit_layers(rows_of(c.measured(bench))) for c in (LAYER_TIMES, LAYER_POWERS))
    subjects = [Subject.from_dict(one["subject"]) for one in unseen]
    return {**found, **composed(
        [of_each_layer(subject, times) for subject in subjects],
        [of_each_layer(subject, powers) for subject in subjects],
    )}  # fmt: skip


def composed(times_s: Sequence[Array], powers_w: Sequence[Array]) -> dict[str, Array]:
    """Costs of networks from those of their layers; a way that lacks a layer is absent.

    Args:
        times_s: of each network, `(layers,)`; NaN where it is not known.
        powers_w: the same.
    """
    time_s = np.array([t.sum() for t in times_s])
    energy_j = np.array([(t * p).sum() for t, p in zip(times_s, powers_w, strict=True)])
    ways = dict(zip(JUDGED, (time_s, energy_j / time_s, energy_j), strict=True))
    return {way: values for way, values in ways.items() if np.isfinite(values).all()}


def _known(bench: Bench) -> list[dict[str, Any]]:
    return measured(bench, ALL, "latency_s")


def _unseen(bench: Bench) -> list[dict[str, Any]]:
    """The networks held out that were measured."""
    return [piece for piece in done(bench, HELD_OUT).values() if piece["measured"]]


def _finding(bench: Bench, way: str, metric: str, piece: dict[str, Any]) -> Finding:
    truth, predicted = np.array(piece["measured"][metric]), np.array(piece["predicted"][way])
    each = ", ".join(
        f"{name} {100 * error:+.1f} %"
        for name, error in zip(piece["networks"], predicted / truth - 1, strict=True)
    )
    gap = 100 * rmspe(predicted, truth)
    if bench.simulated:
        return Finding(way, f"{gap:.2f} % from the simulation's formula", beside=each)
    what, said = f"accuracy of {way}", f"{100 - gap:.2f} %"
    if way not in JUDGED:
        return Finding(what, said, beside=each)
    goal = f"above {PUBLISHED[metric]} % (NeuralPower)"
    reached = 100 - gap > PUBLISHED[metric] if bench.telling and len(truth) == 5 else None
    return Finding(what, said, goal, reached, each)
