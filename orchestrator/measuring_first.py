"""What a careful strategy has measured before anything more is trained.

A probe costs seconds, a training minutes, and a measured candidate needs no prediction: inside the
budget it is admitted from then on, outside it teaches where the border is, and neither can break
the promise, as nothing is trained. So the search measures what its gate refuses and the strategy
wants more than what would be trained next, up to a share of the seconds (`constraints/promise.py`),
and what the gate admits but is likelier to break the budget than is promised; each once, as a
device whose readings are spoiled would spoil the next one too.
"""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Verdict
from ..constraints.predictor import Flags
from .plan import Plan
from .screening import Screened, first_of_new
from .state import State, Trial

Found = tuple[int, Verdict]  # a row of a pool, and the exact verdict
WORTH_MEASURING = 0.1  # more that an unsure candidate must promise beyond a sure one


def sure_instead(plan: Plan, screened: Screened, chosen: Found | None) -> Found | None:
    """In place of an unsure candidate one that is sure to fit, if that is worth hardly less.

    Around what was measured inside there is always one that promises a little more, and would have
    to be measured in turn.
    """
    if chosen is None or plan.promise is None or not screened.preference.weighed:
        return chosen
    enough = plan.promise.sure_from
    if chosen[1].probability >= enough:
        return chosen
    scores, verdicts = screened.preference.constrained, screened.verdicts
    sure = verdicts.admitted & (verdicts.probability >= enough)
    near = scores >= scores[chosen[0]] - np.log1p(WORTH_MEASURING)
    found = screened.first(
        np.where(sure & near, scores, -np.inf),
        lambda verdict: verdict.admitted and verdict.probability >= enough,
    )
    return found or chosen


def measured_first(
    plan: Plan, state: State, screened: Screened, chosen: Found | None
) -> Found | None:
    """A candidate to be measured now; None if the chosen one is to be trained, or nothing is left.

    Args:
        plan: of the sweep.
        state: the snapshot.
        screened: of that snapshot.
        chosen: the admitted one to be trained next; its training takes the measurement over, so
            that measuring it first costs a dispatch, and a probe only if it is outside.
    """
    promise = plan.promise
    if promise is None or not plan.gated or not screened.preference.weighed:
        return None
    since, scores = _probes_since_a_training(state), screened.preference.constrained
    probed = plan.space.encode([trial.candidate for trial in state.of("probe")])
    fresh = first_of_new(screened.units, probed)
    if chosen is None:
        in_vain = sum(not trial.verdict.admitted for trial in since)
        if in_vain >= promise.in_vain / 2:  # before it is given up, the likeliest ones
            scores = screened.verdicts.probability
        return _first_refused(screened, scores, fresh) if in_vain < promise.in_vain else None
    beyond = sum(not trial.verdict.admitted for trial in state.of("probe"))
    if promise.may_probe(len(state.of("train")), beyond, screened.probe_cost):
        better = scores > scores[chosen[0]]
        wanted = _first_refused(screened, scores, fresh & better)
        if wanted is not None:
            return wanted
    unsure = fresh[chosen[0]] and chosen[1].probability < promise.sure_from
    return chosen if unsure and promise.probe_share and len(since) < promise.in_vain else None


def _first_refused(screened: Screened, scores: Array, among: Flags) -> Found | None:
    """The best of what the gate refuses by a prediction, among some."""
    among = among & ~screened.verdicts.admitted
    if screened.verdicts.measured is not None:
        among = among & ~screened.verdicts.measured
    return screened.first(np.where(among, scores, -np.inf), lambda verdict: not verdict.admitted)


def _probes_since_a_training(state: State) -> list[Trial]:
    """Those that were only measured since the last one was sent to train."""
    trials = [trial for trial in state.trials.values() if not trial.withdrawn]
    since = takewhile(lambda trial: trial.purpose != "train", reversed(trials))
    return [trial for trial in since if trial.purpose == "probe"]
