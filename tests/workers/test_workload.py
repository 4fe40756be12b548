import fcntl
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers import device_lock
from hyperwatt.workers.messages import is_end
from hyperwatt.workers.workload import Stopwatch, TorchWorkload, load_workload

pytestmark = pytest.mark.slow  # the first optimiser step imports torch._dynamo

COSTS = ["latency_s", "memory_bytes"]


def workload(folder: Path, **changes: Any) -> dict[str, Any]:
    task = {"name": "digits", "root": None, "download": False, "train_images": 200}
    return {
        "task": {**task, "validation_share": 0.2, "seed": 0},
        "network": {"name": "mlp", "fixed": {"hidden1_units": 32}},
        "epochs": 3,
        "batch_size": 32,
        "device": "cpu",
        "threads": 1,
        "probe": {
            "batch_size": 1,
            "min_time_s": 0.005,
            "max_time_s": 0.02,
            "target_relative_error": 0.1,
        },
        "checkpoints": str(folder),
        "silence_limit_s": 60.0,
        **changes,
    }


def dispatch(**changes: Any) -> dict[str, Any]:
    return {
        "trial_id": "t0001",
        "purpose": "train",
        "candidate": {"learning_rate": 0.05},
        "seed": 3,
        "metrics": COSTS,
        "bounds": {},
        "resume_epoch": 0,
        "weights": None,
        **changes,
    }


def messages(folder: Path, given: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    said = list(load_workload(workload(folder, **changes)).run(given))
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert [is_end(message) for message in said] == [False] * (len(said) - 1) + [True]
    return said


def events(said: list[dict[str, Any]]) -> list[str]:
    return [message["event"] for message in said]


def test_a_trial_is_probed_then_trained(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch())

    assert events(said) == ["probed", "reported", "reported", "reported", "completed"]
    assert [m["metric"] for m in said[0]["measurements"]] == COSTS
    assert said[0]["parameters"] == 64 * 32 + 32 + 32 * 10 + 10
    assert [m["epoch"] for m in said[1:-1]] == [1, 2, 3]
    assert said[3]["metrics"]["error"] < 0.5
    assert (tmp_path / said[3]["checkpoint"]).is_file()


def test_measurements_survive_the_border(tmp_path: Path) -> None:
    row = messages(tmp_path, dispatch(purpose="profile"))[0]["measurements"][0]

    assert Measurement.from_dict(row).to_dict() == row
    assert row["device"].startswith("cpu:")


def test_a_measured_breach_ends_the_trial_before_training(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch(bounds={"memory_bytes": 1000}))

    assert events(said) == ["probed", "infeasible"]
    assert said[0]["verdict"] == {"broken": ["memory_bytes"], "borderline": False}
    assert (said[1]["reason"], said[1]["metrics"]) == ("budget", ["memory_bytes"])
    assert not any(tmp_path.iterdir())


def test_a_value_at_its_bound_is_tagged(tmp_path: Path) -> None:
    exact = messages(tmp_path, dispatch(purpose="profile"))[0]["measurements"][1]["value"]

    said = messages(tmp_path, dispatch(bounds={"memory_bytes": exact}))

    assert said[0]["verdict"] == {"broken": [], "borderline": True}
    assert events(said)[-1] == "completed"


def test_a_profile_measures_only_and_ignores_bounds(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch(purpose="profile", bounds={"memory_bytes": 1000}))

    assert events(said) == ["probed", "completed"]
    assert said[0]["verdict"]["broken"] == []


def test_measuring_does_not_change_what_is_learned(tmp_path: Path) -> None:
    all_costs = [*COSTS, "train_latency_s", "train_memory_bytes"]

    measured = messages(tmp_path, dispatch(metrics=all_costs))
    unmeasured = messages(tmp_path, dispatch(metrics=[]))

    assert [m["metrics"] for m in measured[1:]] == [m["metrics"] for m in unmeasured[1:]]


def test_the_seed_decides_the_outcome(tmp_path: Path) -> None:
    one, same, other = (
        messages(tmp_path, dispatch(metrics=[], seed=seed))[1]["metrics"] for seed in (1, 1, 2)
    )

    assert one == same != other


def test_a_resumed_trial_ends_as_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = messages(tmp_path / "whole", dispatch())
    messages(tmp_path / "cut", dispatch(), epochs=1)

    rest = messages(tmp_path / "cut", dispatch(resume_epoch=1))

    assert [m["epoch"] for m in rest[1:-1]] == [2, 3]
    assert [m["metrics"] for m in rest[1:]] == [m["metrics"] for m in whole[2:]]


def test_a_trial_whose_checkpoint_is_gone_starts_over(tmp_path: Path) -> None:
    assert [m["epoch"] for m in messages(tmp_path, dispatch(resume_epoch=2))[1:-1]] == [1, 2, 3]


def test_the_best_epoch_is_confirmed_on_images_nobody_selected_on(tmp_path: Path) -> None:
    trained = messages(tmp_path, dispatch())
    best = min(m["metrics"]["error"] for m in trained[1:-1])

    epoch = next(m["epoch"] for m in trained[1:-1] if m["metrics"]["error"] == best)
    again = dispatch(trial_id="t0002", purpose="confirm", weights=f"t0001/best-{epoch}.pt")
    said = messages(tmp_path, {**again, "finalist": True})

    assert events(said) == ["probed", "completed"]
    assert said[1]["metrics"]["validation_error"] == best
    assert 0 < said[1]["metrics"]["test_error"] < 0.6
    assert messages(tmp_path, again)[1]["metrics"] == {}  # only finalists see the test split


def test_selected_by_accuracy_the_most_accurate_epoch_is_kept(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch(), selected_by="accuracy")

    told = [message["metrics"] for message in said if message["event"] == "reported"]
    accuracies = [metrics["accuracy"] for metrics in told]
    best = 1 + accuracies.index(max(accuracies))  # the first of equals
    kept = {int(path.stem.removeprefix("best-")) for path in (tmp_path / "t0001").glob("best-*")}
    assert max(kept) == best
    assert [m["error"] + m["accuracy"] for m in told] == pytest.approx([1.0] * 3)


def test_a_loss_that_is_not_finite_stops_and_is_never_reported(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch(candidate={"learning_rate": 1e30}))

    assert events(said) == ["probed", "stopped"]
    assert said[1]["reason"] == "diverged"


@pytest.mark.parametrize(
    ("given", "reason", "says"),
    [
        ({"candidate": {"hidden_layers": 9}}, "unbuildable", "`hidden_layers` must be from 1 to 4"),
        ({"metrics": ["power_w"]}, "cannot measure", "`power_w` cannot be measured"),
        ({"purpose": "confirm", "weights": "t9/best.pt"}, "exception", "FileNotFoundError"),
    ],
)
def test_a_fault_is_an_end_with_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], reason: str, says: str
) -> None:
    monkeypatch.setattr("hyperwatt.workers.meters.rapl.fault", lambda root: "no counters here")

    said = messages(tmp_path, dispatch(**given))

    assert (said[-1]["event"], said[-1]["reason"]) == ("failed", reason)
    assert says in said[-1]["message"]


