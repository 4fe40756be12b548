"""Optuna's samplers behind the gate: trees of Parzen estimators, or Gaussian processes.

A study is made anew from the history and asked for some points; they come first in the pool, in the
order of asking, so that the first one that the gate admits is taken. Uniform points follow, for a
gate that refuses all of them. Learned constraints are told as Optuna's own; predicted ones are the
gate's. Trials under way are told as running. A pure function of history and seed. Optuna is an
extra (`pip install 'hyperwatt[optuna]'`), loaded when first needed.

Optuna sees units: a number in [0, 1] for what has an order, a category for what has none.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...constraints.domains import Array, Choice
from ...constraints.space import Parameter, Space
from ..history import History
from .expected_improvement import INITIAL
from .protocol import Ask, Preference
from .random_search import in_order_of_draw

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler

Sampler = Literal["tpe", "gp"]
# Points of one pool; at half, a tight gate refuses them all more often, at double each suggestion
# takes twice the time: a Gaussian process is optimised for each point.
ASKED: dict[Sampler, int] = {"tpe": 32, "gp": 4}
FAR = 10.0  # interquartile ranges above the upper quartile, where an exploded loss is cut off


@dataclass(frozen=True)
class OptunaSearch:
    """Takes the first of Optuna's suggestions that the gate admits."""

    name: str
    sampler: Sampler
    aware: bool = True
    careful: bool = True
    refinements: tuple[float, ...] = ()

    def pool(self, ask: Ask, count: int) -> Array:
        """Optuna's points, then uniform ones; all uniform while there is little to learn from."""
        uniform = ask.space.sample(count, ask.rng)
        if (~ask.history.failed).sum() < INITIAL:
            return uniform
        asked = min(count, ASKED[self.sampler])
        points = _suggested(self.sampler, ask, asked)
        return np.vstack([ask.space.snap(points), uniform[asked:]])

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """The order of asking."""
        order = in_order_of_draw(len(units))
        return Preference(order.vanilla, order.constrained)


def _suggested(kind: Sampler, ask: Ask, count: int) -> Array:
    """Points of the unit box, `(count, d)`."""
    seed = int(ask.rng.integers(2**31))
    with _quietly():
        study = _study(_sampler(kind, seed), ask.space, ask.history)
        distributions = {p.name: _distribution(p) for p in ask.space.parameters}
        trials = [study.ask(distributions) for _ in range(count)]
    return np.array(
        [[_unit(p, trial.params[p.name]) for p in ask.space.parameters] for trial in trials]
    )


def _sampler(kind: Sampler, seed: int) -> BaseSampler:
    from optuna.samplers import GPSampler, TPESampler

    if kind == "gp":
        return GPSampler(seed=seed, n_startup_trials=INITIAL)
    return TPESampler(seed=seed, n_startup_trials=INITIAL, constant_liar=True)


def _study(sampler: BaseSampler, space: Space, history: History) -> Study:
    """The history as a study."""
    import optuna
    from optuna.trial import TrialState, create_trial

    losses = np.column_stack([_without_outliers(column) for column in history.every_loss.T])
    over = [(f"c{i}", limit.values - limit.bound) for i, limit in enumerate(history.learned)]
    study = optuna.create_study(sampler=sampler, directions=["minimize"] * losses.shape[1])
    for row, units in enumerate(history.units):
        study.add_trial(
            create_trial(
                values=losses[row].tolist(),
                constraints={name: float(values[row]) for name, values in over} or None,
                **_placed(space, units),
            )
        )
    for units in history.pending:
        study.add_trial(create_trial(state=TrialState.RUNNING, **_placed(space, units)))
    return study


def _placed(space: Space, units: Array) -> dict[str, Any]:
    """Parameters that exist, and their distributions."""
    there = [(p, u) for p, u in zip(space.parameters, units, strict=True) if not np.isnan(u)]
    return {
        "params": {p.name: _place(p, float(u)) for p, u in there},
        "distributions": {p.name: _distribution(p) for p, _ in there},
    }


def _distribution(parameter: Parameter) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    count = _categories(parameter)
    return CategoricalDistribution(tuple(range(count))) if count else FloatDistribution(0.0, 1.0)


def _place(parameter: Parameter, unit: float) -> float | int:
    count = _categories(parameter)
    return min(int(unit * count), count - 1) if count else unit


def _unit(parameter: Parameter, place: float) -> float:
    count = _categories(parameter)
    return (place + 0.5) / count if count else place


def _categories(parameter: Parameter) -> int:
    """How many values an unordered choice has; 0 for what has an order."""
    domain = parameter.domain
    return len(domain.values) if isinstance(domain, Choice) and not domain.ordered else 0


def _without_outliers(losses: Array) -> Array:
    """Losses, the exploded ones cut off, so that a fit stays finite."""
    low, high = np.quantile(losses, [0.25, 0.75])
    return np.asarray(np.minimum(losses, high + FAR * max(high - low, abs(high), 1e-12)))


@contextmanager
def _quietly() -> Iterator[None]:
    """Without Optuna's announcements of studies and of what is new in it."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
