import warnings

import pytest
import torch

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.workers.networks.cnn import CNN, plan

SHAPE = (1, 8, 8)


def build(config: dict[str, object]) -> torch.nn.Module:
    return CNN.build(config, SHAPE, 10)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [1, 2])
def test_what_the_check_lets_pass_can_be_built_and_run(
    padding: str, kernel: int, depth: int
) -> None:
    config = {"padding": padding, "conv_layers": depth, "conv1_kernel": kernel, "conv2_kernel": 2}
    CNN.check(config, SHAPE, 10)

    assert build(config)(torch.rand(3, *SHAPE)).shape == (3, 10)


@pytest.mark.slow
def test_an_even_kernel_pads_as_torch_does() -> None:
    ours = build({"conv_layers": 1, "conv1_kernel": 4})
    layer = ours[1]
    x = torch.rand(2, 1, 8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of a padded copy, once a process
        theirs = torch.nn.functional.conv2d(x, layer.weight, layer.bias, padding="same")

    torch.testing.assert_close(layer(ours[0](x)), theirs)


def test_every_structural_hyper_parameter_is_used() -> None:
    seen: set[str] = set()

    class Watched(dict[str, object]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            seen.add(key)
            return super().get(key, default)

    plan(Watched(conv_layers=5, fc_layers=3), (1, 28, 28))

    assert seen == CNN.structural_names()


def test_a_kernel_larger_than_what_remains_is_named_with_the_remedy() -> None:
    config = {"padding": "valid", "pool1_kernel": 3, "conv2_kernel": 5}

    with pytest.raises(
        NetworkError, match=r"`conv2_kernel` is 5, but only 2 x 2 pixels remain.*padding: same"
    ):
        CNN.check(config, SHAPE, 10)


def test_pooling_away_the_whole_image_is_named() -> None:
    config = {"conv_layers": 3, "pool1_kernel": 3, "pool2_kernel": 2, "pool3_kernel": 2}

    with pytest.raises(NetworkError, match="`pool3_kernel` is 2, but only 1 x 1 pixels remain"):
        CNN.check(config, SHAPE, 10)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"conv_layers": 6}, "`conv_layers` must be from 1 to 5, got 6"),
        ({"conv1_features": 0}, "`conv1_features` must be at least 1, got 0"),
        ({"conv1_kernel": 2.5}, "`conv1_kernel` must be a whole number, got 2.5"),
        ({"padding": "full"}, "`padding` must be 'same' or 'valid', got 'full'"),
        ({"dropout": 1.0}, "`dropout` must be a number from 0"),
        ({"fc_layers": True}, "`fc_layers` must be a whole number, got True"),
    ],
)
def test_a_value_out_of_its_range_is_named(config: dict[str, object], says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        CNN.check(config, SHAPE, 10)


def test_layers_that_do_not_exist_are_not_looked_at() -> None:
    CNN.check({"conv_layers": 1, "conv2_kernel": 99, "padding": "valid"}, SHAPE, 10)


def test_the_last_layer_gives_unbounded_scores() -> None:
    layers = list(build({"fc_layers": 2, "dropout": 0.5}))

    assert isinstance(layers[-1], torch.nn.Linear)
    assert sum(isinstance(layer, torch.nn.Dropout) for layer in layers) == 3
