"""The traced peak against what torch's CPU allocator really gave out."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from hyperwatt.constraints.tracing.kernels import kernels_of_this_cpu
from hyperwatt.constraints.tracing.request import TrainingStep
from hyperwatt.constraints.tracing.trace import trace_network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        torch.backends.cpu.get_cpu_capability() != "AVX2",
        reason="what oneDNN's convolutions take for themselves is known for AVX2 alone",
    ),
]

BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "predictors"


def load(name: str) -> ModuleType:
    """A module of the benchmarks, which are in no package."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


SUBJECTS = load("traced_networks").SUBJECTS
PEAKS = load("measured_peaks")
NOT_MODELLED = {"ConvNeXt (channels last)", "LSTM"}  # see benchmarks/predictors/trace.md
OPTIMIZERS = {
    "SGD": TrainingStep(lambda weights: torch.optim.SGD(weights, lr=0.0, momentum=0.9)),
    "Adam": TrainingStep(lambda weights: torch.optim.Adam(weights, lr=0.0)),
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", sorted(set(SUBJECTS) - NOT_MODELLED))
def test_inference_peaks_where_the_allocator_does(name: str) -> None:
    subject = SUBJECTS[name]

    traced = trace_network(
        subject.build, subject.input, batch_size=subject.batch_size, kernels=kernels_of_this_cpu()
    )

    measured = PEAKS.inference_peak(subject.build(), subject.batch())
    assert traced.inference.peak_bytes == pytest.approx(measured, rel=0.01)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", sorted(set(SUBJECTS) - NOT_MODELLED))
def test_a_training_step_peaks_where_the_allocator_does(name: str, optimizer: str) -> None:
    subject, step = SUBJECTS[name], OPTIMIZERS[optimizer]

    traced = trace_network(
        subject.build,
        subject.input,
        batch_size=subject.batch_size,
        training=step,
        kernels=kernels_of_this_cpu(),
    )

    measured = PEAKS.training_peak(subject.build(), subject.batch(), step.optimizer)
    assert traced.training is not None
    assert traced.training.peak_bytes == pytest.approx(measured, rel=0.01)
