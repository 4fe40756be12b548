"""The power of a Jetson, from the INA3221 chips that watch its supply rails.

    hwmon<n>/in<k>_label, in<k>_input [mV], curr<k>_input [mA]        kernels since L4T 34
    iio:device<n>/rail_name_<k>, in_power<k>_input [mW]               L4T 32 and older

NVML starts on a Jetson and then tells nothing. Which rails there are depends on the module
[Energymon], [Linux]:

    Nano                            POM_5V_IN   POM_5V_GPU       POM_5V_CPU
    TX1, TX2                        VDD_IN      VDD_(SYS_)GPU    VDD_(SYS_)CPU ...
    TX2 NX, Xavier NX, Orin Nano/NX VDD_IN      VDD_CPU_GPU(_CV) VDD_SOC
    AGX Xavier                      -           GPU              CPU, SOC, CV, VDDRQ, SYS5V
    AGX Orin                        -           VDD_GPU_SOC      VDD_CPU_CV, VIN_SYS_5V0, ...

The first column is the whole module. The AGX modules have no such rail, and their rails cannot
simply be added (AGX Orin's memory is fed from VIN_SYS_5V0, which feeds the carrier board too), so
there only the rail with the GPU is shown, as a `rail`.

[Energymon] github.com/energymon/energymon, jetson/JetsonPowerRails.md, from NVIDIA's device trees.
[Linux] arch/arm64/boot/dts/nvidia/tegra234-p37*.dtsi; Documentation/hwmon/ina3221.rst.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...constraints.errors import MeasurementError
from .sensor import Reading, Scope, SensorFacts
from .timing import Clock

ROOT = Path("/sys")
MODULE_RAILS = ("VDD_IN", "POM_5V_IN")
GPU_RAILS = (
    "VDD_GPU_SOC", "VDD_SYS_GPU", "POM_5V_GPU", "VDD_GPU", "GPU", "VDD_CPU_GPU_CV", "VDD_CPU_GPU",
)  # fmt: skip
CHANNELS = (1, 2, 3)  # of a chip; a fourth would be the sum of all [Linux]
GPUS = ("gpu", "gp10b", "gv11b", "ga10b")  # as Linux calls them, after the address
HEAT_OF = ("gpu-therm", "gpu-thermal")  # names of thermal zones, in small letters
# 50 readings; a step of the chip (8 mA at 5 mOhm) is 0.8 % of 5 W. At half, its error is 1.4 times.
LEAST_WINDOW_S = 5.0


@dataclass(frozen=True)
class Rail:
    """One supply that is watched.

    Attributes:
        label: its name on the module.
        files: whole numbers whose product is the power.
        unit_w: of the product.
    """

    label: str
    files: tuple[Path, ...]
    unit_w: float

    def power_w(self) -> float:
        """What it carries now.

        Raises:
            OSError, ValueError: if it cannot be read.
        """
        return math.prod(int(path.read_text()) for path in self.files) * self.unit_w

    def fault(self) -> str:
        """Why it cannot be read now and what would help; empty if it can."""
        try:
            self.power_w()
        except (OSError, ValueError) as error:
            names = " ".join(str(path) for path in self.files)
            return (
                f"the rail {self.label} cannot be read: {error}; if only root may, allow it with: "
                f"sudo chmod a+r {names}"
            )
        return ""


class JetsonSensor:
    """Shows one rail: the whole module's if there is one, else the GPU's."""

    def __init__(self, root: Path = ROOT, clock: Clock = time.perf_counter) -> None:
        """Reads nothing yet.

        Args:
            root: of sysfs.
            clock: monotonic, in s.
        """
        self._root, self._clock = root, clock
        self._rail: Rail | None = None

    def facts(self) -> SensorFacts:
        """See `Sensor`."""
        rail = self._found()
        reason = rail.fault()
        if reason:
            raise MeasurementError(reason)
        scope: Scope = "module" if rail.label in MODULE_RAILS else "rail"
        return SensorFacts(
            key=f"jetson@{socket.gethostname()}",
            scope=scope,
            counter="",
            gauge=f"INA3221 {rail.label}",
            counter_step_s=0.0,
            least_window_s=LEAST_WINDOW_S,
        )

    def read(self) -> Reading:
        """See `Sensor`."""
        rail, time_s = self._found(), self._clock()
        try:
            power_w: float | None = rail.power_w()
        except (OSError, ValueError):
            power_w = None
        return Reading(
            time_s,
            power_w=power_w,
            temperature_c=_first(heat_files(self._root), 1e-3),
            clock_mhz=_first(clock_files(self._root), 1e-6),
        )

    def _found(self) -> Rail:
        if self._rail is None:
            self._rail = _choose(self._root)
        return self._rail


def find_rails(root: Path) -> list[Rail]:
    """All rails with a name, in the order of their files.

    Raises:
        OSError: if a name may not be read.
    """
    return [*_iio_rails(root), *_hwmon_rails(root)]


def heat_files(root: Path) -> Iterator[Path]:
    """Files that tell the GPU's temperature, in thousandths of a degree."""
    for kind in sorted(root.glob("class/thermal/thermal_zone*/type")):
        if _text(kind).lower() in HEAT_OF:
            yield kind.with_name("temp")


