"""BoTorch's models and acquisitions behind plain arrays; the one place that imports BoTorch.

One Gaussian process an outcome (objectives and learned constraints), with noise. A kernel is fitted
anew when the observations have grown by a fifth and is a function of the first of them alone, so
that a resumed sweep has the same one. Chance is that of a seed, and torch's own state is left as
it was.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...constraints.domains import Array
from ...constraints.growth import refit_at
from ..pareto import reference_point

with warnings.catch_warnings():  # their own use of what torch gives up
    warnings.simplefilter("ignore", FutureWarning)
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
    from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
    from botorch.acquisition.objective import GenericMCObjective
    from botorch.exceptions.errors import ModelFittingError
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.sampling.normal import SobolQMCNormalSampler
    from gpytorch.mlls import ExactMarginalLogLikelihood

# Of the posterior. At half, near candidates are ranked by chance; at double, twice the time.
SAMPLES = 64
AT_ONCE = 500  # candidates evaluated together: with 100 observations, 40 MB of covariances

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Observed:
    """What an acquisition learns from.

    Attributes:
        features: `(n, D)` in [0, 1].
        losses: `(n, k)`, of all objectives.
        feasible: `(n,)` of bool; only these are improved on.
        limits: values `(n,)` of each learned constraint, as losses, and its bound.
        pending: `(m, D)` of candidates under way.
    """

    features: Array
    losses: Array
    feasible: NDArray[np.bool_]
    limits: tuple[tuple[Array, float], ...]
    pending: Array

    def without_limits(self) -> Observed:
        """The same, for one who knows no constraint."""
        return replace(self, limits=())

    @property
    def outcomes(self) -> Array:
        """Losses, then values of the learned constraints, `(n, k + c)`."""
        return np.column_stack([self.losses, *(values for values, _ in self.limits)])


def log_acquisition(observed: Observed, at: Array, *, seed: int) -> Array:
    """The logarithm of the noisy expected (hypervolume) improvement at some points.

    Args:
        observed: with at least one feasible row.
        at: `(m, D)`.
        seed: of the samples.

    Returns:
        `(m,)`; comparable with each other only.
    """
    with _quietly(seed), torch.no_grad():
        acquisition = _acquisition(observed, seed)
        points = torch.from_numpy(at).unsqueeze(1)
        parts = [acquisition(points[i : i + AT_ONCE]) for i in range(0, len(points), AT_ONCE)]
        found = torch.cat(parts).numpy() if parts else np.zeros(0)
    return np.nan_to_num(np.asarray(found, dtype=np.float64), nan=-np.inf, neginf=-np.inf)


def _acquisition(observed: Observed, seed: int) -> Callable[[Tensor], Tensor]:
    objectives = observed.losses.shape[1]
    shared: dict[str, Any] = {
        "model": _model(observed),
        "X_baseline": torch.from_numpy(observed.features[observed.feasible]),
        "sampler": SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed),
        "X_pending": torch.from_numpy(observed.pending) if len(observed.pending) else None,
        "constraints": _constraints(observed) or None,
        "prune_baseline": True,
    }
    if objectives == 1:
        objective = GenericMCObjective(lambda samples, X=None: -samples[..., 0])
        return qLogNoisyExpectedImprovement(**shared, objective=objective)  # type: ignore[no-any-return]
    worst = reference_point(observed.losses[observed.feasible])
    several = GenericMCMultiOutputObjective(lambda samples, X=None: -samples[..., :objectives])
    return qLogNoisyExpectedHypervolumeImprovement(  # type: ignore[no-any-return]
        **shared, objective=several, ref_point=torch.from_numpy(-worst)
    )


def _constraints(observed: Observed) -> list[Callable[[Tensor], Tensor]]:
    """Of samples; not above 0 where one holds."""
    first = observed.losses.shape[1]

    def over(column: int, bound: float) -> Callable[[Tensor], Tensor]:
        return lambda samples: samples[..., column] - bound

    return [over(first + i, bound) for i, (_, bound) in enumerate(observed.limits)]


def _model(observed: Observed) -> ModelListGP:
    columns = observed.outcomes.T
    return ModelListGP(*(_process(observed.features, column) for column in columns))


def _process(features: Array, values: Array) -> SingleTaskGP:
    """The process of all observations, with the kernel of the first of them."""
    first = refit_at(len(values))
    kernel = _fit(features[:first].tobytes(), values[:first].tobytes(), features.shape[1])
    model = _untrained(features, values)
    scale = model.outcome_transform.state_dict(prefix="outcome_transform.")
    model.load_state_dict({**kernel, **scale})  # values are standardised by all observations
    model.eval()
    return model


@lru_cache(maxsize=16)
def _fit(features: bytes, values: bytes, dimensions: int) -> dict[str, Tensor]:
    """What was fitted, by name; the last few are remembered.

    Args:
        features: `(n, D)` of float64, as bytes.
        values: `(n,)`, likewise.
        dimensions: `D`.
    """
    y = np.frombuffer(values)
    model = _untrained(np.frombuffer(features).reshape(len(y), dimensions), y)
    try:
        with torch.enable_grad():
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    except ModelFittingError as error:
        _log.warning("a model could not be fitted, its kernel stays the prior's: %s", error)
        model = _untrained(np.frombuffer(features).reshape(len(y), dimensions), y)
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _untrained(features: Array, values: Array) -> SingleTaskGP:
    x = torch.from_numpy(np.array(features, dtype=np.float64))
    return SingleTaskGP(x, torch.from_numpy(np.array(values, dtype=np.float64)).unsqueeze(-1))


@contextmanager
def _quietly(seed: int) -> Iterator[None]:
    """Own chance, and no word of inputs that are constant or fits that took another attempt."""
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        yield
