from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hyperwatt.constraints.tracing.network_trace import Layer, NetworkTrace
from hyperwatt.constraints.tracing.request import Input, TrainingStep
from hyperwatt.constraints.tracing.trace import trace_network
from hyperwatt.constraints.tracing.work_features import layer_matrix, work_features

SGD = TrainingStep(lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9))

pytestmark = pytest.mark.slow  # torch imports its own compiler at the first trace


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.norm(self.conv(x)) + x)


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


def test_a_convolution_is_described_to_the_last_number() -> None:
    net = nn.Conv2d(3, 8, (3, 5), stride=2, padding=1, dilation=(1, 2))

    trace = trace_network(lambda: nn.Sequential(net), (3, 16, 20), batch_size=2)

    (conv,) = trace.layers
    assert (conv.name, conv.kind, conv.operators) == ("0", "conv", ("convolution",))
    assert (conv.input_shape, conv.output_shape) == ((2, 3, 16, 20), (2, 8, 8, 7))
    assert conv.macs_by == {"conv": 2 * 8 * 8 * 7 * 3 * 3 * 5}
    assert conv.parameters == 8 * 3 * 3 * 5 + 8
    assert conv.activation_bytes == 4 * 2 * 8 * 8 * 7
    assert conv.traffic_bytes == 4 * (2 * 3 * 16 * 20 + 368 + 2 * 8 * 8 * 7)
    assert conv.geometry is not None
    assert conv.geometry.weight_shape == (8, 3, 3, 5)
    assert (conv.geometry.stride, conv.geometry.padding) == ((2, 2), (1, 1))
    assert (conv.geometry.dilation, conv.geometry.groups) == ((1, 2), 1)


@pytest.mark.parametrize(
    ("build", "kind", "name", "macs"),
    [
        (lambda: nn.Conv2d(4, 4, 3, groups=4), "depthwise conv", "depthwise", 4 * 36 * 9),
        (lambda: nn.Conv2d(4, 8, 3, groups=2), "grouped conv", "conv", 8 * 36 * 18),
        (lambda: nn.ConvTranspose2d(4, 2, 2, 2), "transposed conv", "conv", 4 * 64 * 8),
        (lambda: nn.Conv2d(4, 2, 1), "conv", "conv", 2 * 64 * 4),
    ],
)
def test_kinds_of_convolutions_are_told_apart(
    build: Callable[[], nn.Module], kind: str, name: str, macs: int
) -> None:
    (conv,) = trace_network(lambda: nn.Sequential(build()), (4, 8, 8)).layers

    assert (conv.kind, dict(conv.macs_by)) == (kind, {name: macs})


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (nn.MaxPool2d(2), "pool"),
        (nn.AvgPool2d(3, 2, 1), "pool"),
        (nn.AdaptiveAvgPool2d(2), "pool"),
        (nn.BatchNorm2d(4), "norm"),
        (nn.GroupNorm(2, 4), "norm"),
        (nn.LayerNorm((8, 8)), "norm"),
        (nn.GELU(), "activation"),
        (nn.Softmax(dim=1), "activation"),
        (nn.Flatten(), "reshape"),
        (nn.Upsample(scale_factor=2), "reshape"),
    ],
)
def test_layers_have_kinds_and_are_known(module: nn.Module, kind: str) -> None:
    trace = trace_network(lambda: nn.Sequential(module), (4, 8, 8))

    assert [layer.kind for layer in trace.layers] == [kind]
    assert trace.unknown == {}


def test_a_pool_has_a_geometry_also_when_it_is_adaptive() -> None:
    net = nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.AdaptiveAvgPool2d(1))

    window, adaptive = (x.geometry for x in trace_network(lambda: net, (4, 8, 8)).layers)

    assert window is not None
    assert adaptive is not None
    assert (window.kernel, window.stride, window.padding) == ((3, 3), (2, 2), (1, 1))
    assert (adaptive.kernel, adaptive.output_shape) == ((4, 4), (1, 4, 1, 1))


def test_a_linear_layer_is_told_from_a_product_of_two_activations() -> None:
    trace = of(lambda linear, x: linear(x) @ x.t())

    assert [x.kind for x in trace.layers] == ["linear", "matmul"]
    assert [x.macs for x in trace.layers] == [2 * 4 * 4, 2 * 4 * 2]
    assert trace.layers[0].geometry is not None
    assert trace.layers[0].geometry.weight_shape == (4, 4)


def test_a_residual_graph_names_the_bare_sum_after_its_module() -> None:
    trace = trace_network(lambda: nn.Sequential(Residual(), Residual()), (4, 8, 8))

    names = [x.name for x in trace.layers]
    assert names[:4] == ["0.conv", "0.norm", "0.add", "0.relu"]
    assert layer(trace, "1.add").kind == "elementwise"


def test_a_reused_layer_is_a_layer_each_time_and_has_its_parameters_once() -> None:
    trace = of(lambda linear, x: linear(linear(x)))

    assert [x.name for x in trace.layers] == ["layer", "layer#2"]
    assert [x.parameters for x in trace.layers] == [20, 0]
    assert trace.parameters == 20


def test_tied_weights_count_once() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.head = nn.Linear(4, 10, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.embed(x))

    trace = trace_network(Tied, Input((3,), "int64"))

    assert (trace.parameters, trace.parameter_bytes) == (40, 160)
    assert [x.kind for x in trace.layers] == ["embedding", "linear"]
    assert sum(x.parameters for x in trace.layers) == 40


def test_an_operator_in_place_takes_no_memory() -> None:
    outside = of(lambda linear, x: linear(x).relu())
    inside = of(lambda linear, x: linear(x).relu_())

    assert layer(outside, "relu").activation_bytes == 32
    assert layer(inside, "relu").activation_bytes == 0
    assert outside.inference.peak_bytes - inside.inference.peak_bytes == 32
    assert outside.inference.traffic_bytes == inside.inference.traffic_bytes


def test_views_are_free() -> None:
    plain = of(lambda linear, x: linear(x))
    viewed = of(lambda linear, x: linear(x).view(4, 2).t().unsqueeze(0).expand(3, 2, 4))

    assert viewed.inference == plain.inference
    assert len(viewed.layers) == 1


@pytest.mark.parametrize("wrap", [tuple, lambda pair: {"a": pair[0], "b": pair[1]}])
def test_several_outputs_and_mappings_are_followed(wrap: Callable[..., object]) -> None:
    trace = of(lambda linear, x: wrap((linear(x), x + 1)))

    assert [x.kind for x in trace.layers] == ["linear", "elementwise"]


def test_a_network_may_take_several_inputs_of_several_types() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.mix = nn.Embedding(10, 4), nn.Bilinear(4, 5, 3)

        def forward(self, words: Tensor, numbers: Tensor) -> Tensor:
            return self.mix(self.embed(words), numbers)

    trace = trace_network(Two, [Input((), "int64"), Input((5,))], batch_size=2)

    assert trace.layers[-1].output_shape == (2, 3)
    assert trace.inference.peak_by["input"] == 2 * 8 + 2 * 5 * 4


def test_layers_add_up_to_the_network() -> None:
    net = nn.Sequential(nn.Conv2d(4, 4, 3), Residual(), nn.Flatten(), nn.Linear(144, 3))

    trace = trace_network(lambda: net, (4, 8, 8), batch_size=3)

    whole = list(work_features(trace.inference).values())[:-1]
    assert layer_matrix(trace.layers).sum(axis=0).tolist() == whole
    assert sum(x.parameters for x in trace.layers) == trace.parameters
