"""LCBench by its YAHPO surrogate: validation error of a network under a limit on training time.

Seven hyper-parameters, 52 epochs, a few of them reported. The surrogate is smooth and without
noise. The time of the training is a cheap cost: the seconds of a few steps tell it. The best value
known is that of a long random search with a local one after it, not a proven optimum. Needs
`onnxruntime`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.problem import Outcome, Plain, Problem, space_of
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.objective import Constraint

# Task: the least validation error [%] found inside the limit, and without one; by a long search.
BEST: dict[str, tuple[float, float]] = {
    "3945": (0.35840607, 0.34168243),
    "126026": (0.25190761, 0.25190761),
    "167168": (15.936706, 10.574806),
}
SHARE = 0.2  # of the space inside the limit
EPOCHS = (1, 3, 6, 12, 25, 52)
METRIC = "train_latency_s"  # here the seconds of a whole training
PROBE_S = 2.0
SPACE: Plain = {
    "batch_size": {"type": "int", "low": 16, "high": 512, "log": True},
    "learning_rate": {"type": "float", "low": 1e-4, "high": 0.1, "log": True},
    "momentum": {"type": "float", "low": 0.1, "high": 0.99},
    "weight_decay": {"type": "float", "low": 1e-5, "high": 0.1},
    "num_layers": {"type": "int", "low": 1, "high": 5},
    "max_units": {"type": "int", "low": 64, "high": 1024, "log": True},
    "max_dropout": {"type": "float", "low": 0.0, "high": 1.0},
}


@dataclass(frozen=True)
class Surrogate:
    """One task of the surrogate.

    Attributes:
        folder: of its files.
        task: of OpenML.
    """

    folder: Path
    task: str

    @cached_property
    def _model(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(str(self.folder / "model.onnx"), options)

    @cached_property
    def _code(self) -> int:
        encoding = json.loads((self.folder / "encoding.json").read_text())
        return int(encoding["OpenML_task_id"][self.task])

    def curves(self, rows: Array, epochs: tuple[int, ...] = EPOCHS) -> tuple[Array, Array]:
        """Seconds and validation errors [%], both `(n, epochs)`, of `(n, 7)` plain values."""
        count = len(rows) * len(epochs)
        inputs = np.column_stack([np.tile(epochs, len(rows)), np.repeat(rows, len(epochs), axis=0)])
        codes: NDArray[np.int32] = np.full((count, 1), self._code, dtype=np.int32)
        names = [given.name for given in self._model.get_inputs()]
        fed = dict(zip(("x_cat", "x_cont"), (codes, inputs.astype(np.float32)), strict=True))
        out = np.asarray(self._model.run(None, {name: fed[name] for name in names})[0], np.float64)
        shape = (len(rows), len(epochs))
        return out[:, 0].reshape(shape), 100 - out[:, 1].reshape(shape)

    def evaluate(self, candidate: Mapping[str, Any]) -> Outcome:
        """The curve of one candidate; its loss is the best epoch."""
        seconds, errors = self.curves(np.array([[float(candidate[name]) for name in SPACE]]))
        total_s = max(float(seconds[0, -1]), 1e-3)
        epochs = [
            (e, float(s), float(v)) for e, s, v in zip(EPOCHS, seconds[0], errors[0], strict=True)
        ]
        return Outcome(float(errors[0].min()), {METRIC: total_s}, total_s, epochs)


def lcbench_problems(recordings: Path) -> Iterator[Problem]:
    """Each task under a limit; the first also without."""
    for number, task in enumerate(BEST):
        yield lcbench_problem(recordings, task, limited=True)
        if not number:
            yield lcbench_problem(recordings, task, limited=False)


def lcbench_problem(recordings: Path, task: str, *, limited: bool) -> Problem:
    """One task.

    Args:
        recordings: folder of all of them.
        task: one of `BEST`.
        limited: whether training time has a bound.
    """
    surrogate = Surrogate(recordings / "yahpo_onnx" / "lcbench", task)
    bound = Constraint(METRIC, time_bound_s(surrogate))
    return Problem(
        name=f"lcbench-{task}" + ("-time" if limited else ""),
        about=f"LCBench {task}, validation error [%]" + (", training time" if limited else ""),
        parameters=SPACE,
        constraints=(bound,) if limited else (),
        evaluate=surrogate.evaluate,
        optimum=BEST[task][0 if limited else 1],
        proven=False,
        probe_s=PROBE_S,
        family="lcbench" if limited else "unconstrained",
    )


def time_bound_s(surrogate: Surrogate, count: int = 2000) -> float:
    """The quantile of the training time at the share that is to be feasible."""
    seconds, _ = surrogate.curves(_values(space_of(SPACE).sample(count, np.random.default_rng(0))))
    return round(float(np.quantile(seconds[:, -1], SHARE)), 3)


def _values(units: Array) -> Array:
    space = space_of(SPACE)
    return np.array([[float(space.candidate(row)[name]) for name in SPACE] for row in units])
