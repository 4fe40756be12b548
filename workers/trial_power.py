"""What a device draws while a trial works on it, read beside the trial.

It is read in the actor, not in the child that works: a child may be killed at any moment, and takes
nothing of this with it. Each reading goes to the trial's file as it comes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import Any

from ..constraints.errors import MeasurementError
from .meters.devices import sensor_of
from .meters.power_trace import Drawn, drawn_between
from .meters.sampler import Sampler
from .meters.sensor import Reading, Sensor
from .meters.trace_file import TraceFile

_log = logging.getLogger(__name__)

PERIOD_S = 0.5  # the counter loses nothing between; at a fifth, a probe's own calls meet with it
PATIENCE_STEPS = 10  # of the counter; a shorter window that says nothing is told with the next


class TrialPower:
    """Follows one trial after another on a device that it has alone."""

    def __init__(self, sensor: Sensor, folder: Path | None = None) -> None:
        """Begin to read.

        Args:
            sensor: of the device.
            folder: of the trials' files; None to keep none.

        Side effects:
            Starts a thread.

        Raises:
            MeasurementError: if the sensor cannot be read.
        """
        self._facts = sensor.facts()
        self._folder = folder
        self._file: TraceFile | None = None
        self._turn = threading.Lock()
        self._sampler = Sampler(sensor, self._keep, PERIOD_S)
        self._since_s = self._sampler.read_now().time_s
        self._sampler.start()

    def begin(self, trial_id: str) -> None:
        """From now on it is this trial's."""
        self._leave()
        with suppress(MeasurementError):  # a lost device is told of by `spent_j`
            self._since(self._sampler.read_now().time_s)
        if self._folder is not None:
            try:
                self._file = TraceFile.open(_unused(self._folder, trial_id))
            except OSError as error:
                _log.warning("the readings of %s are not kept: %s", trial_id, error)

    def spent_j(self) -> float | None:
        """Energy of the device since it was asked before; None if that cannot be told.

        A moment too short to be told is told with the next.
        """
        try:
            now_s = self._sampler.read_now().time_s
        except MeasurementError:
            return None
        told = drawn_between(self._sampler.readings(), self._facts, self._since_s, now_s)
        too_short = now_s - self._since_s < PATIENCE_STEPS * self._facts.counter_step_s
        if not isinstance(told, Drawn) and too_short:
            return None
        self._since(now_s)
        return told.energy_j if isinstance(told, Drawn) else None

    def close(self) -> None:
        """Read no more."""
        self._sampler.stop()
        self._leave()

    def _since(self, time_s: float) -> None:
        self._since_s = time_s
        self._sampler.forget_before(time_s)

    def _keep(self, reading: Reading) -> None:
        with self._turn:
            if self._file is None:
                return
            try:
                self._file.append(reading)
            except OSError as error:  # the disk is full
                _log.warning("no more readings are kept: %s", error)
                self._file = None

    def _leave(self) -> None:
        with self._turn:
            file, self._file = self._file, None
        if file is not None:
            file.close()


def _unused(folder: Path, trial_id: str) -> Path:
    """A file of its own for each worker that the trial has had: their clocks are not the same."""
    names = (f"{trial_id}-{part}.csv" for part in count(2))
    taken = {path.name for path in folder.glob(f"{trial_id}*.csv")}
    return folder / next(name for name in chain((f"{trial_id}.csv",), names) if name not in taken)


def follow(workload: Mapping[str, Any]) -> TrialPower | None:
    """Follow the trials of a workload, if it has a whole device that shows its power.

    Args:
        workload: as the driver sends it; `power_log` names the folder of the trials' files, and is
            absent where trials share a device.

    Side effects:
        Logs why nothing can be read.
    """
    if "power_log" not in workload:
        return None
    try:
        return TrialPower(sensor_of(workload["device"]), Path(workload["power_log"]))
    except (MeasurementError, OSError) as error:
        _log.info("the energy of trials is not told: %s", error)
        return None
