"""Multiply-accumulates against torch's own counter, where that is right."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hyperwatt.constraints.tracing.request import TrainingStep
from hyperwatt.constraints.tracing.shortcuts import broadcast_shape
from hyperwatt.constraints.tracing.trace import trace_network

pytestmark = pytest.mark.slow  # torch imports its own compiler at the first trace


def conv_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 4, 2, 2), nn.Flatten(), nn.Linear(1024, 4)
    )


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3 * 16 * 16, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head((x.softmax(-1) @ x.transpose(-1, -2)).flatten(1))


@pytest.mark.parametrize("build", [conv_net, Attention])
def test_they_are_half_of_torchs_flops(build: Callable[[], nn.Module]) -> None:
    step = TrainingStep(lambda weights: torch.optim.SGD(weights, lr=0.1))
    net, x = build(), torch.randn(2, 3, 16, 16)
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        net(x)
    with FlopCounterMode(display=False) as both:
        net(x).sum().backward()

    trace = trace_network(build, (3, 16, 16), batch_size=2, training=step)

    assert trace.training is not None
    assert 2 * sum(trace.inference.macs.values()) == forward.get_total_flops()
    assert 2 * sum(trace.training.macs.values()) == both.get_total_flops()


@pytest.mark.parametrize(
    "shapes",
    [[(2, 3), (2, 3)], [(2, 1), (3,)], [(), (4,)], [(1, 5), (6, 1), (2, 1, 1)], [(0,), (1,)]],
)
def test_shapes_stretch_as_torchs_do(shapes: list[tuple[int, ...]]) -> None:
    assert tuple(broadcast_shape(shapes)) == torch.broadcast_shapes(*shapes)
