"""Measures one network in a process of its own, by the product's probe and meters.

A fresh process for each network, as in a sweep: what an earlier one loaded and reserved would count
as memory of the next, and one that dies takes nobody with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers.child import Child
from hyperwatt.workers.messages import Message, completed, is_end, probed
from hyperwatt.workers.meters.devices import capabilities

from .chunk import Bench
from .subject import Subject

if TYPE_CHECKING:
    from hyperwatt.workers.meters.protocol import Meter
    from hyperwatt.workers.probe import Probe

INFERENCE = ("latency_s", "memory_bytes", "power_w", "energy_j")
TRAINING = ("train_latency_s", "train_memory_bytes", "train_power_w")
COMPLETED = {"event": "completed"}
ENDS_SAY = ("event", "reason", "message")
SILENCE_S = 400.0  # a network that was not heard of for so long hangs; probes take half a minute
# Numbers in a batch, above which it is drawn on the device, because a CPU takes seconds. Below, a
# kernel less is loaded there, which would count as the network's memory.
ON_DEVICE = 2**25
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
    return measure_all_of(bench, [subject], metrics, seed)[0]


def measure_all_of(
    bench: Bench, subjects: Sequence[Subject], metrics: Sequence[str], seed: int = 0
) -> list[dict[str, Any]]:
    """Measure several, one after the other, in one child; see `measure`.

    Memory counts what was loaded for those before. Where one ends the child, those after it are
    not measured.
    """
    workload = {
        "factory": FACTORY,
        "device": bench.device,
        "subjects": [subject.to_dict() for subject in subjects],
        "window": asdict(bench.window),
    }
    dispatch = {"metrics": list(metrics), "seed": seed, "bounded": list(metrics)}
    found: list[dict[str, Any]] = []
    for message in said_by(workload, dispatch):
        if message["event"] == "probed":
            measured = {row["metric"]: row for row in message["measurements"]}
            found.append({"measured": measured, "absent": message["absent"], "end": COMPLETED})
        elif is_end(message) and len(found) < len(subjects):
            end = {key: message[key] for key in ENDS_SAY if key in message}
            found.append({"measured": {}, "absent": {}, "end": end})
    return [
        {"subject": subject.to_dict(), **piece}
        for subject, piece in zip(subjects, found, strict=False)
    ]


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


def can_measure(bench: Bench, metric: str) -> str:
    """Why a device cannot tell a metric; empty if it can."""
    can, cannot = capabilities(bench.device)
    return "" if metric in can else cannot.get(metric, "no meter knows it")


def values_of(piece: Mapping[str, Any], metric: str) -> Measurement | None:
    """A metric of a measured network; None where it is absent."""
    row = piece["measured"].get(metric)
    return None if row is None else Measurement.from_dict(row)


@dataclass(frozen=True)
class NetworkWorkload:
    """A `Workload` that measures networks one after the other; lives in the child."""

    workload: Mapping[str, Any]

    def run(self, dispatch: Mapping[str, Any]) -> Iterator[Message]:
        """See `Workload`; exceptions become the trial's end."""
        import torch

        from hyperwatt.workers.device_lock import lock_of
        from hyperwatt.workers.meters.devices import meters_for

        torch.set_num_threads(1)
        device = self.workload["device"]
        meter = meters_for(device, 1, dispatch["seed"])  # weighs the context before tensors
        with lock_of(_key_of(device), holder="the check of a real device").exclusive():
            for row in self.workload["subjects"]:
                yield self._measure(Subject.from_dict(row), meter, dispatch)
                if device == "cuda":
                    torch.cuda.empty_cache()
        yield completed({})

    def _measure(self, subject: Subject, meter: Meter, dispatch: Mapping[str, Any]) -> Message:
        from hyperwatt.workers.meters.protocol import Window

        begin_s = time.perf_counter()
        can, cannot = meter.can_measure(), meter.cannot_measure()
        probe = self._probe(subject, meter, dispatch["seed"])
        wanted = [metric for metric in dispatch["metrics"] if metric in can]
        measured = probe.measure(wanted, Window(**self.workload["window"]))
        message = probed(
            list(measured.values()),
            broken=(),
            borderline=False,
            parameters=sum(weights.numel() for weights in probe.network.parameters()),
            duration_s=time.perf_counter() - begin_s,
        )
        lacking = [metric for metric in dispatch["metrics"] if metric not in can]
        absent = {metric: cannot.get(metric, "no meter knows it") for metric in lacking}
        return {**message, "absent": absent}

    def _probe(self, subject: Subject, meter: Meter, seed: int) -> Probe:
        """The network on its device, with a batch of random images."""
        import torch

        from hyperwatt.workers.probe import Probe
        from hyperwatt.workers.splits import Part
        from hyperwatt.workers.training_parameters import TrainingParameters

        device = "cuda" if self.workload["device"] == "cuda" else "cpu"
        torch.manual_seed(seed)
        network = subject.build().to(device)
        shape = (subject.batch_size, *subject.input_shape)
        images = torch.randn(shape, device=device if prod(shape) > ON_DEVICE else "cpu")
        part = Part(images, torch.randint(subject.classes, (subject.batch_size,))).to(device)
        parameters = TrainingParameters.of(dict(subject.candidate), subject.batch_size)
        return Probe(network, parameters, part, part, meter, device)


def _key_of(device: str) -> str:
    """Of the device's lock."""
    if device != "cuda":
        return device
    import torch

    from hyperwatt.workers.meters.visible_gpus import uuid_of_torch

    return uuid_of_torch(torch.cuda.get_device_properties(0).uuid)
