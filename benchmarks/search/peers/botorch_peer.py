"""BoTorch: one Gaussian process for the loss and one for each limit, constrained log EI.

`qLogExpectedImprovement` with the limits as outcome constraints. Where the candidates are a list
that fits in memory, all of them are looked at; in a box the acquisition is optimised by gradients
and the benchmark takes the nearest candidate. The loss is learned from what was trained, limits
from all that was probed. Nothing trained yet: a candidate that the limits' models hold feasible.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood
from protocol import Peer, serve
from torch import Tensor

INITIAL = 5  # trained before the loss is modelled
SAMPLES, RESTARTS, RAW = 128, 8, 256
CHUNK = 1024  # rows of a list that are looked at together


class BotorchPeer:
    """Models fitted anew for each suggestion."""

    def __init__(self, start: dict[str, Any]) -> None:
        warnings.simplefilter("ignore")
        torch.set_default_dtype(torch.double)
        torch.set_num_threads(1)
        torch.manual_seed(start["seed"])
        self.seed = start["seed"]
        self.limits: list[str] = start["limits"]
        self.rows = None if start["points"] is None else torch.tensor(start["points"])
        self.width = start["width"]
        self.taken: set[tuple[float, ...]] = set()
        self.points: list[list[float]] = []
        self.losses: list[float | None] = []
        self.violations: list[list[float]] = []

    def warm(self, point: list[float], violations: dict[str, float]) -> None:
        """A row of the limits' models."""
        self.points.append(point)
        self.losses.append(None)
        self.violations.append([violations[name] for name in self.limits])

    def ask(self) -> dict[str, Any]:
        """A row of the list, or a point of the box."""
        if sum(loss is not None for loss in self.losses) < INITIAL:
            score = self._feasibility()
        else:
            score = self._improvement()
        return self._best(score)

    def tell(
        self, point: list[float], loss: float | None, violations: dict[str, float], failed: bool
    ) -> None:
        """Of a failed training the limits are known."""
        self.points.append(point)
        self.losses.append(loss)
        self.violations.append([violations[name] for name in self.limits])
        self.taken.add(tuple(round(x, 9) for x in point))

    def _feasibility(self) -> Callable[[Tensor], Tensor]:
        """Random among what is held feasible; all random while nothing is known."""
        models = self._limit_models() if len(self.points) >= 2 and self.limits else []

        def score(x: Tensor) -> Tensor:
            chance = torch.rand(len(x)) * 1e-3
            for model in models:
                seen = model.posterior(x.squeeze(1))
                z = -seen.mean.squeeze(-1) / seen.variance.sqrt().squeeze(-1)
                chance = chance + torch.distributions.Normal(0, 1).cdf(z).log().clamp(-50).clamp(
                    max=-0.7
                )
            return chance

        return score

    def _improvement(self) -> Callable[[Tensor], Tensor]:
        trained = [i for i, loss in enumerate(self.losses) if loss is not None]
        gains = -torch.tensor([[self.losses[i]] for i in trained])
        models = [_fit(torch.tensor([self.points[i] for i in trained]), gains)]
        models += self._limit_models()
        kept = [self.losses[i] for i in trained if max(self.violations[i], default=0.0) <= 0]
        best = -min(kept) if kept else float(gains.min())
        constraints = [lambda z, i=i: z[..., i] for i in range(1, len(models))]
        return qLogExpectedImprovement(
            ModelListGP(*models),
            best_f=best,
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=self.seed),
            objective=GenericMCObjective(lambda z, X=None: z[..., 0]),
            constraints=constraints or None,
        )

    def _limit_models(self) -> list[SingleTaskGP]:
        points, values = torch.tensor(self.points), torch.tensor(self.violations)
        return [_fit(points, values[:, [i]]) for i in range(len(self.limits))]

    def _best(self, score: Callable[[Tensor], Tensor]) -> dict[str, Any]:
        if self.rows is not None:
            free = [
                i for i, row in enumerate(self.rows.tolist())
                if tuple(round(x, 9) for x in row) not in self.taken
            ]  # fmt: skip
            with torch.no_grad():
                parts = [score(self.rows[free[i : i + CHUNK]].unsqueeze(1))
                         for i in range(0, len(free), CHUNK)]  # fmt: skip
            return {"row": free[int(torch.cat(parts).argmax())]}
        if not isinstance(score, qLogExpectedImprovement):
            drawn = torch.rand(RAW, self.width)
            with torch.no_grad():
                return {"point": drawn[int(score(drawn.unsqueeze(1)).argmax())].tolist()}
        bounds = torch.stack([torch.zeros(self.width), torch.ones(self.width)])
        found, _ = optimize_acqf(score, bounds, q=1, num_restarts=RESTARTS, raw_samples=RAW)
        return {"point": found[0].tolist()}


def _fit(points: Tensor, values: Tensor) -> SingleTaskGP:
    model = SingleTaskGP(points, values, outcome_transform=Standardize(1))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model


def make(start: dict[str, Any]) -> Peer:
    """One form."""
    return BotorchPeer(start)  # type: ignore[return-value]  # it works on points


if __name__ == "__main__":
    serve(make)
