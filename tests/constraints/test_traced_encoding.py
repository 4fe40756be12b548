"""Two levels of features: exact for few candidates, learned for many."""

import numpy as np
import pytest

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.cost_models import CostModels, CostRow, CostTable
from hyperwatt.constraints.domains import Array, Int
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.errors import NetworkError
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.on_columns import OnColumns
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.constraints.traced_encoding import TracedEncoding

SPACE = Space.of([Parameter("width", Int(4, 64)), Parameter("depth", Int(1, 6))])
STRUCTURAL = StructuralEncoding(SPACE, frozenset(SPACE.names))


def work_of(units: Array) -> Array:
    """Multiply-accumulates and memory of a made-up network, and a column that never changes."""
    candidate = SPACE.candidate(units)
    width, depth = float(candidate["width"]), float(candidate["depth"])
    return np.array([depth * width**2, 1000 + 4 * width, 0.0])


def row_of(candidate: Candidate, latency_s: float) -> CostRow:
    measured = Measurement("latency_s", latency_s, 0.0, 1, "made up", "toy")
    return CostRow(candidate, {"latency_s": measured})


@pytest.fixture(scope="module")
def encoding() -> TracedEncoding:
    return TracedEncoding(STRUCTURAL, ("macs", "peak", "still"), work_of, seed=1, sample_size=60)


def test_exact_features_are_the_trace(encoding: TracedEncoding) -> None:
    units = SPACE.encode([{"width": 10, "depth": 3}])

    np.testing.assert_array_equal(encoding.exact(units), [[10, 3, 300, 1040, 0]])
    assert encoding.names == ("width", "depth", "macs", "peak", "still")


def test_estimated_features_are_near_for_candidates_that_were_not_traced(
    encoding: TracedEncoding,
) -> None:
    units = SPACE.sample(300, np.random.default_rng(2))

    ratio = encoding.quick(units)[:, 2:4] / encoding.exact(units)[:, 2:4]

    assert np.sqrt(np.mean(np.log(ratio) ** 2)) < 0.05
    np.testing.assert_array_equal(encoding.quick(units)[:, 4], 0.0)


def test_what_cannot_be_traced_is_estimated() -> None:
    def partly(units: Array) -> Array | None:
        return None if SPACE.candidate(units)["depth"] == 3 else work_of(units)

    encoding = TracedEncoding(STRUCTURAL, ("macs", "peak", "still"), partly, seed=1, sample_size=60)
    units = SPACE.encode([{"width": 32, "depth": 3}, {"width": 32, "depth": 4}])

    estimated, traced = encoding.exact(units)

    assert estimated[2] == pytest.approx(3 * 32**2, rel=0.1)
    assert traced[2] == 4 * 32**2


def test_the_blur_is_how_far_estimates_move_a_prediction(encoding: TracedEncoding) -> None:
    models = CostModels(SPACE, encoding, lambda metric: OnColumns(LinearRecipe(1e-9), (2,)))
    candidates = [SPACE.candidate(row) for row in SPACE.sample(20, np.random.default_rng(3))]
    rows = [row_of(candidate, work_of(SPACE.encode([candidate])[0])[0]) for candidate in candidates]

    fitted = models.fit(CostTable(tuple(rows)), ["latency_s"])

    assert 0 < fitted.blurs["latency_s"] < 0.2


def test_without_a_trace_there_is_no_blur() -> None:
    models = CostModels(SPACE, STRUCTURAL, lambda metric: LinearRecipe())
    units = SPACE.sample(9, np.random.default_rng(3))
    rows = [row_of(SPACE.candidate(row), i + 1.0) for i, row in enumerate(units)]

    assert models.fit(CostTable(tuple(rows)), ["latency_s"]).blurs == {}


def test_a_candidate_that_ran_out_of_memory_raises_the_prediction_near_it() -> None:
    models = CostModels(SPACE, STRUCTURAL, lambda metric: LogLinearRecipe())
    small = SPACE.encode([{"width": w, "depth": d} for w in (4, 8, 12, 16) for d in (1, 2, 3)])
    grown = [SPACE.candidate(row) for row in small]
    rows = [row_of(c, 1e-4 * float(c["width"]) * float(c["depth"])) for c in grown]
    table = CostTable(tuple(rows))
    large = SPACE.candidate(SPACE.encode([{"width": 64, "depth": 6}])[0])
    at = models.features([large])

    before = models.fit(table, ["latency_s"], {"latency_s": 0.1}).predictors["latency_s"]
    told = table.with_exceeded(large, ["latency_s"])
    after = models.fit(told, ["latency_s"], {"latency_s": 0.1}).predictors["latency_s"]

    assert before.predict(at).mean[0] < 0.1
    assert after.predict(at).mean[0] > 1.3 * before.predict(at).mean[0]


def test_a_space_of_which_nothing_can_be_traced_says_why_and_what_to_do() -> None:
    encoding = TracedEncoding(STRUCTURAL, ("macs",), lambda row: None, 1, lambda: ": it hangs")

    with pytest.raises(NetworkError, match=r"only 0 of .*: it hangs; set `predictor: linear`"):
        encoding.quick(SPACE.sample(3, np.random.default_rng(0)))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_traced_candidates_are_enough_to_go_on(count: int) -> None:
    rows = SPACE.sample(4, np.random.default_rng(0))
    allowed = {row.tobytes() for row in TracedEncoding(
        STRUCTURAL, ("macs", "peak", "still"), work_of, 1
    ).structural.space.sample(480, np.random.default_rng([1, 120]))[:count]}  # fmt: skip

    def partly(units: Array) -> Array | None:
        return work_of(units) if units.tobytes() in allowed else None

    encoding = TracedEncoding(STRUCTURAL, ("macs", "peak", "still"), partly, 1)

    assert encoding.quick(rows).shape == (4, 5)
    assert encoding.quick(rows[:0]).shape == (0, 5)
    assert len(encoding.pairs()[0]) >= count
