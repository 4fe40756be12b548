import pytest
import torch

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.workers.networks.mlp import MLP


def test_has_the_layers_it_was_asked_for() -> None:
    network = MLP.build({"hidden_layers": 2, "hidden1_units": 7, "hidden2_units": 5}, (1, 8, 8), 10)
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]

    assert [tuple(layer.weight.shape) for layer in linear] == [(7, 64), (5, 7), (10, 5)]


def test_dropout_follows_each_hidden_layer() -> None:
    network = MLP.build({"hidden_layers": 3, "dropout": 0.2}, (1, 8, 8), 10)

    assert sum(isinstance(layer, torch.nn.Dropout) for layer in network) == 3


def test_too_many_layers_are_named() -> None:
    with pytest.raises(NetworkError, match="`hidden_layers` must be from 1 to 4, got 5"):
        MLP.check({"hidden_layers": 5}, (1, 8, 8), 10)
