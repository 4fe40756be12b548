"""Streams of measured candidates for the gate's benchmark: features, costs and a budget.

Each is a published recording on which a predictor of hyper-parameters or of layer sizes works.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.predictors.ecnas import work_features
from benchmarks.predictors.nasbench101 import network_layers
from hyperwatt.constraints.domains import Array

QUANTILE = 0.4  # of the costs: the share of candidates inside a single budget
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("op_0_1", "op_0_2", "op_1_2", "op_0_3", "op_1_3", "op_2_3")


@dataclass(frozen=True, eq=False)
class Stream:
    """Candidates that arrive one after another.

    Attributes:
        name: of the recording and the cost.
        features: `(n, d)`.
        costs: by metric, each `(n,)`, positive.
        bounds: by metric.
    """

    name: str
    features: Array
    costs: Mapping[str, Array]
    bounds: Mapping[str, float]

    @property
    def inside(self) -> Array:
        """Which candidates keep every bound, `(n,)` of bool."""
        held = [self.costs[metric] <= bound for metric, bound in self.bounds.items()]
        return np.asarray(np.all(held, axis=0))


def streams(data: Path) -> list[Stream]:
    """All streams that can be made of a folder of recordings."""
    return [_layers(data), _once_for_all(data), _nas_bench_time(data), _cells(data)]


def _stream(name: str, features: Array, costs: Mapping[str, Array]) -> Stream:
    bounds = {metric: float(np.quantile(values, QUANTILE)) for metric, values in costs.items()}
    return Stream(name, features.astype(np.float64), costs, bounds)


def _layers(data: Path) -> Stream:
    table = pd.read_csv(data / "layer_energy_cpu" / "broadwell_ep_conv.csv")
    b, cin, cout, side, k, stride = (
        table[c].to_numpy(float)
        for c in ("batch_size", "in_chan", "out_chan", "side_len", "k_size", "stride")
    )
    out = np.maximum(np.floor((side - k) / stride) + 1, 1)
    macs = b * out**2 * cout * cin * k**2
    features = np.column_stack([b, cin, cout, side, k, stride, macs, b * out**2 * cout])
    seconds = table["for_time"].to_numpy(float) * 1e-6
    return _stream("convolutions on a CPU, time", features, {"latency_s": seconds})


def _once_for_all(data: Path) -> Stream:
    table = pd.read_parquet(data / "ofa_latency" / "ofa_latency.parquet")
    table = table[table["device_space"] == "rtx2080ti_ofa"].iloc[:3000]
    used = np.stack([table[f"d_{i // 4}"].to_numpy() > i % 4 for i in range(20)], axis=1)
    columns: list[Array] = [table["resolution"].to_numpy(float)]
    for stage in range(5):
        blocks = slice(4 * stage, 4 * stage + 4)
        kernel = table[[f"ks_{i:02d}" for i in range(20)]].to_numpy(float)[:, blocks]
        expand = table[[f"e_{i:02d}" for i in range(20)]].to_numpy(float)[:, blocks]
        live = used[:, blocks]
        columns += [live.sum(1), (live * expand).sum(1), (live * expand * kernel**2).sum(1)]
    seconds = table["latency_ms"].to_numpy(float) * 1e-3
    return _stream("Once-for-All on RTX 2080 Ti, time", np.column_stack(columns),
                   {"latency_s": seconds})  # fmt: skip


def _nas_bench(data: Path) -> pd.DataFrame:
    table = pd.read_parquet(data / "nb201_hw" / "nb201_hw.parquet")
    table = table[table["hwnb_raspi4_latency_ms"] >= 0.5].dropna()
    return table.sample(4000, random_state=0)


def _cell_features(table: pd.DataFrame) -> Array:
    kinds = table[list(EDGES)]
    counts = [(kinds == kind).to_numpy().sum(axis=1) for kind in OPERATIONS[1:]]
    return np.column_stack([*counts, table["mflops_cifar10"].to_numpy(float)])


def _nas_bench_time(data: Path) -> Stream:
    table = _nas_bench(data)
    seconds = table["help_1080ti_32_latency_ms"].to_numpy(float) * 1e-3
    return _stream("NAS-Bench-201 on GTX 1080 Ti, time", _cell_features(table),
                   {"latency_s": seconds})  # fmt: skip


def _cells(data: Path) -> Stream:
    table = pd.read_parquet(data / "ecnas" / "ecnas_4epoch.parquet")
    graphs = [
        (np.array(json.loads(adjacency)), json.loads(ops))
        for adjacency, ops in zip(table["adjacency"], table["ops"], strict=True)
    ]
    work = np.array([work_features(*graph, network_layers(*graph)) for graph in graphs])
    joules = table["gpu_energy_J"].to_numpy(float)
    # operations and traffic by kind of layer: what 15 measurements can tell apart
    return _stream("EC-NAS cells on Quadro RTX 6000, energy", work[:, :6], {"energy_j": joules})
