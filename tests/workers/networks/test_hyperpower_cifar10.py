import pytest
import torch

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.workers.networks.hyperpower_cifar10 import HYPERPOWER_CIFAR10

SHAPE = (3, 32, 32)
SMALLEST = {f"conv{i}_features": 20 for i in range(1, 5)} | {"fc1_units": 300}
LARGEST = {
    **{f"conv{i}_features": 36 for i in range(1, 5)},
    "conv1_kernel": 4, "conv2_kernel": 5, "conv3_kernel": 5, "fc1_units": 700,
}  # fmt: skip


@pytest.mark.parametrize("config", [SMALLEST, LARGEST, {}])
def test_both_ends_of_the_released_space_are_built_and_run(config: dict[str, int]) -> None:
    HYPERPOWER_CIFAR10.check(config, SHAPE, 10)

    network = HYPERPOWER_CIFAR10.build(config, SHAPE, 10).eval()

    assert network(torch.randn(2, *SHAPE)).shape == (2, 10)


def test_layers_1_and_3_keep_the_image_and_2_and_4_do_not() -> None:
    sides = []
    network = HYPERPOWER_CIFAR10.build({"conv2_kernel": 5}, SHAPE, 10).eval()
    for layer in network:
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))

    network(torch.randn(1, *SHAPE))

    assert sides == [32, 28, 14, 12]


def test_an_image_that_becomes_too_small_is_named() -> None:
    with pytest.raises(NetworkError, match="`conv4_kernel` is 20"):
        HYPERPOWER_CIFAR10.check({"conv4_kernel": 20}, SHAPE, 10)
