"""Recorded power as problems: networks on boards (MLPerf), and training under power limits (Zeus).

MLPerf: of 94 image classifiers with one to three back ends on a board, the most accurate within
wall power and latency, both bounds at the quantile that leaves about a seventh feasible; one table
a round and board, since repeats differ. No training times are recorded: an hour is assumed.

Zeus: batch size, power limit and GPU, to reach a target with the least time or energy (its decimal
logarithm, so that a regret is a ratio) within a mean power. A batch size of which at least half of
the runs never got there is a failed training; else the mean of those that did counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search.cells_of_networks import PROBE_S, TRAINING_S, units_of
from benchmarks.search.problem import Plain, Problem, Table, space_of
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.objective import Constraint

BOARDS = (("v2.0", "rpi4"), ("v2.1", "firefly"), ("v2.1", "orin"))
FEASIBLE = 0.15  # of the table, both limits together
WIDTHS = {
    "mobilenet_v1": [0.25, 0.5, 0.75, 1.0],
    "mobilenet_v2": [0.35, 0.5, 0.75, 1.0, 1.3, 1.4],
    "mobilenet_v3_large": [0.75, 1.0],
    "mobilenet_v3_small": [0.75, 1.0],
    "efficientnet_lite": [0.0, 1.0, 2.0, 3.0, 4.0],  # its number; it implies the resolution
}
RESOLUTIONS = {
    "mobilenet_v1": [128.0, 160.0, 192.0, 224.0],
    "mobilenet_v2": [96.0, 128.0, 160.0, 192.0, 224.0],
}
POWER_SHARE = 0.25
WORKLOADS = (("librispeech", "time"), ("cifar100", "energy"))


def mlperf_problems(recordings: Path) -> Iterator[Problem]:
    """One a board."""
    runs = pd.read_parquet(recordings / "mlperf_power" / "mlperf_power.parquet")
    runs = runs[(runs["submitter"] == "Krai") & runs["family"].notna()]
    runs = runs[runs["scenario"].str.lower() == "singlestream"]
    for season, board in BOARDS:
        yield _board(runs[(runs["round"] == season) & (runs["device"] == board)], season, board)


def _board(runs: pd.DataFrame, season: str, board: str) -> Problem:
    frame = pd.DataFrame([_network(row) for row in runs.to_dict("records")])
    parameters = _networks(sorted(set(frame["engine"])), sorted(set(frame["family"])))
    space = space_of(parameters)
    costs = {
        "power_w": runs["power_W"].to_numpy(dtype=float),
        "latency_s": runs["mean_latency_ns"].to_numpy(dtype=float) * 1e-9,
    }
    table = Table(
        space,
        units_of(space, frame),
        losses=100 - runs["accuracy"].to_numpy(dtype=float),
        costs=costs,
        seconds=np.full(len(frame), TRAINING_S),
    )
    bounds = tuple(Constraint(m, bound) for m, bound in _bounds_for(costs, FEASIBLE).items())
    return Problem(
        name=f"mlperf-{board}",
        about=f"MLPerf {season} on {board}, ImageNet error [%], wall power and latency",
        parameters=parameters,
        constraints=bounds,
        evaluate=table.evaluate,
        optimum=table.best(bounds),
        listed=table.units,
        probe_s=PROBE_S,
        family="mlperf",
    )


def _networks(engines: list[str], families: list[str]) -> Plain:
    listed: dict[str, dict[str, Any]] = {
        "engine": {"type": "choice", "values": engines},
        "family": {"type": "choice", "values": families},
        "quantized": {"type": "choice", "values": [False, True]},
    }
    for kind, values in (("width", WIDTHS), ("resolution", RESOLUTIONS)):
        for family, choices in values.items():
            listed[f"{family}_{kind}"] = {
                "type": "choice", "values": choices, "ordered": True, "when": {"family": family}
            }  # fmt: skip
    return listed


def _network(row: dict[str, Any]) -> dict[str, Any]:
    family = str(row["family"])
    network: dict[str, Any] = {
        "engine": f"{row['backend']}-{row['kernel']}",
        "family": family,
        "quantized": bool(row["quantized"]),
        **{f"{name}_width": np.nan for name in WIDTHS},
        **{f"{name}_resolution": np.nan for name in RESOLUTIONS},
    }
    if family in WIDTHS:
        network[f"{family}_width"] = round(float(row["width"]), 2)
    if family in RESOLUTIONS:
        network[f"{family}_resolution"] = float(row["resolution"])
    return network


def _bounds_for(costs: dict[str, Array], share: float) -> dict[str, float]:
    """Bounds at one quantile of all metrics, such that at least this share keeps all of them."""
    for quantile in np.linspace(0.02, 1.0, 99):
        bounds = {metric: float(np.quantile(v, quantile)) for metric, v in costs.items()}
        inside = np.all([costs[metric] <= bound for metric, bound in bounds.items()], axis=0)
        if inside.mean() >= share:
            return bounds
    raise AssertionError("at the quantile of 1 everything is inside")


def zeus_problems(recordings: Path) -> Iterator[Problem]:
    """One a workload."""
    power = pd.read_csv(recordings / "zeus_power" / "power.csv")
    runs = pd.read_csv(recordings / "zeus_power" / "train.csv")
    for dataset, wanted in WORKLOADS:
        yield _workload(_joined(power, runs, dataset), dataset, wanted)


def _joined(power: pd.DataFrame, runs: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """A row for each GPU, batch size and power limit; one target and one optimiser."""
    runs, power = runs[runs["dataset"] == dataset], power[power["dataset"] == dataset]
    runs = runs[runs["target_metric"] == runs["target_metric"].mode().iloc[0]]
    runs = runs.assign(optimizer=runs["optimizer"].str.lower())
    keys = ["dataset", "network", "batch_size", "optimizer"]
    epochs = runs.groupby(keys)["target_epoch"].agg(
        lambda reached: reached.mean() if reached.notna().mean() > 0.5 else np.nan
    )
    power = power.assign(optimizer=power["optimizer"].str.lower())
    return power.merge(epochs.reset_index(), on=keys).drop_duplicates(
        ["gpu", "batch_size", "power_limit"]
    )


def _workload(frame: pd.DataFrame, dataset: str, wanted: str) -> Problem:
    parameters: Plain = {
        "gpu": {"type": "choice", "values": sorted(set(frame["gpu"]))},
        **{
            name: {
                "type": "choice",
                "values": sorted(set(frame[name].astype(int))),
                "ordered": True,
            }
            for name in ("batch_size", "power_limit")
        },
    }
    space = space_of(parameters)
    power_w = frame["average_power"].to_numpy(dtype=float)
    seconds = (frame["target_epoch"] * frame["time_per_epoch"]).to_numpy(dtype=float)
    spent = seconds if wanted == "time" else seconds * power_w
    typed = frame.assign(
        batch_size=frame["batch_size"].astype(int), power_limit=frame["power_limit"].astype(int)
    )
    table = Table(
        space,
        units_of(space, typed),
        losses=np.log10(spent),
        costs={"train_power_w": power_w},
        seconds=np.nan_to_num(seconds, nan=float(np.nanmax(seconds))),
    )
    bound = Constraint("train_power_w", float(np.quantile(power_w, POWER_SHARE)))
    return Problem(
        name=f"zeus-{dataset}-{wanted}",
        about=f"Zeus, {dataset}, log10 of the {wanted} to target, mean power",
        parameters=parameters,
        constraints=(bound,),
        evaluate=table.evaluate,
        optimum=table.best([bound]),
        listed=table.units,
        probe_s=PROBE_S,
        family="zeus",
    )
