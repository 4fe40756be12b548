"""A GPU's own power sensor against an external power meter, raw and corrected.

Run: `python -m benchmarks.power_sensor --data ../shared/data`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.power_sensor.judged import CLOCK_S, SEEDS, WINDOWS, clock_floor, corrections, judge
from benchmarks.power_sensor.methods import METHODS
from benchmarks.power_sensor.recordings import GPUS, WORK_S, Recording, load_recordings
from benchmarks.predictors import report
from hyperwatt.workers.meters.cpu import cpu_kind
from hyperwatt.workers.meters.power_correction import PowerCorrection

TITLE = "# A GPU's power sensor against an external power meter"
COMMAND = "python -m benchmarks.power_sensor --data ../shared/data"
OURS = "**ours**: linear, delay, beats levelled"
AT_WORK = ("naive: `power.draw`", "naive: instant", "linear, `power.draw`", OURS)
Recordings = Mapping[tuple[str, str], Recording]


def main() -> None:
    """Judge all methods and write the page.

    Side effects:
        Writes `benchmarks/power_sensor/README.md`.
    """
    folder = report.data_folder(__doc__ or "") / "gpu_power_sensor"
    about = (
        f"{date.today().isoformat()}, {cpu_kind(1).removeprefix('cpu:')}, numpy {np.__version__}"
    )
    page = f"{TITLE}\n\n{about}. `{COMMAND}` makes it anew.\n\n{body(load_recordings(folder))}\n"
    (Path(__file__).parent / "README.md").write_text(page)
    print(page)


def body(recordings: Recordings) -> str:
    """The page below its head."""
    pairs = [(recordings[gpu, a], recordings[gpu, b]) for gpu in GPUS for a, b in _directions()]
    parts = (
        ABOUT.format(windows=WINDOWS, seeds=SEEDS),
        report.table([_row(name, pairs) for name in METHODS]),
        FLOOR.format(clock_ms=1000 * CLOCK_S),
        report.table(_floors(pairs)),
        WORK,
        report.table([_row(name, pairs, at_work=True) for name in AT_WORK]),
        FITTED,
        report.table([_fitted(recording) for recording in recordings.values()]),
        READING,
    )
    return "\n\n".join(parts)


def _directions() -> tuple[tuple[str, str], tuple[str, str]]:
    return ("step", "square50"), ("square50", "step")


def _column(fitted: Recording, tested: Recording) -> str:
    return f"{fitted.gpu}: {fitted.run} -> {tested.run}"


def _row(
    name: str, pairs: list[tuple[Recording, Recording]], at_work: bool = False
) -> dict[str, object]:
    judged = {
        _column(fitted, tested): judge(
            METHODS[name], fitted, tested, WORK_S[tested.run] if at_work else None
        )
        for fitted, tested in pairs
    }
    return {"method": name, **judged}


def _floors(pairs: list[tuple[Recording, Recording]]) -> list[dict[str, object]]:
    own = {_column(*pair): judge(METHODS[OURS], pair[1], pair[1]) for pair in pairs}
    clock = {_column(*pair): f"{clock_floor(pair[1]):.2%}" for pair in pairs}
    return [
        {"floor of the tested run": "ours, fitted on the tested run itself", **own},
        {"floor of the tested run": "the meter against itself, clock moved", **clock},
    ]


def _fitted(recording: Recording) -> dict[str, object]:
    found = corrections(recording)
    return {
        "fitted on": recording.name,
        "gain": _spread([each.gain for each in found], 3),
        "offset, W": _spread([each.offset_w for each in found], 1),
        "delay, ms": _spread([1000 * each.delay_s for each in found], 0),
        "100 W shown are": _at(found, 100.0),
        "200 W": _at(found, 200.0),
        "400 W": _at(found, 400.0),
    }


def _at(found: list[PowerCorrection], shown_w: float) -> str:
    return _spread([each.power_w(shown_w) for each in found], 1) + " W"


def _spread(values: list[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f} +- {np.std(values, ddof=1):.{digits}f}"


ABOUT = """Four recordings of an A100 and an RTX 3090 (Yang et al., arXiv:2312.02741): an external
meter at 4.8 kHz beside nvidia-smi, one power step and one square wave (half high, 104 ms) each.
Corrections are fitted on one run and tested on the other. Shown is the error of the energy of
random windows of 5 to 10 s: mean absolute +- its standard deviation over {seeds} seeds, and the
largest of {seeds} x {windows} windows. The windows lie anywhere in a recording of 10 to 14 s and
overlap: the spread is that of the draw (seeds 0 to 9), not of other boards."""

FLOOR = """**Noise floor.** The clocks of meter and sensor are aligned to some {clock_ms:.0f} ms
only, and the delay that a run teaches contains its own misalignment. The last line moves the meter
by as much against itself: smaller errors than these are no better measurement."""

WORK = """**Inside the work alone**, as a probe measures after its warm-up; delays hardly matter:"""

FITTED = """**What was fitted**, mean +- standard deviation over the seeds, and what it makes of a
reading:"""

READING = """How to read it:

- **RTX 3090: the correction generalises in both directions**, to the floor. Its sensor sees all
  the time, 5 % too little and 0.1 s late. `power.draw` is an average of a second, half a second
  late; a line takes that for a gain or an offset and is worse than no correction.
- **A100: a line alone does not generalise.** Its sensor looks at 25 ms of each 100 ms, and the
  square wave of 104 ms beats with that: what is shown swings between the wave's low and high, once
  in 3.4 s. Fitted on the step, a line is right and the readings of the square wave are not; fitted
  on the square wave, it learns the beat. Over windows anywhere, naive readings of the square wave
  are even better than a line's: their missing gain and the part of a beat happen to cancel.
- **Beats levelled** (`workers/meters/beats.py`): between two jumps, the mean over whole beats. Then
  one line holds for both runs. It needs to see two beats. From a window's own readings it can do
  less, and windows of less than two beats stay as wrong as before: measure longer, or where
  training steps do not take a simple fraction of 100 ms.
- The weakest is A100, square wave -> step at work: a line learned at some 100 W is stretched to
  200 W. Fit on work as heavy as what will be measured.

What limits it: one board of each kind, one meter, two runs. **Levelling was thought out on the
square wave of the A100 itself, the only recording that beats**; its constants were not fitted to
it, and simulated sensors of other periods pass (`tests/workers/meters/test_beats.py`), but no
second real beat was at hand. Nothing was recorded of NVML's energy counter, so it is not
corrected. A gain of 5 % changes no order among candidates on one board; it matters for budgets in
watts and for comparing devices."""


if __name__ == "__main__":
    main()
