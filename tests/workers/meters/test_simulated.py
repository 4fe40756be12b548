import pytest
import torch
from torch import nn

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.devices import capabilities, meters_for
from hyperwatt.workers.meters.protocol import Step, Window
from hyperwatt.workers.meters.simulated import kernels_of

NETWORK = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 10)
)


def step(images: int = 4) -> Step:
    x = torch.rand(images, 1, 8, 8)
    return Step(lambda: NETWORK(x), lambda: 0, images)


def read(device: str, metric: str, seed: int = 0, images: int = 4) -> float:
    return meters_for(device, seed=seed).measure(metric, step(images), Window()).value


def test_a_layer_becomes_the_product_that_it_is() -> None:
    conv, relu, flatten, linear = kernels_of(step().run)

    assert (conv.rows, conv.columns, conv.depth) == (4 * 64, 8, 9)
    assert conv.flops == 2 * 4 * 64 * 8 * 9
    assert (linear.rows, linear.columns, linear.depth) == (4, 10, 512)
    assert relu.flops == flatten.flops == 0
    assert conv.weight_bytes == 4 * (8 * 9 + 8)


def test_noise_is_reproducible_and_depends_on_the_seed() -> None:
    first, again, other = (read("simulated:gtx1070", "power_w", seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert abs(first / other - 1) < 0.05  # 1.5 % noise, mean of 9: 7 standard errors


def test_a_training_step_costs_more_than_an_inference() -> None:
    for metric in ("latency_s", "memory_bytes"):
        assert read("simulated:h200", f"train_{metric}") > read("simulated:h200", metric)


def test_every_value_says_that_it_is_simulated() -> None:
    measured = meters_for("simulated:tx1").measure("power_w", step(), Window())

    assert measured.device == "simulated:tx1"
    assert measured.method == "simulated"
    assert measured.attribution == "simulated"
    assert measured.teaches()


def test_what_the_original_cannot_tell_is_refused() -> None:
    can, cannot = capabilities("simulated:tx1")

    assert "power_w" in can
    assert "memory_bytes" in cannot
    with pytest.raises(MeasurementError, match="tx1 cannot tell it"):
        read("simulated:tx1", "memory_bytes")


def test_an_unknown_device_is_named_with_its_near_match() -> None:
    with pytest.raises(MeasurementError, match="did you mean 'simulated:gtx1070'"):
        capabilities("simulated:gtx107")


def test_no_hook_stays_behind() -> None:
    kernels_of(step().run)

    assert not torch.nn.modules.module._global_forward_hooks
