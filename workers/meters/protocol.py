"""What a meter is: something that reads one device while a step of work is repeated on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from ...constraints.measurement import Measurement


@dataclass(frozen=True)
class Step:
    """Work that is repeated while it is measured.

    Attributes:
        run: does it once; on a GPU it may return before the work is done.
        held_bytes: size of the tensors that live from one repetition to the next.
        items: images in a batch.
    """

    run: Callable[[], object]
    held_bytes: Callable[[], int]
    items: int


@dataclass(frozen=True)
class Window:
    """How long to measure: at least `min_time_s`, then until sure enough or `max_time_s`.

    Attributes:
        min_time_s: also if the value is certain before.
        max_time_s: also if it is not yet.
        target_relative_error: standard error over value at which to stop.
        factor: by which it is longer than usual, also where a sensor needs more time than this.
    """

    min_time_s: float = 0.2
    max_time_s: float = 2.0
    target_relative_error: float = 0.01
    factor: float = 1.0

    def longer(self, factor: float) -> Window:
        """The same, `factor` times as long.

        >>> Window(0.5, 2.0).longer(4)
        Window(min_time_s=2.0, max_time_s=8.0, target_relative_error=0.01, factor=4.0)
        """
        return replace(
            self,
            min_time_s=self.min_time_s * factor,
            max_time_s=self.max_time_s * factor,
            factor=self.factor * factor,
        )


class Meter(Protocol):
    """Reads a device. Metrics of training steps are named `train_...` and read the same way."""

    @property
    def device_kind(self) -> str:
        """What is measured on; values of two kinds are never compared."""
        ...

    def can_measure(self) -> Mapping[str, str]:
        """How each metric is read, by metric."""
        ...

    def cannot_measure(self) -> Mapping[str, str]:
        """Why a metric cannot be read and what would help, by metric."""
        ...

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """Repeat a step and read one metric meanwhile.

        Side effects:
            Runs the step, some times before the window begins.

        Raises:
            MeasurementError: if this device cannot measure it; names those that can.
        """
        ...


@runtime_checkable
class TogetherMeter(Protocol):
    """A meter to which several metrics cost no more than one."""

    def measure_together(
        self, metrics: Sequence[str], step: Step, window: Window
    ) -> dict[str, Measurement]:
        """As `Meter.measure`, for several metrics from the same repetitions."""
        ...


def measure_all(
    meter: Meter, metrics: Sequence[str], step: Step, window: Window
) -> dict[str, Measurement]:
    """Measure several metrics of one step, together where the meter can; see `Meter.measure`."""
    if isinstance(meter, TogetherMeter):
        return meter.measure_together(metrics, step, window)
    return {metric: meter.measure(metric, step, window) for metric in metrics}


def both_phases(metrics: Mapping[str, str]) -> dict[str, str]:
    """The same of training steps, where such a metric exists.

    >>> both_phases({"latency_s": "x", "energy_j": "y"})
    {'latency_s': 'x', 'energy_j': 'y', 'train_latency_s': 'x'}
    """
    phased = {f"train_{m}": text for m, text in metrics.items() if m != "energy_j"}
    return {**metrics, **phased}
