"""Several variants of one sweep with their repeats, put side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .account import Account, account_of
from .curves import Curve, incumbent_curve
from .protocol import Variant
from .quality import Quality
from .spec import Spec
from .summary import Summary, summarise
from .sweep import Sweep


@dataclass(frozen=True, eq=False)
class Repeat:
    """One run of a comparison, in numbers.

    Attributes:
        seed: of the run.
        summary: what it found and what it cost.
        curve: its incumbent.
        account: what it took, broke, refused and foresaw.
    """

    seed: int
    summary: Summary
    curve: Curve
    account: Account


@dataclass(frozen=True, eq=False)
class Arm:
    """One variant with all its repeats, in the order of their seeds."""

    variant: Variant
    repeats: Sequence[Repeat]

    @property
    def name(self) -> str:
        """Of the variant."""
        return self.variant.name

    @property
    def seeds(self) -> list[int]:
        """One a repeat."""
        return [repeat.seed for repeat in self.repeats]

    @property
    def curves(self) -> list[Curve]:
        """One a repeat."""
        return [repeat.curve for repeat in self.repeats]

    @property
    def summaries(self) -> list[Summary]:
        """One a repeat."""
        return [repeat.summary for repeat in self.repeats]

    @property
    def accounts(self) -> list[Account]:
        """One a repeat."""
        return [repeat.account for repeat in self.repeats]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All arms that have a repeat.

    Attributes:
        spec: of all runs.
        arms: in the order they were asked for.
        quality: what the losses of all curves are.
        complete: whether every run is there, and finished.
        interrupted: whether somebody stopped it before its end.
        failed: runs that failed and are left out, a line each, under one that says so.
        remarks: other lines that must be said with every table.
    """

    spec: Spec
    arms: Sequence[Arm]
    quality: Quality
    complete: bool
    interrupted: bool = False
    failed: Sequence[str] = ()
    remarks: Sequence[str] = ()

    @staticmethod
    def of(
        spec: Spec,
        sweeps: Mapping[Variant, Sequence[Sweep]],
        *,
        complete: bool,
        interrupted: bool = False,
        failed: Sequence[str] = (),
        remarks: Sequence[str] = (),
    ) -> Comparison:
        """From the sweeps of each variant, in the order of their seeds."""
        runs = [(s.plan, s.state) for repeats in sweeps.values() for s in repeats]
        quality = Quality.of(spec.objectives, runs)
        arms = [
            Arm(variant, [_repeat(sweep, quality) for sweep in repeats])
            for variant, repeats in sweeps.items()
            if repeats
        ]
        return Comparison(spec, arms, quality, complete, interrupted, failed, remarks)

    @property
    def notes(self) -> list[str]:
        """All that must be said with every table."""
        return [*self.failed, *self.remarks]

    @property
    def common_seeds(self) -> list[int]:
        """Seeds that every arm has."""
        return common_seeds(self.arms)

    def seeds_line(self) -> str:
        """How many repeats there are, and of which seeds where the arms differ in them.

        What is paired is paired over the seeds that both arms have.
        """
        if len({tuple(arm.seeds) for arm in self.arms}) <= 1:
            count = len(self.arms[0].repeats) if self.arms else 0
            return f"{count} seeds a strategy" if count != 1 else "1 seed a strategy: no spread"
        seeds = "; ".join(f"{arm.name} {', '.join(map(str, arm.seeds))}" for arm in self.arms)
        return f"UNEQUAL SEEDS ({seeds}), pairs are made of equal ones only"


def common_seeds(arms: Sequence[Arm]) -> list[int]:
    """Seeds that each of some arms has, in order."""
    return sorted(set.intersection(*(set(arm.seeds) for arm in arms))) if arms else []


def _repeat(sweep: Sweep, quality: Quality) -> Repeat:
    plan, state = sweep.plan, sweep.state
    curve = incumbent_curve(plan, state, quality)
    return Repeat(
        sweep.spec.seed, summarise(plan, state, sweep.judged), curve, account_of(plan, state)
    )
