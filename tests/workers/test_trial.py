import json
import logging
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
]

FACTORY = """
import os, signal, time
from hyperwatt.workers.messages import completed, reported

class Scripted:
    def __init__(self, workload):
        pass

    def run(self, dispatch):
        how = dispatch["candidate"]["how"]
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "hang":
            time.sleep(1000)
        if how == "exception":
            raise ValueError("odd")
        yield reported(1, {"error": 0.5}, checkpoint="", duration_s=0.0)
        if how == "stopped from outside":
            time.sleep(1000)
        yield completed({})
"""


def test_an_actor_survives_its_candidates_and_runs_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    monkeypatch.setenv("RAY_AIR_NEW_OUTPUT", "0")
    import ray
    from ray import tune
    from ray.tune.schedulers import FIFOScheduler

    from hyperwatt.workers.messages import is_end
    from hyperwatt.workers.trial import TrialActor

    (tmp_path / "scripted_trial.py").write_text(FACTORY)
    hows = ["well", "killed", "hang", "stopped from outside", "exception", "well"]
    ends: dict[str, tuple[str, int]] = {}

    class Watch(FIFOScheduler):  # type: ignore[misc]
        def on_trial_result(self, controller: Any, trial: Any, result: dict[str, Any]) -> str:
            how = trial.config["candidate"]["how"]
            ends[trial.config["trial_id"]] = ("stopped", result["pid"])
            return "STOP" if how == "stopped from outside" else "CONTINUE"

        def on_trial_complete(self, controller: Any, trial: Any, result: dict[str, Any]) -> None:
            message = json.loads(result["message"])
            if is_end(message):
                says = message.get("reason", message["event"])
                ends[trial.config["trial_id"]] = (says, result["pid"])

    ray.init(
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": str(tmp_path)}},
    )
    try:
        tune.Tuner(
            tune.with_resources(
                tune.with_parameters(
                    TrialActor,
                    workload={"factory": "scripted_trial:Scripted", "silence_limit_s": 5.0},
                ),
                {"cpu": 1},
            ),
            param_space=tune.grid_search(
                [{"trial_id": f"t{i}", "candidate": {"how": how}} for i, how in enumerate(hows)]
            ),
            tune_config=tune.TuneConfig(scheduler=Watch(), reuse_actors=True),
            run_config=tune.RunConfig(name="x", storage_path=str(tmp_path / "out"), verbose=0),
        ).fit()
    finally:
        ray.shutdown()

    assert [ends[f"t{i}"][0] for i in range(len(hows))] == [
        "completed", "killed", "hang", "stopped", "exception", "completed",
    ]  # fmt: skip
    assert len({pid for _, pid in ends.values()}) == 1
