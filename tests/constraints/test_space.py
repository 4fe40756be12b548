import numpy as np
import pytest

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.domains import Choice, Float, Int
from hyperwatt.constraints.features import structural_features, surrogate_features
from hyperwatt.constraints.space import Parameter, Space, row_keys

NESTED = Space.of(
    [
        Parameter("leaf", Choice((3, 5), ordered=True), {"middle": (4, 5)}),
        Parameter("middle", Int(4, 8), {"root": (2, 3)}),
        Parameter("root", Int(1, 3)),
        Parameter("rate", Float(1e-3, 1e-1, log=True)),
    ]
)


def test_parents_come_before_their_children() -> None:
    names = NESTED.names

    assert names.index("root") < names.index("middle") < names.index("leaf")


def test_what_does_not_exist_is_absent_however_deep() -> None:
    for row in NESTED.sample(300, np.random.default_rng(0)):
        candidate = NESTED.candidate(row)

        assert ("middle" in candidate) == (candidate["root"] in (2, 3))
        assert ("leaf" in candidate) == (candidate.get("middle") in (4, 5))


def test_inactive_parameters_do_not_tell_candidates_apart() -> None:
    units = np.array([[0.0, 0.1, 0.1, 0.1], [0.0, 0.9, 0.9, 0.9]])
    order = [NESTED.names.index(n) for n in ("root", "middle", "leaf", "rate")]
    points = np.empty_like(units)
    points[:, order] = units
    points[:, NESTED.names.index("rate")] = 0.5

    snapped = NESTED.snap(points)

    assert NESTED.candidate(snapped[0]) == NESTED.candidate(snapped[1])
    assert len(set(row_keys(snapped))) == 1


def test_encoding_is_the_inverse_of_decoding() -> None:
    units = NESTED.sample(200, np.random.default_rng(1))

    again = NESTED.encode([NESTED.candidate(row) for row in units])

    np.testing.assert_allclose(again, units, atol=1e-12)


def test_the_key_of_a_candidate_is_the_same_everywhere() -> None:
    assert Candidate({"b": 0.5, "a": 1}).key == "2e76599baa1e"
    assert Candidate({"a": 1}) != Candidate({"a": 1, "b": 0})


@pytest.mark.parametrize(
    ("candidate", "says"),
    [
        ({"root": 1, "rate": 0.01, "middle": 4}, "does not exist unless"),
        ({"root": 2, "rate": 0.01}, "`middle` is missing"),
        ({"root": 1, "rat": 0.01}, "did you mean 'rate'"),
        ({"root": 9, "rate": 0.01}, r"whole number in \[1, 3\]"),
    ],
)
def test_a_foreign_candidate_is_refused(candidate: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        NESTED.encode([candidate])


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ([Parameter("a", Int(1, 2), {"b": (1,)})], "not in the space"),
        ([Parameter("a", Int(1, 2), {"a": (1,)})], "circle"),
        ([Parameter("f", Float(0, 1)), Parameter("a", Int(1, 2), {"f": (1,)})], "continuous"),
        ([Parameter("p", Int(1, 2)), Parameter("a", Int(1, 2), {"p": (7,)})], "can never hold"),
        ([Parameter("a", Int(1, 2)), Parameter("a", Int(1, 2))], "twice"),
    ],
)
def test_impossible_trees_are_named(parameters: list[Parameter], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Space.of(parameters)


def test_a_small_discrete_space_is_listed_without_duplicates() -> None:
    space = Space.of([Parameter("n", Int(1, 2)), Parameter("k", Choice((3, 5)), {"n": (2,)})])

    points = space.enumerate(100)

    assert points is not None
    listed = [dict(space.candidate(row)) for row in points]
    assert len(listed) == 3
    assert {"n": 1} in listed
    assert NESTED.enumerate(10**9) is None
    assert space.enumerate(3) is None


def test_neighbours_stay_near_in_range_and_consistent() -> None:
    rng = np.random.default_rng(2)
    point = NESTED.encode([{"root": 2, "middle": 6, "rate": 0.01}])[0]

    near = NESTED.neighbours(point, 500, rng, spread=0.05)

    rate = near[:, NESTED.names.index("rate")]
    assert abs(float(np.mean(rate)) - 0.5) < 0.02  # standard error 0.002
    assert 0.03 < float(np.std(rate)) < 0.07
    np.testing.assert_allclose(NESTED.encode([NESTED.candidate(r) for r in near]), near, atol=1e-12)


def test_an_inactive_parameter_adds_nothing_to_structural_features() -> None:
    units = NESTED.encode([{"root": 1, "rate": 0.01}, {"root": 2, "middle": 8, "rate": 0.01}])

    z = structural_features(NESTED, units, {"root", "middle"})

    np.testing.assert_array_equal(z, [[1, 0, 0], [2, 8, 1]])


def test_unordered_choices_become_one_column_a_value() -> None:
    space = Space.of([Parameter("o", Choice(("sgd", "adam", "rms")))])

    features = surrogate_features(space, space.encode([{"o": "adam"}]))

    np.testing.assert_array_equal(features, [[0, 1, 0]])
