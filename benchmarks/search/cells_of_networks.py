"""Recorded architectures as problems: NAS-Bench-201 on devices, EC-NAS-Bench under energy.

NAS-Bench-201: error on CIFAR-100 in percent; bounds are quantiles of the whole table. The nearly
empty graphs (a Raspberry Pi latency below half a millisecond) are left out, and so are, where the
edge GPU counts, the cells that it was not measured on. No training times are recorded: an hour is
assumed. EC-NAS-Bench: error after four epochs under a limit on the energy of the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.hyperpower.prepare_tables import ecnas, nb201
from benchmarks.search.problem import Plain, Problem, Table, space_of
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.space import Space

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
EDGES = [f"op_{i}_{j}" for i, j in ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))]
NB201: Plain = {edge: {"type": "choice", "values": OPERATIONS} for edge in EDGES}
DEVICES = {
    "raspi4": ("latency_s", "hwnb_raspi4_latency_ms", "latency on a Raspberry Pi 4"),
    "1080ti": ("latency_s", "help_1080ti_32_latency_ms", "latency on a GTX 1080 Ti, batch 32"),
    "edgegpu": ("energy_j", "hwnb_edgegpu_energy_mj", "energy on a Jetson TX2"),
}
SHARES = {"raspi4": (5, 10, 20, 40, 60, 90), "1080ti": (10,), "edgegpu": (10,)}
TRAINING_S, PROBE_S = 3600.0, 30.0  # assumed; as in benchmarks/hyperpower/nb201.yaml
ECNAS_SHARES = (10, 20)
JOULES = 3.6e6  # of a kilowatt hour


def nb201_problems(recordings: Path) -> Iterator[Problem]:
    """Every device at each of its shares, the share in percent at the end of the name."""
    for device, shares in SHARES.items():
        for share in shares:
            yield nb201_problem(recordings, device, share)


def nb201_problem(recordings: Path, device: str, share: int) -> Problem:
    """One device at one share of feasible candidates, in percent."""
    metric, _, words = DEVICES[device]
    table = _nb201_table(recordings, device)
    bound = Constraint(metric, float(np.quantile(table.costs[metric], share / 100)))
    return Problem(
        name=f"nb201-{device}-{share}",
        about=f"NAS-Bench-201, CIFAR-100 error [%], {words}, {share} % feasible",
        parameters=NB201,
        constraints=(bound,),
        evaluate=table.evaluate,
        optimum=table.best([bound]),
        listed=table.units,
        probe_s=PROBE_S,
        family="nb201",
    )


def ecnas_problems(recordings: Path) -> Iterator[Problem]:
    """Error under an energy limit, at each share."""
    frame = ecnas(recordings)
    edges = [name for name in frame.columns if name.startswith("edge_")]
    parameters: Plain = {
        **{edge: {"type": "int", "low": 0, "high": 1} for edge in edges},
        **{
            f"op_{vertex}": {
                "type": "choice",
                "values": ["none", "conv3x3", "conv1x1", "maxpool3x3"],
            }
            for vertex in (1, 2, 3)
        },
    }
    space = space_of(parameters)
    table = Table(
        space,
        units_of(space, frame),
        losses=100 * (1 - frame["val_acc_e4"].to_numpy(dtype=float)),
        costs={"energy_j": frame["total_energy_kWh"].to_numpy(dtype=float) * JOULES},
        seconds=frame["total_time_s"].to_numpy(dtype=float),
    )
    for share in ECNAS_SHARES:
        bound = Constraint("energy_j", float(np.quantile(table.costs["energy_j"], share / 100)))
        yield Problem(
            name=f"ecnas-energy-{share}",
            about=f"EC-NAS-Bench, error after 4 epochs [%], energy, {share} % feasible",
            parameters=parameters,
            constraints=(bound,),
            evaluate=table.evaluate,
            optimum=table.best([bound]),
            listed=table.units,
            probe_s=PROBE_S,
            family="ecnas",
        )


@cache
def _nb201_table(recordings: Path, device: str) -> Table:
    metric, column, _ = DEVICES[device]
    frame = nb201(recordings)
    frame = frame[frame[column].notna()]
    space = space_of(NB201)
    return Table(
        space,
        units_of(space, frame),
        losses=100 - frame["acc_cifar100"].to_numpy(dtype=float),
        costs={metric: frame[column].to_numpy(dtype=float) / 1000},
        seconds=np.full(len(frame), TRAINING_S),
    )


def units_of(space: Space, frame: pd.DataFrame) -> Array:
    """Rows of a frame as units, `(n, d)`; an empty cell is an inactive parameter."""
    rows = frame[list(space.names)].astype(object).to_dict("records")
    plain = [{str(k): _plain(v) for k, v in row.items() if not pd.isna(v)} for row in rows]
    return space.encode(plain)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
