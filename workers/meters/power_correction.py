"""What a GPU's own power sensor shows, corrected by what an external power meter saw.

    true power(t - delay) = gain * shown power(t) + offset,    after beats are levelled (`beats.py`)

A board's sensor measures with a gain of its own, may not see all its supplies, and tells late, as
it averages. All three belong to one kind of board: a file of another GPU is refused. The energy
counter has a gain of its own too, which no one has measured here, so it is left out of a corrected
trace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ...constraints.errors import MeasurementError
from .beats import level_beats
from .sensor import Reading

NUMBERS = ("gain", "offset_w", "delay_s", "relative_error")


@dataclass(frozen=True)
class PowerCorrection:
    """The correction of one kind of GPU.

    Attributes:
        gpu: its name, as NVML tells it.
        gain: true watts per watt shown.
        offset_w: drawn beside what is shown.
        delay_s: by which the sensor is late.
        fitted: on what, and how, in words.
        relative_error: root mean square that was left where it was fitted.
    """

    gpu: str
    gain: float
    offset_w: float
    delay_s: float
    fitted: str
    relative_error: float

    def power_w(self, shown_w: float) -> float:
        """True mean power of steady work, from the mean that was shown; never negative.

        >>> PowerCorrection("A100", 1.04, 2.0, 0.06, "by hand", 0.01).power_w(100.0)
        106.0
        """
        return max(0.0, self.gain * shown_w + self.offset_w)

    def corrected(self, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        """A trace as the meter would have seen it, for means over a window.

        Its peaks are lost where a beat was levelled. Readings without power are left out.

        Args:
            readings: in order of time.
        """
        told = [(r, r.power_w) for r in readings if r.power_w is not None]
        times_s = np.array([reading.time_s for reading, _ in told])
        shown_w = level_beats(times_s, np.array([power_w for _, power_w in told], dtype=float))
        return tuple(
            replace(r, time_s=r.time_s - self.delay_s, power_w=self.power_w(w), energy_j=None)
            for (r, _), w in zip(told, shown_w.tolist(), strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """As a plain dict."""
        return asdict(self)

    def save(self, path: Path) -> None:
        """Write it as YAML.

        Side effects:
            Writes the file.
        """
        path.write_text(yaml.safe_dump(self.to_dict(), sort_keys=False))

    @staticmethod
    def load(path: Path, gpu: str) -> PowerCorrection:
        """Read it for a GPU.

        Args:
            path: of the YAML file.
            gpu: name of the GPU that is measured.

        Raises:
            MeasurementError: if it cannot be read, is incomplete or of another GPU; names all
                faults at once.
        """
        try:
            plain = yaml.safe_load(path.read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise MeasurementError(f"power correction {path} cannot be read: {error}") from error
        faults = _faults(plain) if isinstance(plain, Mapping) else ["it is not a mapping"]
        if not faults and plain["gpu"] != gpu:
            faults = [f"it is of {plain['gpu']!r}, this GPU is {gpu!r}; fit one on this kind"]
        if faults:
            raise MeasurementError(f"power correction {path}: {'; '.join(faults)}")
        return PowerCorrection(**{**plain, **{name: float(plain[name]) for name in NUMBERS}})


def _faults(plain: Mapping[str, Any]) -> list[str]:
    """What is wrong with the entries of a file."""
    names = [field.name for field in fields(PowerCorrection)]
    faults = [f"`{name}` is missing" for name in names if name not in plain]
    faults += [f"`{name}` is not known" for name in plain if name not in names]
    for name in NUMBERS:
        if name in plain and not _finite(plain[name]):
            faults.append(f"`{name}` must be a finite number, got {plain[name]!r}")
    if _finite(plain.get("gain")) and plain["gain"] <= 0:
        faults.append(f"`gain` must be positive, got {plain['gain']}")
    return faults


def _finite(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]  # a number by then
