"""What a board tells through NVML, in our units: a value, or `Absent` with the reason.

Power is asked for as the instant value of the board. Where a board has none, its module's is taken,
which on Grace-Hopper includes the CPU; else the older call, which is an average over a second on
Ampere (but for its GA100) and later. Memory alone, a scope that NVML also knows, is never taken for
the board. Energy is a counter that steps about every 0.1 s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .nvml import Absent, Nvml
from .sensor import Scope

POWER_INSTANT = 186  # number of the field [nvml.h NVML_FI_DEV_POWER_INSTANT]
OF_BOARD, OF_MODULE = 0, 1  # scopes of the field [nvml.h NVML_POWER_SCOPE_*]
TEMPERATURE_GPU, CLOCK_SM = 0, 1
# Bits of the reasons why a clock is held back [nvml.h nvmlClocksEventReason*].
POWER_CAP, HARDWARE_SLOWDOWN, POWER_BRAKE = 0x04, 0x08, 0x80
HEAT, HARDWARE_HEAT = 0x20, 0x40
BUSY_PERCENT = 5  # of the time; at half a desktop counts, at double a small network does not
AMPERE = 7  # [nvml.h NVML_DEVICE_ARCH_AMPERE]
GA100 = re.compile(r"\b(A100|A800|A30|170HX)X?\b")  # Ampere chips whose older call is instant
USAGE = "NVML power usage"


@dataclass(frozen=True)
class Way:
    """One way to ask for something.

    Attributes:
        words: what it is, for tables.
        ask: answers for a handle.
        scope: what a power of it is the power of.
    """

    words: str
    ask: Callable[[Nvml, Any], Any]
    scope: Scope = "board"


class BusyProcesses:
    """Counts the processes that computed since it was asked before.

    They bear the host's process numbers, also in a container, so they are matched with nobody's.
    Samples bear a time of the driver's own, so the newest of them says where to go on.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._seen_us = 0

    def __call__(self, nvml: Nvml, handle: Any) -> int | Absent:
        """How many; the first answer tells of what was before."""
        samples = nvml.ask("nvmlDeviceGetProcessUtilization", handle, self._seen_us)
        if isinstance(samples, Absent):
            return samples
        new = [sample for sample in samples if sample.timeStamp > self._seen_us]
        self._seen_us = max((sample.timeStamp for sample in new), default=self._seen_us)
        return len({s.pid for s in new if BUSY_PERCENT <= s.smUtil <= 100})


def ways() -> Mapping[str, tuple[Way, ...]]:
    """How to ask for each part of a reading, and the power limit; the best way first."""
    return {
        "power_w": (
            Way("NVML instant power", partial(instant_w, scope=OF_BOARD)),
            Way("NVML instant power", partial(instant_w, scope=OF_MODULE), "module"),
            Way(USAGE, usage_w),
        ),
        "energy_j": (
            _number("NVML total-energy counter", "nvmlDeviceGetTotalEnergyConsumption", unit=1e-3),
        ),
        "limit_w": (_number("power limit", "nvmlDeviceGetEnforcedPowerLimit", unit=1e-3),),
        "temperature_c": (
            _number("temperature", "nvmlDeviceGetTemperature", TEMPERATURE_GPU),
            _number("temperature", "nvmlDeviceGetTemperatureV", TEMPERATURE_GPU),
        ),
        "clock_mhz": (_number("clock", "nvmlDeviceGetClockInfo", CLOCK_SM),),
        "slowed_by": tuple(
            Way("clock event reasons", partial(slowed_by, call=f"nvmlDeviceGetCurrentClocks{name}"))
            for name in ("EventReasons", "ThrottleReasons")  # the latter before driver 535
        ),
        "used_bytes": (Way("memory", used_bytes),),
        "busy_processes": (Way("process utilisation", BusyProcesses()),),
    }


def instant_w(nvml: Nvml, handle: Any, *, scope: int) -> float | Absent:
    """Power at this moment."""
    return _positive_w(nvml.ask_field(handle, POWER_INSTANT, scope))


def usage_w(nvml: Nvml, handle: Any) -> float | Absent:
    """Power by the older call."""
    return _positive_w(nvml.ask("nvmlDeviceGetPowerUsage", handle))


def usage_in_words(nvml: Nvml, handle: Any) -> str:
    """Which power the older call tells on this board."""
    architecture = nvml.ask("nvmlDeviceGetArchitecture", handle)
    name = nvml.ask("nvmlDeviceGetName", handle)
    if isinstance(architecture, Absent) or architecture > 1000:  # NVML_DEVICE_ARCH_UNKNOWN
        return USAGE
    averages = architecture >= AMPERE and not GA100.search(str(name))
    return f"{USAGE}, {'average over 1 s' if averages else 'instant'}"


def slowed_by(nvml: Nvml, handle: Any, *, call: str) -> frozenset[str] | Absent:
    """Why the clock is held back; the hardware's slowdown alone is not its heat."""
    bits = nvml.ask(call, handle)
    if isinstance(bits, Absent):
        return bits
    brakes = bits & POWER_BRAKE or (bits & HARDWARE_SLOWDOWN and not bits & HARDWARE_HEAT)
    causes = {
        "heat": bits & (HEAT | HARDWARE_HEAT),
        "power cap": bits & POWER_CAP,
        "power brake": brakes,
    }
    return frozenset(cause for cause, holds in causes.items() if holds)


def used_bytes(nvml: Nvml, handle: Any) -> int | Absent:
    """Memory in use by all processes."""
    memory = nvml.ask("nvmlDeviceGetMemoryInfo", handle)
    return memory if isinstance(memory, Absent) else int(memory.used)


def _number(words: str, call: str, *arguments: int, unit: float = 1.0) -> Way:
    """A call that gives a number, converted once, here."""

    def ask(nvml: Nvml, handle: Any) -> float | Absent:
        number = nvml.ask(call, handle, *arguments)
        return number if isinstance(number, Absent) else float(number) * unit

    return Way(words, ask)


def _positive_w(milliwatts: Any) -> float | Absent:
    """Power in W; a board that is on does not draw 0."""
    if isinstance(milliwatts, Absent):
        return milliwatts
    return milliwatts / 1e3 if milliwatts > 0 else Absent("it shows 0 W", lasts=True)
