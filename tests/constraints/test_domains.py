import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperwatt.constraints.domains import Choice, Float, Int, is_discrete

DISCRETE = [Int(3, 9), Int(1, 64, log=True), Int(5, 5), Choice(("a",)), Choice((1, 1.0, True, "1"))]


@pytest.mark.parametrize("domain", DISCRETE, ids=str)
def test_every_value_survives_the_round_trip_both_ends_included(domain: Int | Choice) -> None:
    for value in domain.values:
        back = domain.value(domain.unit(value))

        assert back == value
        assert type(back) is type(value)


@pytest.mark.parametrize("domain", DISCRETE, ids=str)
def test_both_ends_of_the_unit_interval_are_the_first_and_the_last_value(
    domain: Int | Choice,
) -> None:
    assert domain.value(0.0) == domain.values[0]
    assert domain.value(1.0) == domain.values[-1]


@given(st.floats(0, 1))
def test_a_float_survives_the_round_trip_on_either_scale(unit: float) -> None:
    for domain in (Float(-2.0, 5.0), Float(1e-5, 1e-1, log=True)):
        assert domain.unit(domain.value(unit)) == pytest.approx(unit, abs=1e-9)


def test_the_ends_of_a_float_are_reached_exactly() -> None:
    domain = Float(1e-5, 0.3, log=True)

    assert (domain.value(0.0), domain.value(1.0)) == (1e-5, 0.3)
    assert (domain.unit(1e-5), domain.unit(0.3)) == (0.0, 1.0)


def test_all_numbers_of_a_plain_range_are_equally_likely() -> None:
    # 5 bins of 20,000 draws: a bin is off by 10 % with a chance below 1e-10
    draws = [Int(1, 5).value(u) for u in np.random.default_rng(0).random(20_000)]

    counts = np.bincount(draws)[1:]

    assert counts.min() > 3600
    assert counts.max() < 4400


@pytest.mark.parametrize("domain", DISCRETE, ids=str)
def test_snapping_twice_changes_nothing(domain: Int | Choice) -> None:
    once = domain.snap(np.linspace(0, 1, 101))

    np.testing.assert_array_equal(domain.snap(once), once)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Int(5, 2), "5 > 2"),
        (lambda: Float(0.0, 1.0, log=True), "raise it or drop `log`"),
        (lambda: Int(0, 4, log=True), "`low` > 0"),
        (lambda: Choice(()), "empty list"),
        (lambda: Choice((1, 1)), "must differ"),
        (lambda: Float(0.0, float("inf")), "finite"),
    ],
)
def test_impossible_ranges_are_named(build: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("domain", "value"),
    [(Int(1, 3), 4), (Int(1, 3), 2.0), (Int(1, 3), True), (Float(0, 1), 2), (Choice((1,)), True)],
)
def test_a_value_outside_is_refused(domain: Int | Float | Choice, value: object) -> None:
    with pytest.raises(ValueError, match="must"):
        domain.unit(value)


def test_only_floats_are_not_discrete() -> None:
    assert [is_discrete(d) for d in (Int(1, 2), Choice((1,)), Float(0, 1))] == [True, True, False]


NUMERIC = [
    Float(0.5, 8.0),
    Float(1e-4, 1.0, log=True),
    Int(3, 40),
    Int(1, 900, log=True),
    Choice((2, 3.5, 8)),
]


@pytest.mark.parametrize("domain", NUMERIC, ids=str)
def test_numbers_are_the_values_of_a_whole_pool(domain: Float | Int | Choice) -> None:
    units = np.append(np.linspace(0.0, 1.0, 57), np.nan)

    assert domain.numbers(units)[:-1] == pytest.approx([domain.value(u) for u in units[:-1]])
    assert np.isnan(domain.numbers(units)[-1])
