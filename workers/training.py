"""Training and evaluating: a plain loop over batches of images that lie in memory.

The order of the images and every other random choice of an epoch depend on (seed, epoch) alone, so
that a training that is resumed goes on as the uninterrupted one would have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .splits import Part
from .training_parameters import TRAINING_PARAMETERS, TrainingParameters

__all__ = [
    "TRAINING_PARAMETERS",
    "AtStep",
    "EpochResult",
    "TrainingParameters",
    "evaluate",
    "make_optimizer",
    "optimizer_of",
    "train_epoch",
    "train_step",
]

SEED_STRIDE = 1_000_003  # a prime over any number of epochs: no two trials share an epoch's order
EVALUATION_BATCH = 512  # at half as fast on a CPU; at double, activations begin to leave its caches

AtStep = Callable[[], object]


@dataclass(frozen=True)
class EpochResult:
    """What an epoch gave.

    Attributes:
        train_loss: mean over the epoch's batches, while they were learned from.
        loss: mean on the validation part, afterwards.
        error: share of the validation part classified wrongly.
        duration_s: of training and evaluating.
    """

    train_loss: float
    loss: float
    error: float
    duration_s: float


def make_optimizer(network: nn.Module, parameters: TrainingParameters) -> torch.optim.Optimizer:
    """The optimiser that a candidate asks for, of a network's weights."""
    return optimizer_of(network.parameters(), parameters)


def optimizer_of(
    weights: Iterable[Tensor], parameters: TrainingParameters
) -> torch.optim.Optimizer:
    """The optimiser that a candidate asks for."""
    rate, decay = parameters.learning_rate, parameters.weight_decay
    if parameters.optimizer == "adam":
        return torch.optim.Adam(weights, lr=rate, weight_decay=decay)
    if parameters.optimizer == "adamw":
        return torch.optim.AdamW(weights, lr=rate, weight_decay=decay)
    return torch.optim.SGD(weights, lr=rate, momentum=parameters.momentum, weight_decay=decay)


def train_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    *,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Learn from one batch.

    Returns:
        The mean loss before the step, a scalar without history.
    """
    optimizer.zero_grad()
    loss = functional.cross_entropy(network(x), y, label_smoothing=label_smoothing)
    loss.backward()  # type: ignore[no-untyped-call]  # torch
    optimizer.step()
    return loss.detach()


def train_epoch(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    parameters: TrainingParameters,
    *,
    train: Part,
    validation: Part,
    seed: int,
    epoch: int,
    at_step: AtStep = lambda: None,
) -> EpochResult:
    """Learn from each training image once, then evaluate.

    Args:
        network: on the device of the parts; changed.
        optimizer: of the network; changed.
        parameters: batch size and loss.
        train: is learned from.
        validation: is evaluated.
        seed: of the trial.
        epoch: from 1; with `seed` decides all that is random.
        at_step: called between steps, where others may take the device.
    """
    begin_s = time.perf_counter()
    torch.manual_seed((seed * SEED_STRIDE + epoch) % 2**63)
    network.train()
    order = torch.randperm(len(train)).to(train.y.device)
    total = torch.zeros((), device=train.y.device)
    for rows in torch.split(order, parameters.batch_size):
        at_step()
        x, y = train.x[rows], train.y[rows]
        loss = train_step(network, optimizer, x, y, label_smoothing=parameters.label_smoothing)
        total += loss * len(rows)
    error, loss_after = evaluate(network, validation, at_step=at_step)
    mean_loss = float(total) / len(train)
    return EpochResult(mean_loss, loss_after, error, time.perf_counter() - begin_s)


def evaluate(
    network: nn.Module, part: Part, *, at_step: AtStep = lambda: None
) -> tuple[float, float]:
    """Share of a part that is classified wrongly, and its mean loss.

    Side effects:
        Leaves the network in evaluation mode.
    """
    network.eval()
    wrong, loss = 0, 0.0
    with torch.inference_mode():
        images, labels = (torch.split(t, EVALUATION_BATCH) for t in (part.x, part.y))
        for x, y in zip(images, labels, strict=True):
            at_step()
            scores = network(x)
            wrong += int((scores.argmax(dim=1) != y).sum())
            loss += float(functional.cross_entropy(scores, y, reduction="sum"))
    return wrong / len(part), loss / len(part)
