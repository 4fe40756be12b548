"""The default strategy: constrained expected improvement, in logarithms, over a pool that follows.

    log EI(x) + log p / (c + p) + sum_l log Pr[learned_l(x) <= bound_l]

p is the gate's probability that all predicted costs keep their bounds, c what a probe costs beside
a training: a candidate is probed first, and trained with probability p only, so that this is what
is gained per cost. The gate's margins decide what may be trained unmeasured; what is refused and
wanted more than all that is admitted is measured, untrained. The others are Gaussian processes of
what only training shows, an error limit or whether the training ends well. Until a feasible network
is known, feasibility alone is searched for. EI is over the mean of the process at the best feasible
candidate, so that one lucky measurement is no yardstick; trials under way are believed to turn out
as predicted. The pool is uniform at first; then half of it lies around the best few at every
distance, and it grows twice around what is preferred in it.

References:
    [Gardner2014] J. Gardner et al. Bayesian Optimization with Inequality Constraints. ICML 2014.
    [Ament2023] in `log_improvement.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from ...constraints.domains import Array
from ...constraints.features import surrogate_features, surrogate_groups
from ...constraints.predictor import Flags
from ...constraints.space import Space
from ..gaussian_process import Observed, Process, process_of
from ..history import History
from ..hypervolume import log_expected_hypervolume_improvement
from ..log_improvement import log_chance_inside, log_expected_improvement
from ..loss_scale import normal_ranks, signed_logs, softened
from ..pareto import non_dominated, reference_point
from ..training_time import predict_seconds
from .protocol import Ask, Preference

INITIAL = 8  # random points before the first fit; at 5, more searches stay in a poor corner
LOCAL_SHARE = 0.5  # of the pool, around the best few
BEST_FEW = 3
SPREADS = (0.003, 0.2)  # of the local points, in units of each range; logarithmically uniform
LEAST_CHANCE = 1e-12  # of the gate; a logarithm of nothing would hide all else


@dataclass(frozen=True)
class Hyperwatt:
    """See the module."""

    name: str = "hyperwatt"
    aware: bool = True
    careful: bool = True
    refinements: tuple[float, ...] = (0.05, 0.01)

    def pool(self, ask: Ask, count: int) -> Array:
        """Uniform points, then, once there is something to learn from, some around the best few."""
        best = _best_few(ask.history)
        near = int(count * LOCAL_SHARE) if len(ask.history.losses) >= INITIAL and len(best) else 0
        uniform = ask.space.sample(count - near, ask.rng)
        if not near:
            return uniform
        centres = ask.history.units[ask.rng.choice(best, near)]
        least, most = np.log(SPREADS)
        spreads = np.exp(ask.rng.uniform(least, most, (near, 1)))
        around = ask.space.neighbours(centres, near, ask.rng, spread=spreads)
        return np.vstack([uniform, around])

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """Logarithms; at random, by feasibility, while there is nothing to learn from."""
        history = ask.history
        if len(history.losses) < INITIAL:
            return _at_random(ask, probability)
        at = surrogate_features(ask.space, units)
        chance = _log_worth(ask, probability) + _log_learned(ask, at)
        if not history.feasible.any():
            return Preference(np.zeros(len(at)), chance, weighed=True)
        gain = _log_gain(ask, at)
        if ask.per_second:
            gain = gain - np.log(predict_seconds(ask.space, history, units))
        return Preference(gain, gain + chance, weighed=True)


def _log_worth(ask: Ask, probability: Array) -> Array:
    """Logarithm of how likely a dispatch is trained, per cost of a probe and perhaps a training."""
    chance = np.maximum(probability, LEAST_CHANCE)
    return np.asarray(np.log(chance) - np.log(ask.probe_cost + chance))


def _at_random(ask: Ask, probability: Array) -> Preference:
    """Each point with a chance that grows with its worth: the greatest of Gumbel's numbers wins."""
    worth = _log_worth(ask, probability)
    chosen = worth + ask.rng.gumbel(size=len(worth))
    return Preference(np.zeros(len(worth)), chosen, weighed=True, at_random=True)


def _log_gain(ask: Ask, at: Array) -> Array:
    """Logarithm of the expected improvement, of one objective or of a front, `(m,)`."""
    several = ask.history.every_loss.shape[1] > 1
    return _log_front_gain(ask, at) if several else _log_improvement(ask, at)


def _log_improvement(ask: Ask, at: Array) -> Array:
    process, best = _surrogate(ask)
    return log_expected_improvement(*process.predict(at), best)


@lru_cache(maxsize=1)
def _surrogate(ask: Ask) -> tuple[Process, float]:
    """The process of the losses, and its least mean at a feasible candidate.

    Remembered, as it is asked for again each time the pool grows.
    """
    history = ask.history
    told = ~history.failed
    if _is_all_choices(ask.space):
        observed = _observed(ask, history.losses[told], told, normal_ranks)
    else:
        doubt = history.doubt[told]
        observed = _observed(ask, history.losses[told], told, softened, doubt)
    pending = surrogate_features(ask.space, history.pending)
    process = process_of(observed, pending)
    feasible = observed.features[history.feasible[told]]
    trained = pending[history.pending_trained]
    return process, float(process.predict(np.vstack([feasible, trained]))[0].min())


def _log_front_gain(ask: Ask, at: Array) -> Array:
    """Logarithm of the expected growth of what the feasible front dominates, `(m,)`."""
    history = ask.history
    told = ~history.failed
    pending = surrogate_features(ask.space, history.pending)
    processes = [
        process_of(_observed(ask, column, told, softened), pending)
        for column in history.every_loss[told].T
    ]
    means, stds = zip(*(process.predict(at) for process in processes), strict=True)
    trained = pending[history.pending_trained]
    believed = np.column_stack([process.predict(trained)[0] for process in processes])
    front = history.every_loss[history.feasible]
    reference, front = reference_point(front), np.vstack([front, believed])
    front = front[non_dominated(front)]
    return log_expected_hypervolume_improvement(
        np.column_stack(means), np.column_stack(stds), front, reference
    )


def _log_learned(ask: Ask, at: Array) -> Array:
    """Logarithm of the probability of all that only training shows, `(m,)`."""
    history = ask.history
    told = ~history.failed
    pending = surrogate_features(ask.space, history.pending)
    total = np.zeros(len(at))
    for limit in history.learned if told.any() else ():
        scale = partial(signed_logs, bound=limit.bound)
        observed = _observed(ask, limit.values[told], told, scale)
        total += log_chance_inside(*process_of(observed, pending).predict(at), 0.0)
    if told.any() and not told.all():
        every = np.ones(len(told), dtype=bool)
        observed = _observed(ask, np.where(told, -1.0, 1.0), every, np.asarray)
        total += log_chance_inside(*process_of(observed, pending).predict(at), 0.0)
    return total


def _observed(
    ask: Ask,
    values: Array,
    rows: Flags,
    scale: Callable[[Array], Array],
    doubt: Array | None = None,
) -> Observed:
    features = surrogate_features(ask.space, ask.history.units[rows])
    doubt = np.zeros(len(values)) if doubt is None else doubt
    return Observed(features, values, doubt, surrogate_groups(ask.space), scale)


def _best_few(history: History) -> NDArray[np.intp]:
    """Rows of the best feasible candidates; of the best at all while none is feasible."""
    rows = np.flatnonzero(history.feasible if history.feasible.any() else ~history.failed)
    return rows[np.argsort(history.losses[rows], kind="stable")[:BEST_FEW]]


def _is_all_choices(space: Space) -> bool:
    return all(getattr(p.domain, "ordered", True) is False for p in space.parameters)
