"""A candidate's network and optimiser, made where they are needed: in a worker or a tracer.

Nothing here imports torch before it is called, so that the driver can hand these over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .networks.registry import find_family
from .training_parameters import TrainingParameters

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


@dataclass(frozen=True)
class NetworkBuilder:
    """Makes networks of a family.

    Attributes:
        family: its name.
        fixed: hyper-parameters that all candidates share.
        input_shape: of one item.
        classes: to tell apart.
    """

    family: str
    fixed: Mapping[str, Any]
    input_shape: tuple[int, ...]
    classes: int

    def __call__(self, candidate: Mapping[str, Any]) -> nn.Module:
        """The network of a candidate, untrained.

        Raises:
            NetworkError: if it cannot be built.
        """
        config = {**self.fixed, **candidate}
        family = find_family(self.family)
        family.check(config, self.input_shape, self.classes)
        return family.build(config, self.input_shape, self.classes)


@dataclass(frozen=True)
class OptimizerBuilder:
    """Makes the optimiser that a candidate asks for."""

    parameters: TrainingParameters

    def __call__(self, weights: Iterable[Tensor]) -> Optimizer:
        """The optimiser of some weights."""
        from .training import optimizer_of

        return optimizer_of(weights, self.parameters)


@dataclass(frozen=True)
class Loss:
    """Cross entropy with the candidate's label smoothing."""

    parameters: TrainingParameters

    def __call__(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The mean over a batch."""
        from torch.nn import functional

        smoothing = self.parameters.label_smoothing
        return functional.cross_entropy(scores, labels, label_smoothing=smoothing)