def test_memory_that_runs_out_makes_the_candidate_infeasible(tmp_path: Path) -> None:
    given = dispatch(candidate={"hidden1_units": 1 << 50}, bounds={"memory_bytes": 1e9})

    said = messages(tmp_path, given)

    assert events(said) == ["infeasible"]
    assert (said[0]["reason"], said[0]["metrics"]) == ("out of memory", ["memory_bytes"])


def test_what_is_fixed_is_used_unless_the_candidate_says_otherwise(tmp_path: Path) -> None:
    given = dispatch(purpose="profile", candidate={"hidden1_units": 8})

    assert messages(tmp_path, given)[0]["parameters"] == 64 * 8 + 8 + 8 * 10 + 10


def test_a_cnn_trains_too(tmp_path: Path) -> None:
    said = messages(tmp_path, dispatch(), network={"name": "cnn", "fixed": {}}, epochs=1)

    assert events(said) == ["probed", "reported", "completed"]


def test_torch_uses_the_threads_it_was_given(tmp_path: Path) -> None:
    messages(tmp_path, dispatch(purpose="profile", metrics=[]))

    assert torch.get_num_threads() == 1


def test_a_trial_whose_device_is_held_says_by_whom_and_gives_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_lock, "TELL_AFTER_S", 0.05)
    built = TorchWorkload._build
    locks = tmp_path / "locks"
    other = device_lock.lock_of("cpu", locks, holder="trial 7 of another run")
    with ExitStack() as held:

        def build_and_lose_the_device(self: TorchWorkload, *given: Any) -> Any:
            made = built(self, *given)
            turn = held.enter_context(other.turn())
            for door in turn.doors:  # a probe that waits for the trainings to let go
                fcntl.flock(door.turnstile, fcntl.LOCK_EX)
                device_lock._sign(door.turnstile, other.holder)
            return made

        monkeypatch.setattr(TorchWorkload, "_build", build_and_lose_the_device)
        said = messages(
            tmp_path / "checkpoints",
            dispatch(purpose="profile"),
            locks=str(locks),
            silence_limit_s=1.0,
        )

    assert events(said) == ["queued", "failed"]
    assert said[0]["behind"].startswith("trial 7 of another run, since ")
    assert said[1]["reason"] == "device busy"
    assert "trial 7 of another run" in said[1]["message"]


def test_waiting_for_the_device_is_no_part_of_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = iter([10.0, 12.0, 17.0, 18.0])
    monkeypatch.setattr("hyperwatt.workers.workload.time.perf_counter", lambda: next(now_s))

    watch = Stopwatch()
    with watch.paused():
        pass

    assert watch.seconds == 3.0
