"""A trial's work, as a stream of messages: build, probe, train, evaluate."""

from __future__ import annotations

import importlib
import math
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from ..constraints.metrics import as_loss
from .checkpoints import Checkpoints, load_weights
from .device_lock import DeviceLock, lock_of
from .dispatch import CONFIRMING_FACTOR, Dispatch, Orders
from .faults import end_of
from .messages import Message, completed, infeasible, probed, queued, reported, stopped
from .meters.devices import meters_for
from .meters.protocol import Meter
from .meters.visible_gpus import uuid_of_torch
from .networks.registry import find_family
from .probe import Probe, first_images
from .splits import Splits, load_task
from .training import TrainingParameters, evaluate, make_optimizer, train_epoch
from .verdict import Verdict, judge


class Workload(Protocol):
    """Does what a dispatch asks."""

    def run(self, dispatch: Mapping[str, Any]) -> Iterator[Message]:
        """Work on one trial.

        Args:
            dispatch: plain dict from the driver.

        Returns:
            Messages (see `messages.py`), the last and only the last an end. Faults of the
            candidate are ends, not exceptions.
        """
        ...


@dataclass(frozen=True)
class Built:
    """A network and all that is needed to work with it.

    Attributes:
        network: untrained, on the device.
        splits: in main memory.
        parameters: of training.
        lock: of the device.
    """

    network: nn.Module
    splits: Splits
    parameters: TrainingParameters
    lock: DeviceLock


