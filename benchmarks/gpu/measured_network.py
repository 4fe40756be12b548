"""Measures one network in a process of its own, by the product's probe and meters.

A fresh process for each network, as in a sweep: what an earlier one loaded and reserved would count
as memory of the next, and one that dies takes nobody with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers.child import Child
from hyperwatt.workers.messages import Message, completed, is_end, probed

from .chunk import Bench
from .subject import Subject

INFERENCE = ("latency_s", "memory_bytes", "power_w", "energy_j")
TRAINING = ("train_latency_s", "train_memory_bytes", "train_power_w")
SILENCE_S = 400.0  # a network that was not heard of for so long hangs; probes take half a minute
FACTORY = f"{__name__}:NetworkWorkload"


def measure(
    bench: Bench, subject: Subject, metrics: Sequence[str], seed: int = 0
) -> dict[str, Any]:
    """Build a network in a child and measure it.

    Args:
        bench: says where.
        subject: the network.
        metrics: full names; what the device cannot tell is absent, with its reason.
        seed: of weights and inputs.

    Returns:
        `subject`, `measured` by metric, `absent` (reasons by metric), and how it ended.
    """
    workload = {
        "factory": FACTORY,
        "device": bench.device,
        "subject": subject.to_dict(),
        "window": asdict(bench.window),
    }
    dispatch = {"metrics": list(metrics), "seed": seed, "bounded": list(metrics)}
    found: dict[str, Any] = {"subject": subject.to_dict(), "measured": {}, "absent": {}}
    for message in said_by(workload, dispatch):
        if message["event"] == "probed":
            found["measured"] = {row["metric"]: row for row in message["measurements"]}
            found["absent"] = message["absent"]
        elif is_end(message):
            found["end"] = {k: message[k] for k in ("event", "reason", "message") if k in message}
    return found


def said_by(workload: Mapping[str, Any], dispatch: Mapping[str, Any]) -> Iterator[Message]:
    """All that a child says of its trial; it is gone afterwards."""
    child = Child.start(workload, dispatch)
    try:
        while True:
            message = child.next_message(SILENCE_S)
            yield message
            if is_end(message):
                return
    finally:
        child.stop()


def values_of(piece: Mapping[str, Any], metric: str) -> Measurement | None:
    """A metric of a measured network; None where it is absent."""
    row = piece["measured"].get(metric)
    return None if row is None else Measurement.from_dict(row)


@dataclass(frozen=True)
class NetworkWorkload:
    """A `Workload` that measures one network; lives in the child."""

    workload: Mapping[str, Any]

    def run(self, dispatch: Mapping[str, Any]) -> Iterator[Message]:
        """See `Workload`; exceptions become the trial's end."""
        import torch

        from hyperwatt.workers.device_lock import lock_of
        from hyperwatt.workers.meters.devices import meters_for
        from hyperwatt.workers.meters.protocol import Window

        begin_s = time.perf_counter()
        torch.set_num_threads(1)
        device = self.workload["device"]
        meter = meters_for(device, 1, dispatch["seed"])  # weighs the context before tensors
        can, cannot = meter.can_measure(), meter.cannot_measure()
        with lock_of(_key_of(device), holder="the check of a real device").exclusive():
            probe, parameters = self._probe(dispatch["seed"], meter)
            wanted = [metric for metric in dispatch["metrics"] if metric in can]
            measured = probe.measure(wanted, Window(**self.workload["window"]))
        message = probed(
            list(measured.values()),
            broken=(),
            borderline=False,
            parameters=parameters,
            duration_s=time.perf_counter() - begin_s,
        )
        lacking = [metric for metric in dispatch["metrics"] if metric not in can]
        absent = {metric: cannot.get(metric, "no meter knows it") for metric in lacking}
        yield {**message, "absent": absent}
        yield completed({})

    def _probe(self, seed: int, meter: Any) -> tuple[Any, int]:
        """The network on its device with a batch of random images, and its parameters."""
        import torch

        from hyperwatt.workers.probe import Probe
        from hyperwatt.workers.splits import Part
        from hyperwatt.workers.training_parameters import TrainingParameters

        subject = Subject.from_dict(self.workload["subject"])
        device = "cuda" if self.workload["device"] == "cuda" else "cpu"
        torch.manual_seed(seed)
        network = subject.build().to(device)
        images = torch.randn(subject.batch_size, *subject.input_shape)
        part = Part(images, torch.randint(subject.classes, (subject.batch_size,))).to(device)
        parameters = TrainingParameters.of(dict(subject.candidate), subject.batch_size)
        count = sum(parameter.numel() for parameter in network.parameters())
        return Probe(network, parameters, part, part, meter), count


def _key_of(device: str) -> str:
    """Of the device's lock."""
    if device != "cuda":
        return device
    import torch

    return f"GPU-{torch.cuda.get_device_properties(0).uuid}"
