from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.power_correction import PowerCorrection
from hyperwatt.workers.meters.sensor import Reading

A100 = "NVIDIA A100-PCIE-40GB"
CORRECTION = PowerCorrection(A100, 1.043, 2.2, 0.06, "meter at the slot and cables", 0.001)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    CORRECTION.save(tmp_path / "a100.yaml")

    assert PowerCorrection.load(tmp_path / "a100.yaml", A100) == CORRECTION


def test_another_gpu_is_refused_by_name(tmp_path: Path) -> None:
    CORRECTION.save(tmp_path / "a100.yaml")

    with pytest.raises(MeasurementError, match="of 'NVIDIA A100-PCIE-40GB', this GPU is 'NVIDIA H"):
        PowerCorrection.load(tmp_path / "a100.yaml", "NVIDIA H100 PCIe")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1\n", "not a mapping"),
        ("gpu: [\n", "cannot be read"),
        (
            "gpu: x\ngain: -1\noffset: 2\n",
            "`offset_w` is missing.*`offset` is not known.*`gain` must",
        ),
        (
            "gpu: x\ngain: .nan\noffset_w: true\n",
            "`gain` must be a finite .*`offset_w` must be a fin",
        ),
    ],
)
def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)

    with pytest.raises(MeasurementError, match=says):
        PowerCorrection.load(path, "x")


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="cannot be read"):
        PowerCorrection.load(tmp_path / "none.yaml", A100)


def test_a_constant_trace_is_corrected_as_its_mean_and_shown_earlier() -> None:
    readings = [Reading(t, power_w=100.0, energy_j=100.0 * t, clock_mhz=1410.0) for t in range(20)]

    corrected = CORRECTION.corrected(readings)

    assert {r.power_w for r in corrected} == {CORRECTION.power_w(100.0)}
    assert [r.time_s for r in corrected] == [r.time_s - 0.06 for r in readings]
    assert {(r.energy_j, r.clock_mhz) for r in corrected} == {(None, 1410.0)}


def test_readings_without_power_are_left_out() -> None:
    readings = [Reading(0.0, power_w=100.0), Reading(1.0), Reading(2.0, power_w=50.0)]

    assert [r.power_w for r in CORRECTION.corrected(readings)] == pytest.approx([106.5, 54.35])


def test_corrected_power_is_never_negative() -> None:
    assert replace(CORRECTION, offset_w=-5.0).power_w(1.0) == 0.0


def test_a_beat_is_levelled_before_it_is_corrected() -> None:
    times_s = np.arange(0.0, 9.0, 0.1)
    shown_w = 130.0 + 60.0 * np.sin(2 * np.pi * times_s / 3.0)
    readings = [Reading(t, power_w=w) for t, w in zip(times_s, shown_w, strict=True)]

    corrected_w = [r.power_w for r in CORRECTION.corrected(readings)]

    assert corrected_w == pytest.approx([CORRECTION.power_w(130.0)] * 90, rel=5e-3)


def test_a_trace_without_any_power_stays_without() -> None:
    assert CORRECTION.corrected([Reading(0.0, energy_j=1.0), Reading(1.0, energy_j=2.0)]) == ()
