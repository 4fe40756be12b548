"""A sweep as counters and gauges: what a monitor shows of it at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .confirmation import front
from .outcomes import values_of
from .plan import Plan
from .state import State


@dataclass(frozen=True)
class Reading:
    """One number.

    Attributes:
        name: with the unit; a counter's ends in `_total`.
        means: in words.
        value: as of now; a counter's since the sweep began.
        tags: that tell it from others of its name.
    """

    name: str
    means: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")


def readings(plan: Plan, state: State) -> Iterator[Reading]:
    """All numbers of a sweep; one that nothing is known of yet is left out."""
    ends = Counter(
        (t.purpose, type(t.end).__name__.lower()) for t in state.trials.values() if t.end
    )
    for (purpose, end), count in ends.items():
        tags = {"purpose": purpose, "end": end}
        yield Reading("hyperwatt_trials_total", "trials by how they ended", count, tags)
    choices = [r for r in state.rejections if not r.withdrawn]
    for metric, count in Counter(m for r in choices for m in r.verdict.broken).items():
        means = "candidates predicted to break a bound, and not dispatched"
        yield Reading("hyperwatt_rejections_total", means, count, {"metric": metric})
    training = sum(trial.running for trial in state.of("train"))
    yield Reading("hyperwatt_trainings_running", "trainings under way", training)
    yield Reading("hyperwatt_running_time_s", "running time of the sweep", state.now_s)
    yield from _best(plan, state)


def _best(plan: Plan, state: State) -> Iterator[Reading]:
    """Of each objective alone, where there are several."""
    best = [values_of(trial, plan.objectives) for trial in front(plan, state)]
    for objective, column in zip(plan.objectives, zip(*best, strict=True), strict=False):
        known = [value for value in column if value is not None]
        if known:
            name, means = f"hyperwatt_best_feasible_{objective.metric}", f"{objective} so far"
            yield Reading(name, means, min(known, key=objective.loss))
