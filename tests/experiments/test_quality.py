import numpy as np
import pytest

from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.quality import Quality

ERROR, ACCURACY = Objective("error"), Objective("accuracy", maximise=True)
LATENCY = Objective("latency_s")


def box(*objectives: Objective, ideal: list[float], reference: list[float]) -> Quality:
    return Quality(objectives, np.array(ideal), np.array(reference))


def test_with_one_objective_the_quality_is_the_least_loss_so_far() -> None:
    losses = np.array([[np.nan], [0.3], [0.5], [np.nan], [0.2]])

    found = box(ERROR, ideal=[0.0], reference=[1.0]).so_far(losses)

    assert np.isnan(found[0])
    assert found[1:].tolist() == [0.3, 0.3, 0.3, 0.2]


def test_a_front_leaves_ever_less_of_the_box_open() -> None:
    losses = np.array([[np.nan, np.nan], [0.5, 0.5], [0.7, 0.7], [0.0, 0.9], [-1.0, -1.0]])

    found = box(ERROR, LATENCY, ideal=[0.0, 0.0], reference=[1.0, 1.0]).so_far(losses)

    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0.75, 0.75, 0.7, 0.0])


def test_the_order_of_trials_does_not_change_what_is_left_open() -> None:
    rng = np.random.default_rng(0)
    losses = rng.random((40, 3))
    quality = box(ERROR, LATENCY, ACCURACY, ideal=[0.0] * 3, reference=[1.1] * 3)

    there, back = quality.so_far(losses), quality.so_far(losses[::-1])

    assert there[-1] == pytest.approx(back[-1])
    assert (np.diff(there) <= 1e-12).all()


def test_values_are_shown_in_their_own_direction() -> None:
    accuracy = box(ACCURACY, ideal=[-1.0], reference=[0.0])
    fronts = box(ERROR, LATENCY, ideal=[0.0, 0.0], reference=[1.0, 0.002])

    assert (accuracy.show(-0.875), accuracy.label) == ("87.50%", "best feasible accuracy")
    assert fronts.show(0.25) == "0.750"
    assert "reference point (error 100.00%, latency 2 ms)" in fronts.box_line()
    assert accuracy.box_line() == ""


def test_without_any_run_there_is_still_a_yardstick() -> None:
    quality = Quality.of([ERROR, LATENCY], [])

    assert np.isnan(quality.so_far(np.full((3, 2), np.nan))).all()
