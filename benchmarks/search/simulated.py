"""HyperPower's spaces of eleven and thirteen hyper-parameters, costs and errors SIMULATED.

Spaces, networks and budgets are those of the specs in `experiments/`. The costs are those of the
simulated GPU on the network that a candidate makes, built on torch's meta device, without noise.
The error is a made-up surface: it falls with the logarithm of each width, has a best kernel size,
a valley in the logarithms of learning rate and weight decay whose place moves with the momentum,
and fails (diverges) far above the valley. It shows how a search behaves and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from benchmarks.search.problem import Outcome, Plain, Problem
from hyperwatt.constraints.objective import Constraint
from hyperwatt.experiments.spec import Spec
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.trained_problem import TrainedProblem
from hyperwatt.workers.meters.accelerator import Accelerator, load_accelerators
from hyperwatt.workers.meters.simulated import kernels_of

SPECS = {"hyperpower-13": "hyperpower-cifar10", "hyperpower-11": "hyperpower-cifar10-released"}
# The least feasible error [%] that a long search found: `best_found.py`.
BEST = {"hyperpower-13": 15.3991, "hyperpower-11": 26.6552}
PROBE_S = 5.0
CHANCE_ERROR = 90.0  # in percent
WIDEST = {"features": 80.0, "units": 700.0}
GAIN = {"conv1": 2.0, "conv2": 4.0, "conv3": 6.0, "conv4": 4.0, "fc1": 3.0}  # percentage points
BEST_KERNEL = {"conv1_kernel": 5, "conv2_kernel": 4, "conv3_kernel": 3}
BEST_POOL = {"pool1_kernel": 2, "pool2_kernel": 2, "pool3_kernel": 2}


@dataclass(frozen=True)
class SimulatedWork:
    """Costs on a simulated device, and a made-up error.

    Attributes:
        spec: of the sweep.
    """

    spec: Spec

    @cached_property
    def _problem(self) -> TrainedProblem:
        return TrainedProblem(self.spec)

    @cached_property
    def _accelerator(self) -> Accelerator:
        return load_accelerators()[self.spec.device.removeprefix("simulated:")]

    @cached_property
    def _memory(self) -> dict[tuple[Any, ...], dict[str, float]]:
        return {}

    def evaluate(self, candidate: Mapping[str, Any]) -> Outcome:
        """Costs, and the error unless the training diverges."""
        costs = self.costs(candidate)
        seconds = 60 * self.spec.training.epochs * costs["latency_s"] * 100
        kept = {metric: costs[metric] for metric in self.spec.budget}
        return Outcome(made_up_error(candidate), kept, seconds)

    def costs(self, candidate: Mapping[str, Any]) -> dict[str, float]:
        """Of one batch of the probe; a network that cannot be built breaks every bound."""
        structural = self._problem.structural_names()
        key = tuple(candidate[name] for name in sorted(structural & set(candidate)))
        if key not in self._memory:
            self._memory[key] = self._costs(candidate)
        return self._memory[key]

    def _costs(self, candidate: Mapping[str, Any]) -> dict[str, float]:
        if self._problem.unbuildable_reason(candidate):
            return dict.fromkeys(("power_w", "memory_bytes", "latency_s", "energy_j"), 1e30)
        batch = self.spec.probe.batch_size
        builder = self._problem.network_builder()
        with torch.device("meta"), torch.no_grad():
            network = builder(candidate).eval()
            images = torch.empty(batch, *builder.input_shape)
            return self._accelerator.costs(kernels_of(lambda: network(images)), batch)


def made_up_error(candidate: Mapping[str, Any]) -> float | None:
    """In percent; None where the training diverges.

    More width is better with ever smaller gains, so that the best candidate lies on the border of
    the budget; the parameters of training do not depend on it.
    """
    error = 12.0
    for name, value in candidate.items():
        layer, _, kind = name.partition("_")
        if kind in WIDEST:
            error += GAIN[layer] * math.log(WIDEST[kind] / value)
        error += 0.8 * (value - BEST_KERNEL[name]) ** 2 if name in BEST_KERNEL else 0.0
        error += 1.5 * (value - BEST_POOL[name]) ** 2 if name in BEST_POOL else 0.0
    effective = math.log10(candidate["learning_rate"] / (1 - candidate["momentum"]))
    decay = math.log10(candidate["weight_decay"])
    off = effective + 1.2
    if off > 1.3:
        return None
    error += 6.0 * off**2 + 2.0 * (decay + 3.2 + 0.5 * off) ** 2
    return min(error, CHANCE_ERROR)


def simulated_problems() -> Iterator[Problem]:
    """Both spaces."""
    for name, source in SPECS.items():
        spec = load_spec(source)
        parameters: Plain = {n: p.model_dump(exclude={"when"}) for n, p in spec.space.items()}
        yield Problem(
            name=name,
            about=f"SIMULATED: HyperPower's space of {len(parameters)} hyper-parameters, error [%]",
            parameters=parameters,
            constraints=tuple(Constraint(m, bound) for m, bound in spec.budget.items()),
            evaluate=SimulatedWork(spec).evaluate,
            optimum=BEST[name],
            proven=False,
            probe_s=PROBE_S,
            simulated=True,
            family="simulated",
        )