class Stopwatch:
    """Seconds since it was made, pauses left out."""

    def __init__(self) -> None:
        self._begin_s = time.perf_counter()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.perf_counter() - self._begin_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What passes meanwhile does not count."""
        begin_s = time.perf_counter()
        yield
        self._begin_s += time.perf_counter() - begin_s


@dataclass(frozen=True)
class TorchWorkload:
    """Image classification with a family of torch networks."""

    orders: Orders

    def run(self, dispatch: Mapping[str, Any]) -> Iterator[Message]:
        """See `Workload`."""
        try:
            yield from self._work(Dispatch.of(dispatch))
        except Exception as error:  # becomes the trial's end, with its traceback
            yield end_of(error, dispatch.get("bounded") or dispatch.get("bounds") or ())

    def _work(self, dispatch: Dispatch) -> Iterator[Message]:
        watch = Stopwatch()
        torch.set_num_threads(self.orders.threads)
        lock = self._lock(dispatch)
        meter = self._meter(dispatch) if self.orders.device != "cuda" else None
        if meter is None:
            with lock.turn() as turn:  # the CUDA context is weighed, while nobody else allocates
                with watch.paused():
                    yield from (queued(behind) for behind in turn.queue_to_probe())
                meter = self._meter(dispatch)
        with lock.turn() as turn:  # loading and building would disturb another trial's probe
            with watch.paused():
                yield from (queued(behind) for behind in turn.queue_to_train())
            probe, built = self._build(dispatch, lock, meter)
        verdict = Verdict((), (), False)
        if dispatch.metrics:
            with lock.turn() as turn:
                with watch.paused():
                    yield from (queued(behind) for behind in turn.queue_to_probe())
                verdict = self._measure(dispatch, probe)
        yield probed(
            verdict.measurements,
            broken=verdict.broken,
            borderline=verdict.borderline,
            parameters=sum(p.numel() for p in built.network.parameters() if p.requires_grad),
            duration_s=watch.seconds,
            place=_placed(lock.device),
        )
        if dispatch.purpose == "profile":
            yield completed({})
        elif dispatch.purpose == "confirm":
            yield completed(self._evaluate(built) if dispatch.finalist else {})
        elif verdict.broken:
            yield infeasible("budget", verdict.broken, _over(verdict, dispatch.bounds))
        elif dispatch.purpose == "probe":
            yield completed({})
        else:
            yield from self._train(dispatch, built)

    def _lock(self, dispatch: Dispatch) -> DeviceLock:
        orders = self.orders
        return lock_of(
            _device_key(orders.torch_device),
            orders.locks,
            holder=f"trial {dispatch.trial_id} of {orders.run} (process {os.getpid()})",
            limit_s=orders.wait_s,
        )

    def _meter(self, dispatch: Dispatch) -> Meter:
        orders = self.orders
        return meters_for(orders.device, orders.threads, dispatch.seed, orders.power_correction)

    def _build(self, dispatch: Dispatch, lock: DeviceLock, meter: Meter) -> tuple[Probe, Built]:
        orders = self.orders
        config = orders.config(dispatch.candidate)
        parameters = TrainingParameters.of(config, orders.batch_size)
        family = find_family(orders.family)
        splits = load_task(orders.task)
        family.check(config, splits.input_shape, splits.classes)
        torch.manual_seed(dispatch.seed)
        network = family.build(config, splits.input_shape, splits.classes).to(orders.torch_device)
        if dispatch.weights is not None:
            load_weights(orders.checkpoints / dispatch.weights, network)
        inference = first_images(splits.validation, orders.probe_batch_size)
        training = first_images(splits.train, parameters.batch_size)
        probe = Probe(network, parameters, inference, training, meter, orders.torch_device)
        return probe, Built(network, splits, parameters, lock)

    def _measure(self, dispatch: Dispatch, probe: Probe) -> Verdict:
        window = self.orders.window
        longer = window.longer(CONFIRMING_FACTOR)
        first = longer if dispatch.finalist else window
        bounds = {} if dispatch.purpose == "profile" else dispatch.bounds
        measured = probe.measure(dispatch.metrics, first)
        return judge(measured, bounds, lambda metrics: probe.measure(metrics, longer))

    def _evaluate(self, built: Built) -> dict[str, float]:
        splits = built.splits.to(self.orders.torch_device)
        with built.lock.shared() as share:
            test, _ = evaluate(built.network, splits.test, at_step=share.yield_to_probes)
            again, _ = evaluate(built.network, splits.validation, at_step=share.yield_to_probes)
        return {"test_error": test, "validation_error": again}

    def _train(self, dispatch: Dispatch, built: Built) -> Iterator[Message]:
        splits = built.splits.to(self.orders.torch_device)
        network, parameters = built.network, built.parameters
        optimizer = make_optimizer(network, parameters)
        checkpoints = Checkpoints(self.orders.checkpoints, dispatch.trial_id)
        start = checkpoints.resume(dispatch.resume_epoch, network, optimizer)
        best = start.best
        for epoch in range(start.epoch + 1, self.orders.epochs + 1):
            with built.lock.shared() as share:  # let go before a message waits to be taken
                result = train_epoch(
                    network,
                    optimizer,
                    parameters,
                    train=splits.train,
                    validation=splits.validation,
                    seed=dispatch.seed,
                    epoch=epoch,
                    at_step=share.yield_to_probes,
                )
            if not (math.isfinite(result.train_loss) and math.isfinite(result.loss)):
                yield stopped("diverged", f"the loss of epoch {epoch} is not finite")
                return
            metrics = {
                "error": result.error,
                "accuracy": 1.0 - result.error,
                "loss": result.loss,
                "train_loss": result.train_loss,
            }
            selected_by = self.orders.selected_by
            loss = as_loss(selected_by, metrics[selected_by])
            if loss < best:
                best = loss
                checkpoints.save_best(epoch, network)
            path = checkpoints.save(epoch, network, optimizer, best)
            yield reported(epoch, metrics, checkpoint=path, duration_s=result.duration_s)
        yield completed({})


def load_workload(workload: Mapping[str, Any]) -> Workload:
    """The work that a plain dict describes.

    Args:
        workload: as the driver sends it; `factory` (`package.module:callable`) names what makes
            the workload from it, if that is not `TorchWorkload`.
    """
    if "factory" not in workload:
        return TorchWorkload(Orders.of(workload))
    module, _, name = workload["factory"].partition(":")
    factory: Callable[[Mapping[str, Any]], Workload] = getattr(
        importlib.import_module(module), name
    )
    return factory(workload)


def _device_key(device: str) -> str:
    if device == "cuda":
        return uuid_of_torch(torch.cuda.get_device_properties(0).uuid)
    return device


def _placed(device: str) -> str:
    """A device with its machine, for people; a CPU's key names it already."""
    return device if "@" in device else f"{device}@{socket.gethostname()}"


def _over(verdict: Verdict, bounds: Mapping[str, float]) -> str:
    values = {m.metric: m.value for m in verdict.measurements}
    says = (f"{m} is {values[m]:.4g}, allowed {bounds[m]:.4g}" for m in verdict.broken)
    return "measured over its bound: " + "; ".join(says)
