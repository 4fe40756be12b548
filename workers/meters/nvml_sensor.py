"""The power of an NVIDIA GPU, as NVML shows it.

What the board can show is tried once; what it cannot is not asked for again, and has its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...constraints.errors import MeasurementError
from .nvml import Absent, Nvml
from .nvml_readings import USAGE, Way, usage_in_words, ways
from .sensor import Reading, SensorFacts

COUNTER_STEP_S = 0.1
LEAST_WINDOW_S = 10.0  # the counter's step is 1 % of it; at half 2 %


@dataclass(frozen=True)
class _Board:
    """What was found of a board when it was first asked.

    Attributes:
        handle: NVML's.
        chosen: the best way to each part of a reading that it tells.
        absences: why it does not tell the others.
        facts: of it as a sensor.
    """

    handle: Any
    chosen: Mapping[str, Way]
    absences: Mapping[str, str]
    facts: SensorFacts


class NvmlSensor:
    """Shows one board."""

    def __init__(
        self, uuid: str, nvml: Nvml, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Asks nothing yet.

        Args:
            uuid: of the GPU, as NVML spells it (`GPU-...`), or of a slice (`MIG-...`).
            nvml: the library.
            clock: monotonic, in s.
        """
        self._uuid, self._nvml, self._clock = uuid, nvml, clock
        self._board: _Board | None = None

    def facts(self) -> SensorFacts:
        """See `Sensor`."""
        return self._found().facts

    def read(self) -> Reading:
        """See `Sensor`."""
        board = self._found()
        time_s = self._clock()
        answers = {name: way.ask(self._nvml, board.handle) for name, way in board.chosen.items()}
        return Reading(
            time_s, **{name: a for name, a in answers.items() if not isinstance(a, Absent)}
        )

    def absences(self) -> Mapping[str, str]:
        """Why the parts of a reading that are never told are not; see `facts` for errors."""
        return self._found().absences

    def _found(self) -> _Board:
        if self._board is None:
            self._board = _find(self._nvml, self._uuid)
        return self._board


def _find(nvml: Nvml, uuid: str) -> _Board:
    """Try what a board tells.

    Raises:
        MeasurementError: if it is not there, or tells neither power nor energy.
    """
    handle = nvml.ask("nvmlDeviceGetHandleByUUID", uuid)
    if isinstance(handle, Absent):
        raise MeasurementError(f"no GPU {uuid}: {handle.reason}")
    _refuse_slices(nvml, handle, uuid)
    chosen: dict[str, Way] = {}
    absences: dict[str, str] = {}
    for name, candidates in ways().items():
        way, reason = _first_that_tells(nvml, handle, candidates)
        if way is None:
            absences[name] = reason
        else:
            chosen[name] = way
    if "power_w" in absences and "energy_j" in absences:
        raise MeasurementError(
            f"GPU {uuid} tells neither power ({absences['power_w']}) nor energy "
            f"({absences['energy_j']}); a Jetson has sensors of its own for them"
        )
    limit = chosen.pop("limit_w", None)
    limit_w = limit.ask(nvml, handle) if limit else None
    return _Board(handle, chosen, absences, _facts(nvml, handle, uuid, chosen, limit_w))


def _first_that_tells(
    nvml: Nvml, handle: Any, candidates: tuple[Way, ...]
) -> tuple[Way | None, str]:
    """The best way that tells now, else one that may later; or why there is none."""
    answers = [(way, way.ask(nvml, handle)) for way in candidates]
    telling = [way for way, answer in answers if not isinstance(answer, Absent)]
    later = [way for way, answer in answers if isinstance(answer, Absent) and not answer.lasts]
    reasons = [answer.reason for _, answer in answers if isinstance(answer, Absent)]
    return next(iter(telling + later), None), reasons[-1] if reasons else ""


def _refuse_slices(nvml: Nvml, handle: Any, uuid: str) -> None:
    """A slice's power is told by nobody, and a board's is that of all its slices."""
    mode = nvml.ask("nvmlDeviceGetMigMode", handle)
    if uuid.startswith("MIG-") or (not isinstance(mode, Absent) and mode[0]):
        raise MeasurementError(
            f"{uuid}: of MIG slices NVML tells neither power nor energy, only of all slices of a "
            "GPU together; latency and memory can be measured on a slice, for power and energy "
            "give it a GPU with MIG switched off"
        )


def _facts(
    nvml: Nvml, handle: Any, uuid: str, chosen: Mapping[str, Way], limit_w: Any
) -> SensorFacts:
    power, energy = chosen.get("power_w"), chosen.get("energy_j")
    gauge = power.words if power else ""
    return SensorFacts(
        key=uuid,
        scope=power.scope if power else "board",
        counter=energy.words if energy else "",
        gauge=usage_in_words(nvml, handle) if gauge == USAGE else gauge,
        counter_step_s=COUNTER_STEP_S if energy else 0.0,
        least_window_s=LEAST_WINDOW_S,
        limit_w=limit_w if isinstance(limit_w, float) and limit_w > 0 else None,
    )