def clock_files(root: Path) -> Iterator[Path]:
    """Files that tell the GPU's clock, in Hz."""
    for path in sorted(root.glob("class/devfreq/*/cur_freq")):
        if path.parent.name.rpartition(".")[2] in GPUS:
            yield path


def _choose(root: Path) -> Rail:
    """The widest rail that can be read, or the widest there is.

    Raises:
        MeasurementError: if there is none; with the reason and what would help.
    """
    try:
        rails = {rail.label: rail for rail in find_rails(root)}
    except OSError as error:
        raise MeasurementError(f"the INA3221's rails cannot be told apart: {error}") from error
    wanted = [rails[label] for label in (*MODULE_RAILS, *GPU_RAILS) if label in rails]
    if not wanted:
        raise MeasurementError(_why_none(root, tuple(rails)))
    return next((rail for rail in wanted if not rail.fault()), wanted[0])


def _why_none(root: Path, labels: Sequence[str]) -> str:
    if not labels:
        return (
            f"no INA3221 with named rails in {root}: this is no Jetson, or one without power "
            "sensors (Nano 2GB), or a container hides them; make /sys readable to it"
        )
    return (
        f"of the INA3221's rails ({', '.join(labels)}) none feeds the module or its GPU; "
        f"known: {', '.join(MODULE_RAILS + GPU_RAILS)}"
    )


def _chips(root: Path) -> Iterator[Path]:
    """Folders of the chips, as kernels with hwmon show them."""
    for name in sorted(root.glob("class/hwmon/hwmon*/name")):
        if _text(name) == "ina3221":
            yield name.parent
    yield from sorted(root.glob("bus/i2c/drivers/ina3221/*/hwmon/hwmon*"))


def _hwmon_rails(root: Path) -> Iterator[Rail]:
    for chip in _chips(root):
        for channel in CHANNELS:
            label = chip / f"in{channel}_label"
            if label.exists():
                files = (chip / f"curr{channel}_input", chip / f"in{channel}_input")
                yield Rail(label.read_text().strip(), files, unit_w=1e-6)


def _iio_rails(root: Path) -> Iterator[Rail]:
    for label in sorted(root.glob("bus/i2c/drivers/ina3221x/*/iio*device*/rail_name_*")):
        channel = label.name.removeprefix("rail_name_")
        files = (label.with_name(f"in_power{channel}_input"),)
        yield Rail(label.read_text().strip(), files, unit_w=1e-3)


def _first(paths: Iterable[Path], unit: float) -> float | None:
    """The first number that can be read; a GPU that sleeps tells none."""
    for path in paths:
        try:
            return int(path.read_text()) * unit
        except (OSError, ValueError):
            continue
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
