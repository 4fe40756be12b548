import pytest
import torch
from torch import nn

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.constraints.tracing.building import build_without_values

pytestmark = pytest.mark.slow  # torch imports its own compiler at the first trace


def test_what_is_built_has_no_values() -> None:
    def build() -> nn.Module:
        net = nn.BatchNorm2d(4)
        net.register_buffer("made_elsewhere", torch.zeros(3, device="cpu"))
        return net

    net = build_without_values(build)

    assert all(tensor.is_meta for tensor in (*net.parameters(), *net.buffers()))


def test_a_builder_that_reads_values_is_built_for_a_moment() -> None:
    def build() -> nn.Module:
        rates = [rate.item() for rate in torch.linspace(0, 0.5, 3)]
        return nn.Sequential(*(nn.Dropout(rate) for rate in rates), nn.Linear(2, 2))

    net = build_without_values(build)

    assert net[1].p == 0.25
    assert net[3].weight.is_meta


def test_a_builders_error_is_told_with_its_line() -> None:
    def build() -> nn.Module:
        raise KeyError("width")

    with pytest.raises(
        NetworkError, match=r"KeyError: 'width' \(test_building.py, line \d+: `raise"
    ):
        build_without_values(build)


def test_a_builder_must_give_a_module() -> None:
    with pytest.raises(NetworkError, match=r"must give a torch.nn.Module, got list"):
        build_without_values(list)  # type: ignore[arg-type]


def test_sizes_must_be_known() -> None:
    with pytest.raises(NetworkError, match=r"`0.weight`.*Linear instead of LazyLinear"):
        build_without_values(lambda: nn.Sequential(nn.LazyLinear(3)))
