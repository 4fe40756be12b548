"""One look at a pool: drawn, judged by the gate, ranked by the strategy; and the first that serves.

A pool is judged by the quick encoding. Whoever is about to be chosen is looked at exactly, and the
next one is taken if that says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Gate, Verdict, Verdicts
from ..constraints.predictor import Flags
from ..constraints.space import row_keys
from .gating import judge
from .history import History, history_of
from .plan import Plan
from .scalarising import scalarised
from .state import State
from .strategies.protocol import Ask, Preference
from .strategies.random_search import in_order_of_draw

# Candidates looked at exactly before a pool is given up. At half, a pool whose estimates are poor
# is drawn anew too soon; at double, many seconds are spent on it.
EXACT_LOOKS = 100
# Points that a pool grows around, and by how many each; chosen, not tuned.
PREFERRED = 10
NEIGHBOURS = 30
PROBE_COSTS = (0.02, 1.0)  # of a training; a probe takes a dispatch besides its seconds
UNKNOWN_PROBE_COST = 0.1  # while nothing was trained


@dataclass(frozen=True, eq=False)
class Screened:
    """A pool without duplicates, and what gate and strategy say of it.

    Attributes:
        plan: of the sweep.
        state: the snapshot.
        gate: of that snapshot.
        units: `(n, d)`.
        verdicts: the gate's, by the quick encoding.
        preference: the strategy's.
        ledgered: `(n,)` of bool, refused before; not wanted a second time.
        probe_cost: in trainings.
    """

    plan: Plan
    state: State
    gate: Gate
    units: Array
    verdicts: Verdicts
    preference: Preference
    ledgered: Flags
    probe_cost: float

    def first(
        self, scores: Array, serves: Callable[[Verdict], bool] = lambda verdict: True
    ) -> tuple[int, Verdict] | None:
        """The row of the greatest score that can be built and serves; ties go to the first drawn.

        Args:
            scores: `(n,)`; minus infinity for those that are out of the question.
            serves: by the exact verdict.
        """
        looks = 0
        for row in np.argsort(-scores, kind="stable"):
            if scores[row] == -np.inf or looks == EXACT_LOOKS:
                return None
            if not self.plan.buildable(self.plan.space.candidate(self.units[row])):
                continue
            verdict = self.verdict(int(row))
            if serves(verdict):
                return int(row), verdict
            looks += 1
        return None

    def verdict(self, row: int) -> Verdict:
        """The gate's word on one candidate, looked at exactly."""
        if self.plan.models.encoding.pairs() is None or not self.plan.gated:
            return self.verdicts[row]
        return judge(self.plan, self.state, self.gate, self.units[[row]], exact=True)[0]


def ask_of(plan: Plan, state: State) -> Ask:
    """What the strategy is given for the next suggestion."""
    history = history_of(state, plan.space, plan.objectives, plan.constraints)
    rng = trial_rng(plan, state)
    cost = _probe_cost(state, history)
    return Ask(plan.space, scalarised(history, rng), rng, plan.per_second, cost)


def _probe_cost(state: State, history: History) -> float:
    """Seconds of a probe over those of a training."""
    probes = [t.probe_s for t in state.trials.values() if t.probe_s is not None]
    seconds = history.seconds[np.isfinite(history.seconds) & (history.seconds > 0)]
    if not probes or not len(seconds):
        return UNKNOWN_PROBE_COST
    return float(np.clip(np.mean(probes) / seconds.mean(), *PROBE_COSTS))


def trial_rng(plan: Plan, state: State) -> np.random.Generator:
    """Chance for the next suggestion: a function of the seed and how many went before."""
    return np.random.default_rng([plan.seed, len(state.trials), len(state.rejections)])


def draw(plan: Plan, ask: Ask) -> Array:
    """The strategy's points first; then, if all can be looked at, the rest of them, `(n, d)`."""
    units = plan.in_list(plan.strategy.pool(ask, plan.pool_size))
    if plan.every is None:
        return units
    return np.vstack([units, plan.every[ask.rng.permutation(len(plan.every))]])


def screen(plan: Plan, state: State, gate: Gate, ask: Ask, units: Array, known: Array) -> Screened:
    """Judge and rank a pool, and let it grow around what the strategy prefers.

    Args:
        plan: of the sweep.
        state: the snapshot.
        gate: of that snapshot.
        ask: of that snapshot.
        units: `(n, d)` without duplicates.
        known: `(m, d)`, points that are out of the question.
    """
    screened = _ranked(plan, state, gate, ask, units, judge(plan, state, gate, units))
    for spread in plan.strategy.refinements if plan.every is None else ():
        if screened.preference.at_random:
            break
        near = _around_the_preferred(screened, ask, spread)
        fresh = first_of_new(near, np.vstack([screened.units, known]))
        units = np.vstack([screened.units, near[fresh]])
        verdicts = screened.verdicts.followed_by(judge(plan, state, gate, near[fresh]))
        screened = _ranked(plan, state, gate, ask, units, verdicts)
    return screened


def _around_the_preferred(screened: Screened, ask: Ask, spread: float) -> Array:
    """Neighbours of the points that the strategy wants most, `(n, d)`.

    Of admitted ones, and where refused ones may be measured, of these too.
    """
    admitted, probes = screened.verdicts.admitted, screened.plan.promise is not None
    order = np.argsort(-screened.preference.constrained, kind="stable")
    kinds = [order[admitted[order]], order[~admitted[order]][: len(order) if probes else 0]]
    rows = np.concatenate([kind[:PREFERRED] for kind in kinds])
    centres = np.repeat(screened.units[rows], NEIGHBOURS, axis=0)
    return ask.space.neighbours(centres, len(centres), ask.rng, spread=spread)


def _ranked(
    plan: Plan, state: State, gate: Gate, ask: Ask, units: Array, verdicts: Verdicts
) -> Screened:
    preference = _preferred(plan, ask, units, verdicts.probability)
    refused = plan.space.encode([rejected.candidate for rejected in state.rejections])
    before = set(row_keys(refused))
    ledgered = np.array([key in before for key in row_keys(units)], dtype=bool)
    return Screened(plan, state, gate, units, verdicts, preference, ledgered, ask.probe_cost)


def _preferred(plan: Plan, ask: Ask, units: Array, probability: Array) -> Preference:
    """The strategy's preference; where its model fails, the order of the draw, and why."""
    try:
        return plan.strategy.prefer(ask, units, probability)
    except Exception as error:  # a model that fails must not end a sweep; the journal says so
        return replace(in_order_of_draw(len(units)), note=f"{type(error).__name__}: {error}")


def first_of_new(units: Array, known: Array) -> Flags:
    """True for the first of equal points that are not known, `(n,)`.

    Args:
        units: `(n, d)`.
        known: `(m, d)`.
    """
    seen = set(row_keys(known))
    fresh = np.zeros(len(units), dtype=bool)
    for i, key in enumerate(row_keys(units)):
        fresh[i] = key not in seen
        seen.add(key)
    return fresh
