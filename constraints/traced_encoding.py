"""What a network does, beside its hyper-parameters, as features: exact for few, learned for many.

    exact   the work of the traced network: milliseconds a candidate
    quick   what Gaussian processes, fitted to a sample of traced candidates, say the work would be:
            microseconds a candidate

The trace is a function of the hyper-parameters without noise, so a hundred candidates teach it well
wherever it is smooth; how far predictions of cost are off because of it is measured by leaving
traced candidates out (`pairs`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .domains import Array
from .encoding import StructuralEncoding
from .errors import NetworkError
from .learners import Foreign, Process
from .log_features import LogScale

# Candidates traced to learn from. Measured on spaces of 5 to 12 parameters, 100 gave a median error
# of 5 % of a feature, 200 gave 1 % and took three times as long to learn.
SAMPLE = 120
FOLDS = 4
STILL = 1e-9  # a column whose logarithm varies less is the same for all

Trace = Callable[[Array], Array | None]


@dataclass(frozen=True, eq=False)
class TracedEncoding:
    """Structural parameters, then the columns of traced work.

    Attributes:
        structural: encodes the hyper-parameters.
        work_names: of the traced columns.
        trace: from units `(d,)` to traced work `(k,)`, not negative; None for a network that
            cannot be traced, of which estimates have to do.
        seed: of the sample.
        why: the reason that a network could not be traced, as `: reason`; empty if all could.
        sample_size: candidates traced to learn from.
    """

    structural: StructuralEncoding
    work_names: tuple[str, ...]
    trace: Trace
    seed: int
    why: Callable[[], str] = lambda: ""
    sample_size: int = SAMPLE

    @property
    def names(self) -> tuple[str, ...]:
        """See `Encoding`."""
        return (*self.structural.names, *self.work_names)

    def quick(self, units: Array) -> Array:
        """See `Encoding`."""
        z = self.structural.quick(units)
        return np.hstack([z, self._learned.predict(z)])

    def exact(self, units: Array) -> Array:
        """See `Encoding`."""
        z = self.structural.quick(units)
        traced = [self.trace(row) for row in units]
        lacking = [i for i, work in enumerate(traced) if work is None]
        work = np.zeros((len(units), len(self.work_names)))
        for i, row in enumerate(traced):
            if row is not None:
                work[i] = row
        if lacking:
            work[lacking] = self._learned.predict(z[lacking])
        return np.hstack([z, work])

    def pairs(self) -> tuple[Array, Array]:
        """See `Encoding`."""
        return self._pairs

    @cached_property
    def _sample(self) -> tuple[Array, Array]:
        """Structural features and traced work of the sample; at least two rows.

        Raises:
            NetworkError: if fewer networks can be traced.
        """
        rng = np.random.default_rng([self.seed, self.sample_size])
        units = self.structural.space.sample(4 * self.sample_size, rng)
        kept: list[tuple[Array, Array]] = []
        for row in units:
            work = self.trace(row)
            if work is not None:
                kept.append((row, work))
            if len(kept) == self.sample_size:
                break
        if len(kept) < 2:
            raise NetworkError(
                f"only {len(kept)} of {len(units)} networks of the space could be traced"
                f"{self.why()}; set `predictor: linear` to predict from hyper-parameters alone"
            )
        rows = np.array([row for row, _ in kept])
        return self.structural.quick(rows), np.array([work for _, work in kept])

    @cached_property
    def _learned(self) -> WorkMap:
        return WorkMap.of(*self._sample)

    @cached_property
    def _pairs(self) -> tuple[Array, Array]:
        z, work = self._sample
        fold = np.arange(len(z)) % min(FOLDS, len(z))
        estimated = np.empty_like(work)
        for left_out in np.unique(fold):
            held = fold == left_out
            estimated[held] = self._learned.again(z[~held], work[~held]).predict(z[held])
        return np.hstack([z, estimated]), np.hstack([z, work])


@dataclass(frozen=True, eq=False)
class WorkMap:
    """From structural features to traced work, a Gaussian process a column, in logarithms.

    Attributes:
        scale: of the features.
        learners: that were fitted, with the kernels they found; None for a column that is still.
        fitted: by column.
        centres: `(k,)`, mean logarithm of each column.
        low: `(k,)`, least logarithm seen.
        high: `(k,)`, greatest logarithm seen.
    """

    scale: LogScale
    learners: tuple[Process | None, ...]
    fitted: tuple[Foreign | None, ...]
    centres: Array
    low: Array
    high: Array

    @staticmethod
    def of(z: Array, work: Array) -> WorkMap:
        """Learn from `(n, D)` features and `(n, k)` work."""
        scale, logs = LogScale.of(z), np.log1p(work)
        columns = scale.transform(z)
        learners = tuple(
            Process().conditioned(columns, y - y.mean()) if y.std() > STILL else None
            for y in logs.T
        )
        return _conditioned(scale, learners, columns, logs)

    def again(self, z: Array, work: Array) -> WorkMap:
        """The same kernels on other rows."""
        return _conditioned(self.scale, self.learners, self.scale.transform(z), np.log1p(work))

    def predict(self, z: Array) -> Array:
        """Estimated work, `(n, k)`, within twice what was seen to either side."""
        logs = np.tile(self.centres, (len(z), 1))
        if not len(z):
            return logs
        columns = self.scale.transform(z)
        for k, process in enumerate(self.fitted):
            if process is not None:
                logs[:, k] += process.regressor.predict(columns)
        reach = np.log(2.0)
        return np.asarray(np.expm1(np.clip(logs, np.maximum(self.low - reach, 0.0),
                                           self.high + reach)))  # fmt: skip


def _conditioned(
    scale: LogScale, learners: tuple[Process | None, ...], columns: Array, logs: Array
) -> WorkMap:
    centres = logs.mean(axis=0)
    fitted = tuple(
        None if learner is None else learner.fit(columns, logs[:, k] - centres[k])
        for k, learner in enumerate(learners)
    )
    return WorkMap(scale, learners, fitted, centres, logs.min(axis=0), logs.max(axis=0))
