import numpy as np
import pytest

from hyperwatt.constraints.domains import Int
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.workers.messages import Message
from hyperwatt.workers.recording import Recording
from hyperwatt.workers.replay import ReplayedEpoch, ReplayWorkload

SPACE = Space.of([Parameter("units", Int(1, 2))])
WORKLOAD = ReplayWorkload(
    recording=Recording(
        "cells",
        SPACE,
        SPACE.encode([{"units": 1}, {"units": 2}]),
        {
            "latency": np.array([0.001, 0.002]),
            "half.time": np.array([10.0, 20.0]),
            "half.error": np.array([0.5, 0.4]),
            "full.time": np.array([25.0, 50.0]),
            "full.error": np.array([0.3, 0.2]),
            "test": np.array([0.31, 0.22]),
        },
    ),
    costs={"latency_s": "latency"},
    epochs=[
        ReplayedEpoch(2, "half.time", {"error": "half.error"}),
        ReplayedEpoch(4, "full.time", {"error": "full.error"}),
    ],
    probe_s=3.0,
    test_error="test",
)


def replay(**changes: object) -> list[Message]:
    dispatch = {
        "trial_id": "t0001", "purpose": "train", "candidate": {"units": 2}, "seed": 0,
        "metrics": ["latency_s"], "bounds": {}, **changes,
    }  # fmt: skip
    return list(WORKLOAD.run(dispatch))


def test_a_training_says_what_was_recorded_and_how_long_each_part_took() -> None:
    probe, *epochs, end = replay()

    assert probe["measurements"][0]["value"] == 0.002
    assert probe["measurements"][0]["method"] == "recorded"
    assert probe["measurements"][0]["attribution"] == "replayed"
    assert [epoch["metrics"]["error"] for epoch in epochs] == [0.4, 0.2]
    assert [probe["duration_s"], *(e["duration_s"] for e in epochs)] == [3.0, 20.0, 30.0]
    assert end["event"] == "completed"


def test_a_recorded_breach_ends_the_trial_before_training() -> None:
    assert [m["event"] for m in replay(bounds={"latency_s": 0.0015})] == ["probed", "infeasible"]


def test_a_profile_trial_is_never_judged_or_trained() -> None:
    messages = replay(purpose="profile", bounds={"latency_s": 0.0015})

    assert [message["event"] for message in messages] == ["probed", "completed"]


def test_a_resumed_training_takes_only_the_time_that_is_left() -> None:
    _, epoch, _ = replay(resume_epoch=2)

    assert (epoch["epoch"], epoch["duration_s"]) == (4, 30.0)


@pytest.mark.parametrize(("finalist", "metrics"), [(True, {"test_error": 0.22}), (False, {})])
def test_only_a_finalist_is_shown_the_test_split(finalist: bool, metrics: object) -> None:
    assert replay(purpose="confirm", finalist=finalist)[-1]["metrics"] == metrics
