import json

from hyperwatt.constraints.tracing.network_trace import Geometry, Layer, NetworkTrace, Work

CONV = Layer(
    name="features.0",
    kind="conv",
    operators=("convolution", "relu"),
    input_shape=(1, 3, 8, 8),
    output_shape=(1, 4, 8, 8),
    geometry=Geometry(
        "conv", (1, 3, 8, 8), (1, 4, 8, 8), (4, 3, 3, 3), (3, 3), (1, 1), (1, 1), (1, 1)
    ),
    macs_by={"conv": 6912},
    parameters=108,
    activation_bytes=1024,
    traffic_bytes=2224,
    operations=2,
)
WORK = Work({"conv": 6912}, 2224, 2, 3000, {"parameters": 432, "activations": 2568})


def test_a_trace_survives_json() -> None:
    trace = NetworkTrace((CONV,), 108, 432, 0, 1, WORK, None, {"strange.op": 3})
    trained = NetworkTrace((), 108, 432, 0, 1, WORK, WORK, {})

    assert NetworkTrace.from_dict(json.loads(json.dumps(trace.to_dict()))) == trace
    assert NetworkTrace.from_dict(json.loads(json.dumps(trained.to_dict()))) == trained


def test_a_layer_without_geometry_survives_json() -> None:
    plain = Layer("add", "elementwise", ("add",), (1,), (1,), None, {}, 0, 4, 12, 1)
    trace = NetworkTrace((plain,), 0, 0, 0, 1, WORK, None, {})

    assert NetworkTrace.from_dict(json.loads(json.dumps(trace.to_dict()))) == trace


def test_macs_of_a_layer_are_those_of_all_its_classes() -> None:
    mixed = Layer("block", "conv", (), (), (), None, {"conv": 3, "matmul": 4}, 0, 0, 0, 0)

    assert mixed.macs == 7
