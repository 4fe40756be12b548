"""The model of oneDNN's copies against torch's allocator, on single random convolutions."""

import random

import pytest
import torch
from torch import Tensor, nn

from hyperwatt.constraints.tracing.kernels import CpuKernels, kernels_of_this_cpu
from hyperwatt.constraints.tracing.onednn import own_bytes
from hyperwatt.workers.meters.cpu import allocations, peak_bytes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        torch.backends.cpu.get_cpu_capability() != "AVX2",
        reason="what oneDNN's convolutions take for themselves is known for AVX2 alone",
    ),
]
FORWARD, BACKWARD = "aten::convolution", "aten::convolution_backward"


def draw(rng: random.Random) -> tuple[nn.Conv2d, Tensor]:
    channels, features = rng.choice([1, 3, 8, 20, 32, 64]), rng.choice([8, 20, 32, 64, 128])
    side, kernel = rng.choice([4, 8, 14, 28]), rng.choice([1, 3, 3, 5])
    kernel = min(kernel, side - 1)
    groups = rng.choice([1, 1, channels]) if kernel > 1 else 1
    features = channels if groups > 1 else features
    conv = nn.Conv2d(channels, features, kernel, rng.choice([1, 1, 2]), kernel // 2, groups=groups)
    return conv, torch.randn(rng.choice([1, 2, 8, 16]), channels, side, side)


def arguments(conv: nn.Conv2d, x: Tensor) -> tuple[object, ...]:
    return (
        x, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, False, (0, 0),
        conv.groups,
    )  # fmt: skip


def test_forward_passes_hold_what_the_allocator_gives_out() -> None:
    torch.set_num_threads(1)
    rng, exact, errors = random.Random(0), 0, []
    for _ in range(60):
        conv, x = draw(rng)
        with torch.inference_mode():
            out = conv(x)
            measured = peak_bytes(allocations(lambda conv=conv, x=x: conv(x)))  # type: ignore[misc]
        told = own_bytes(FORWARD, arguments(conv, x), out, kernels_of_this_cpu())
        exact += told == measured
        errors.append(abs(told / measured - 1))

    assert exact >= 57
    assert max(errors) < 0.1


def test_backward_passes_hold_what_the_allocator_gives_out() -> None:
    torch.set_num_threads(1)
    rng, exact, errors = random.Random(1), 0, []
    for _ in range(60):
        conv, x = draw(rng)
        out = conv(x.requires_grad_())
        wanted, gradient = [x, conv.weight, conv.bias], torch.randn_like(out)

        def run(out: Tensor = out, wanted: list[Tensor] = wanted, g: Tensor = gradient) -> object:  # type: ignore[assignment]
            return torch.autograd.grad(out, wanted, g, retain_graph=True)

        measured = peak_bytes(allocations(run))
        x, weight, _, *rest = arguments(conv, x)
        args = (gradient, x, weight, None, *rest, (True, True, True))
        told = own_bytes(BACKWARD, args, None, kernels_of_this_cpu())
        exact += told == measured
        errors.append(abs(told / measured - 1))

    assert exact >= 45
    assert max(errors) < 0.3


@pytest.mark.parametrize("kernels", [CpuKernels(1, 8), CpuKernels(1, 16), CpuKernels(4, 16)])
def test_a_call_never_holds_less_than_it_gives(kernels: CpuKernels) -> None:
    rng = random.Random(2)
    for _ in range(30):
        conv, x = draw(rng)
        out = conv(x)

        assert own_bytes(FORWARD, arguments(conv, x), out, kernels) >= 4 * out.numel()


def test_other_operators_and_types_have_none() -> None:
    conv, x = nn.Conv2d(3, 8, 3).double(), torch.zeros(2, 3, 8, 8, dtype=torch.float64)

    assert own_bytes(FORWARD, arguments(conv, x), conv(x), CpuKernels()) == 0
    assert own_bytes("aten::mm", (x, x), x, CpuKernels()) == 0
