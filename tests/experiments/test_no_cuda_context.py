"""What the driver does before and during a sweep on GPUs must leave them alone."""

import pytest


def driver_side(fake_nvml):
    from pathlib import Path

    import torch

    from hyperwatt.experiments.compose import build_plan, build_workload
    from hyperwatt.experiments.preflight import check_surroundings, resolve
    from hyperwatt.experiments.run_folder import RunFolder
    from hyperwatt.experiments.spec_files import load_spec
    from hyperwatt.workers.meters.survey import survey

    spec = resolve(load_spec("digits", ["device=auto", "strategy=hyperwatt"]))
    check_surroundings(spec)
    plan = build_plan(spec, concurrency=2)
    workload = build_workload(spec, plan, RunFolder(Path("run")))
    devices = [found.device for found in survey()]
    return {
        "device": workload["device"],
        "is followed": "power_log" in workload,
        "surveyed": "cuda" in devices,
        "context": torch.cuda.is_initialized(),
    }


@pytest.mark.slow
def test_the_driver_finds_the_gpu_and_creates_no_cuda_context(fake_nvml) -> None:
    assert fake_nvml.run(driver_side) == {
        "device": "cuda",
        "is followed": True,
        "surveyed": True,
        "context": False,
    }
