"""What a trace says of whole steps: peaks, training, attention, and what it refuses."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.constraints.tracing.kernels import CpuKernels
from hyperwatt.constraints.tracing.network_trace import Layer, NetworkTrace
from hyperwatt.constraints.tracing.request import Input, TrainingStep
from hyperwatt.constraints.tracing.trace import trace_network

SGD = TrainingStep(lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9))

pytestmark = pytest.mark.slow  # torch imports its own compiler at the first trace


class Forward(nn.Module):
    """A module that does with one linear layer what a function says."""

    def __init__(self, does: Callable[[nn.Linear, Tensor], object]) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.does = does

    def forward(self, x: Tensor) -> object:
        return self.does(self.layer, x)


def of(does: Callable[[nn.Linear, Tensor], object]) -> NetworkTrace:
    return trace_network(lambda: Forward(does), (4,), batch_size=2)


def layer(trace: NetworkTrace, name: str) -> Layer:
    return {layer.name: layer for layer in trace.layers}[name]


def test_the_peak_of_inference_is_what_lives_at_once() -> None:
    net = nn.Sequential(nn.Linear(4, 100), nn.Linear(100, 4), nn.Linear(4, 4))

    work = trace_network(lambda: net, (4,), batch_size=2).inference

    parameters = 4 * (4 * 100 + 100 + 100 * 4 + 4 + 4 * 4 + 4)
    assert work.peak_by["parameters"] == parameters
    assert work.peak_bytes == parameters + 4 * 2 * (4 + 100 + 4)
    assert sum(work.peak_by.values()) == work.peak_bytes


def test_a_training_step_holds_gradients_and_the_optimizers_state() -> None:
    adam = TrainingStep(torch.optim.Adam)
    trace = trace_network(lambda: nn.Linear(100, 10), (100,), training=adam, kernels=CpuKernels())

    assert trace.training is not None
    by = trace.training.peak_by
    assert (by["parameters"], by["gradients"]) == (4 * 1010, 4 * 1010)
    assert by["optimizer"] == 2 * 4 * 1010 + 2 * 4
    assert by["input"] == 4 * 100 + 8
    assert sum(by.values()) == trace.training.peak_bytes


def test_training_costs_twice_the_macs_more_but_for_the_first_layer() -> None:
    build = lambda: nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 2, 6), nn.Flatten())  # noqa: E731
    trace = trace_network(build, (4, 8, 8), training=SGD)

    assert trace.training is not None
    assert trace.training.macs["depthwise"] == 2 * trace.inference.macs["depthwise"]
    assert trace.training.macs["conv"] == 3 * trace.inference.macs["conv"]


def test_training_may_have_a_batch_loss_and_target_of_its_own() -> None:
    step = TrainingStep(
        torch.optim.SGD,
        loss=nn.functional.mse_loss,
        target=torch.empty_like,
        batch_size=5,
    )

    trace = trace_network(lambda: nn.Linear(4, 3), (4,), batch_size=2, training=step)

    assert trace.training is not None
    assert trace.training_batch_size == 5
    assert trace.training.peak_by["input"] == 4 * 5 * (4 + 3)


def test_attention_is_fused_as_a_device_does_it() -> None:
    class Attend(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.scaled_dot_product_attention(x, x, x)

    for kernels in (CpuKernels(), CpuKernels(threads=4)):
        trace = trace_network(Attend, (4, 512, 16), kernels=kernels)
        assert trace.layers[0].kind == "attention"
        assert trace.layers[0].macs == 2 * 4 * 512 * 512 * 16
    on_gpu = trace_network(Attend, (4, 512, 16)).inference
    assert on_gpu.macs["attention"] == 2 * 4 * 512 * 512 * 16
    assert on_gpu.peak_bytes < 4 * 4 * 512 * 512


@pytest.mark.parametrize("kernels", [CpuKernels(), None])
def test_attention_inside_torchs_own_module_is_fused_too(kernels: CpuKernels | None) -> None:
    class Attend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.attention(x, x, x, need_weights=False)[0]

    named = {} if kernels is None else {"kernels": kernels}
    trace = trace_network(Attend, (64, 8), training=None, **named)

    assert trace.inference.macs["attention"] == 2 * 64 * 64 * 8
    assert trace.inference.macs["matmul"] == 64 * 8 * 8 * 4


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_are_one_layer(kind: type[nn.RNNBase]) -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = kind(6, 5, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.cells(x)[0][:, -1]

    traces = [
        trace_network(Last, (7, 6), training=SGD, kernels=kernels)
        for kernels in (CpuKernels(), CpuKernels(2))
    ]

    for trace in traces:
        (cells,) = (x for x in trace.layers if x.kind == "recurrent")
        gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
        assert cells.name == "cells"
        assert cells.macs == 7 * gates * 5 * (6 + 5 + 5 + 5)
        assert trace.unknown == {}


def test_an_unknown_operator_is_counted_and_named() -> None:
    trace = of(lambda linear, x: torch.cdist(linear(x), x))

    assert trace.unknown
    assert all(calls > 0 for calls in trace.unknown.values())
    assert trace.layers[-1].traffic_bytes > 0
    assert trace.layers[-1].kind == "other"


@pytest.mark.parametrize(
    ("does", "operator"),
    [
        (lambda linear, x: linear(x) * x.sum().item(), "_local_scalar_dense"),
        (lambda linear, x: linear(x) if x.sum() > 0 else x, "_local_scalar_dense"),
        (lambda linear, x: x.nonzero(), "nonzero"),
        (lambda linear, x: x[x > 0], "index"),
        (lambda linear, x: x.unique(), "unique"),
    ],
)
def test_a_network_that_reads_values_is_refused_with_the_operator_and_a_remedy(
    does: Callable[[nn.Linear, Tensor], object], operator: str
) -> None:
    with pytest.raises(NetworkError, match=rf"`\w*{operator}\w*`.*torch.where"):
        of(does)


def test_foreach_optimizers_step_all_at_once_on_a_gpu() -> None:
    build = lambda: nn.Sequential(*(nn.Linear(64, 64) for _ in range(8)))  # noqa: E731
    adam = TrainingStep(torch.optim.Adam)

    on_gpu = trace_network(build, (64,), training=adam).training
    on_cpu = trace_network(build, (64,), training=adam, kernels=CpuKernels()).training

    assert on_gpu is not None
    assert on_cpu is not None
    assert on_gpu.peak_bytes > on_cpu.peak_bytes + 4 * 64 * 64


def test_a_shape_that_does_not_fit_is_told_with_the_line() -> None:
    with pytest.raises(NetworkError, match=r"cannot run on \(n, 5\) of float32.*trace_steps.py"):
        trace_network(lambda: Forward(lambda linear, x: linear(x)), (5,))


def test_cross_entropy_needs_scores() -> None:
    with pytest.raises(NetworkError, match="name a `loss`"):
        trace_network(lambda: Forward(lambda linear, x: {"a": linear(x)}), (4,), training=SGD)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True])
def test_a_batch_size_is_a_whole_number_from_one(bad: object) -> None:
    with pytest.raises(ValueError, match="`batch_size` must be a whole number from 1, got"):
        trace_network(lambda: nn.Linear(1, 1), (1,), batch_size=bad)  # type: ignore[arg-type]


def test_a_type_is_one_of_torchs() -> None:
    with pytest.raises(ValueError, match=r"`dtype` must be .*, got 'words'"):
        trace_network(lambda: nn.Linear(1, 1), Input((1,), "words"))


def test_tracing_leaves_torchs_attention_as_it_was() -> None:
    before = nn.functional.scaled_dot_product_attention

    of(lambda linear, x: linear(x))

    assert nn.functional.scaled_dot_product_attention is before


def test_tracing_takes_no_memory_for_weights() -> None:
    trace = trace_network(lambda: nn.Linear(1_000_000, 1_000_000), (1_000_000,))

    assert trace.parameter_bytes == 4 * (10**12 + 10**6)
