"""The surrogate knows parameters, keeps to a prior, and takes any number of observations."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import Matern

from hyperwatt.constraints.domains import Choice, Float
from hyperwatt.constraints.features import surrogate_features, surrogate_groups
from hyperwatt.constraints.growth import refit_at
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.orchestrator.gaussian_process import (
    MOST_KNOWN,
    UNVARIED,
    Observed,
    Process,
    _some,
    process_of,
)
from hyperwatt.orchestrator.grouped_matern import GroupedMatern
from hyperwatt.orchestrator.loss_scale import normal_ranks

MIXED = Space.of(
    [
        Parameter("x", Float(0, 1)),
        Parameter("kind", Choice(("a", "b", "c"))),
        Parameter("y", Float(0, 1), when={"kind": ("a", "b")}),
    ]
)


def observed(count: int, seed: int = 0, dimensions: int = 2) -> Observed:
    features = np.random.default_rng(seed).random((count, dimensions))
    values = np.sin(6 * features[:, 0]) + 0.1 * features[:, 1]
    return Observed(features, values, np.zeros(count), np.arange(dimensions))


def bend(process: Process) -> GroupedMatern:
    """The part of the kernel that is no line."""
    return process.model.kernel_.k1  # type: ignore[no-any-return]


def test_beyond_what_was_seen_it_goes_on_as_the_line_does() -> None:
    features = np.linspace(0, 0.5, 12)[:, None]
    seen = Observed(features, 3 * features[:, 0], np.zeros(12), np.zeros(1, dtype=np.intp))
    mean, _ = process_of(seen).predict(np.array([[0.5], [0.8]]))

    assert mean[1] > mean[0] + 0.2


def test_with_a_column_a_parameter_the_kernel_is_scikit_learns() -> None:
    X = np.random.default_rng(0).random((7, 3))
    scales = np.array([0.2, 1.0, 5.0])

    assert GroupedMatern(scales, np.arange(3))(X) == pytest.approx(Matern(scales, nu=2.5)(X))


def test_the_gradient_is_that_of_differences() -> None:
    units = MIXED.sample(6, np.random.default_rng(1))
    features, groups = surrogate_features(MIXED, units), surrogate_groups(MIXED)
    kernel = GroupedMatern(np.array([0.3, 1.0, 2.0]), groups)
    _, gradient = kernel(features, eval_gradient=True)

    for p in range(3):
        step = np.zeros(3)
        step[p] = 1e-6
        above = kernel.clone_with_theta(kernel.theta + step)(features)
        below = kernel.clone_with_theta(kernel.theta - step)(features)
        assert gradient[:, :, p] == pytest.approx((above - below) / 2e-6, abs=1e-7)


def test_a_choice_has_one_length_scale_and_all_its_values_are_equally_far() -> None:
    units = MIXED.encode([{"x": 0.5, "kind": k, **({} if k == "c" else {"y": 0.5})} for k in "abc"])
    features, groups = surrogate_features(MIXED, units), surrogate_groups(MIXED)
    matrix = GroupedMatern(np.array([1.0, 1.0, 1e6]), groups)(features)

    assert groups.max() == 2
    assert matrix[0, 1] == pytest.approx(matrix[0, 2])


def test_it_finds_out_which_parameter_matters() -> None:
    found = process_of(observed(40))
    scales = bend(found).length_scale

    assert scales[0] < scales[1] / 3


def test_a_parameter_that_was_never_varied_may_matter() -> None:
    features = np.column_stack([np.linspace(0, 1, 10), np.zeros(10)])
    seen = Observed(features, features[:, 0], np.zeros(10), np.arange(2))

    process = process_of(seen)

    assert bend(process).length_scale[1] == UNVARIED
    _, (here, there) = process.predict(np.array([[0.5, 0.0], [0.5, 1.0]]))
    assert there > 5 * here


def test_predictions_do_not_depend_on_the_unit_of_the_values() -> None:
    seen, at = observed(20), observed(5, seed=1).features
    scaled = Observed(seen.features, 1e6 * seen.values - 3e7, seen.doubt, seen.groups)
    mean, std = process_of(seen).predict(at)
    scaled_mean, scaled_std = process_of(scaled).predict(at)

    assert (scaled_mean + 3e7) / 1e6 == pytest.approx(mean, abs=1e-3)
    assert scaled_std / 1e6 == pytest.approx(std, rel=1e-2)


def test_a_doubtful_value_is_followed_less() -> None:
    seen = observed(15)
    values = seen.values.copy()
    values[3] += 5.0
    doubt = np.zeros(15)
    doubt[3] = 50.0
    at = seen.features[[3]]

    trusted = process_of(Observed(seen.features, values, np.zeros(15), seen.groups)).predict(at)[0]
    doubted = process_of(Observed(seen.features, values, doubt, seen.groups)).predict(at)[0]

    assert abs(doubted[0] - seen.values[3]) < abs(trusted[0] - seen.values[3])


def test_what_is_under_way_is_believed_and_no_longer_uncertain() -> None:
    seen, at = observed(12), np.array([[0.9, 0.9]])
    before, after = process_of(seen), process_of(seen, at)

    assert after.predict(at)[1][0] < before.predict(at)[1][0] / 2
    assert after.predict(at)[0] == pytest.approx(before.predict(at)[0], abs=0.05)


@pytest.mark.parametrize("values", [[2.0], [3.0, 3.0, 3.0], [1e-300, 2e-300], [1e12, 1e12 + 1]])
def test_few_or_constant_values_give_a_sound_process(values: list[float]) -> None:
    features = np.linspace(0, 1, len(values))[:, None]
    seen = Observed(features, np.array(values), np.zeros(len(values)), np.zeros(1, dtype=np.intp))
    mean, std = process_of(seen).predict(np.array([[0.3]]))

    assert np.isfinite(mean).all()
    assert (std > 0).all()


def test_equal_points_with_different_values_are_noise() -> None:
    features = np.repeat(np.linspace(0, 1, 5), 4)[:, None]
    values = np.random.default_rng(0).standard_normal(20)
    seen = Observed(features, values, np.zeros(20), np.zeros(1, dtype=np.intp))

    assert np.isfinite(process_of(seen).predict(features)[0]).all()


def test_the_kernel_stays_until_the_observations_have_grown_by_a_fifth() -> None:
    many = observed(29)
    assert refit_at(28) == refit_at(29)
    kernels = [bend(process_of(many.part(np.arange(n)))) for n in (28, 29)]

    assert np.array_equal(kernels[0].length_scale, kernels[1].length_scale)


def test_the_kernel_stays_though_a_new_value_moves_all_ranks() -> None:
    many = replace(observed(29), scale=normal_ranks)
    many.values[28] = -9.0
    kernels = [bend(process_of(many.part(np.arange(n)))) for n in (28, 29)]

    assert np.array_equal(kernels[0].length_scale, kernels[1].length_scale)


def test_of_too_many_rows_the_best_and_the_newest_stay() -> None:
    values = np.random.default_rng(0).random(5000)
    kept = _some(values, MOST_KNOWN)

    assert len(kept) == MOST_KNOWN
    assert set(np.argsort(values)[:100]) <= set(kept)
    assert set(range(4900, 5000)) <= set(kept)


@pytest.mark.slow
def test_twenty_thousand_observations_are_no_burden() -> None:
    found = process_of(observed(20_000, dimensions=13))

    assert len(found.model.X_train_) == MOST_KNOWN
    assert np.isfinite(found.predict(observed(10, seed=1, dimensions=13).features)[0]).all()
