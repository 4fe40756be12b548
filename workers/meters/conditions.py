"""The conditions a value was measured under: heat, clocks, and others on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median

from ...constraints.measurement import EXCLUSIVE, POWER_CAPPED, SHARED, THROTTLED, Measurement
from .power_values import known
from .sensor import Reading

SLOWING = {"heat": THROTTLED, "power brake": THROTTLED, "power cap": POWER_CAPPED}
OFTEN = 0.1  # share of the readings; at half, one blip in a window of a second counts


@dataclass(frozen=True)
class Conditions:
    """What a sensor saw beside the value.

    Attributes:
        flags: what is to be known about the value.
        noted: mean temperature and clock, and the most memory in use by anyone.
        shared: whether another process computed meanwhile.
    """

    flags: tuple[str, ...] = ()
    noted: dict[str, float] = field(default_factory=dict)
    shared: bool = False

    def upon(self, measured: Measurement) -> Measurement:
        """A value with its conditions; what was exclusive is shared if others computed."""
        shared = self.shared and measured.attribution == EXCLUSIVE
        return replace(
            measured,
            attribution=SHARED if shared else measured.attribution,
            flags=tuple(sorted({*measured.flags, *self.flags})),
            noted={**measured.noted, **self.noted},
        )


def conditions_of(readings: Sequence[Reading]) -> Conditions:
    """What readings say of the conditions.

    >>> conditions_of([Reading(0.0, temperature_c=80.0, slowed_by=frozenset({"heat"}))])
    Conditions(flags=('throttled',), noted={'temperature_c': 80.0}, shared=False)
    """
    told = [r.busy_processes for r in readings if r.busy_processes is not None]
    flags = {
        flag for cause, flag in SLOWING.items() if _often([cause in r.slowed_by for r in readings])
    }
    hot = [r.temperature_c for r in readings if r.temperature_c is not None]
    clocks = [r.clock_mhz for r in readings if r.clock_mhz is not None]
    used = [r.used_bytes for r in readings if r.used_bytes is not None]
    noted = known(
        temperature_c=fmean(hot) if hot else None,
        clock_mhz=median(clocks) if clocks else None,
        device_bytes=float(max(used)) if used else None,
    )
    return Conditions(tuple(sorted(flags)), noted, _often([count > 1 for count in told]))


def _often(seen: Sequence[bool]) -> bool:
    return sum(seen) > OFTEN * len(seen)
