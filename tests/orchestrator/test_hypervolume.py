import warnings

import numpy as np
import pytest
from scipy.stats import norm

from hyperwatt.orchestrator import hypervolume as module
from hyperwatt.orchestrator.hypervolume import (
    expected_hypervolume_improvement,
    hypervolume,
    log_expected_hypervolume_improvement,
)
from hyperwatt.orchestrator.pareto import non_dominated

DIMENSIONS = (1, 2, 3, 4)


def front_of(dimensions: int, count: int = 9, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).random((count, dimensions))
    return points[non_dominated(points)]


@pytest.mark.parametrize("k", DIMENSIONS)
def test_hypervolume_is_the_share_of_random_points_that_are_dominated(k: int) -> None:
    """The share of 40,000 points has a spread below 0.0025: wrong alarm in 1e6 at 5 spreads."""
    front, reference = front_of(k), np.full(k, 1.1)
    points = np.random.default_rng(1).random((40_000, k)) * 1.1

    dominated = (points[:, None] >= front).all(axis=2).any(axis=1).mean()

    assert hypervolume(front, reference) / 1.1**k == pytest.approx(dominated, abs=0.0125)


@pytest.mark.parametrize("k", DIMENSIONS)
def test_dominated_and_far_points_and_duplicates_add_no_volume(k: int) -> None:
    front, reference = front_of(k), np.full(k, 1.1)
    useless = np.vstack([front + 0.01, front, np.full((1, k), 1.1), np.full((1, k), 7.0)])

    volume = hypervolume(np.vstack([useless, front]), reference)

    assert volume == pytest.approx(hypervolume(front, reference))


@pytest.mark.parametrize("k", DIMENSIONS)
def test_no_points_dominate_nothing(k: int) -> None:
    assert hypervolume(np.zeros((0, k)), np.ones(k)) == 0.0


@pytest.mark.parametrize("k", DIMENSIONS)
def test_expected_improvement_is_the_mean_over_random_outcomes(k: int) -> None:
    """Two means of 400 outcomes, at 5 spreads of the mean each: wrong alarm in 1e6 runs."""
    front, reference = front_of(k), np.full(k, 1.1)
    rng = np.random.default_rng(2)
    means, stds = rng.uniform(0, 0.6, (2, k)), rng.uniform(0.1, 0.4, (2, k))
    base = hypervolume(front, reference)

    found = expected_hypervolume_improvement(means, stds, front, reference)

    for mean, std, value in zip(means, stds, found, strict=True):
        outcomes = mean + std * rng.standard_normal((400, k))
        gains = [hypervolume(np.vstack([front, y]), reference) - base for y in outcomes]
        assert value == pytest.approx(np.mean(gains), abs=5 * np.std(gains) / 400**0.5)


@pytest.mark.parametrize("k", DIMENSIONS)
def test_a_known_point_improves_by_what_it_adds(k: int) -> None:
    front, reference = front_of(k), np.full(k, 1.1)
    points = np.random.default_rng(3).uniform(-0.3, 1.3, (20, k))
    base = hypervolume(front, reference)

    found = expected_hypervolume_improvement(points, np.zeros_like(points), front, reference)

    gains = [hypervolume(np.vstack([front, point]), reference) - base for point in points]
    assert found == pytest.approx(gains, abs=1e-12)


def test_one_objective_gives_expected_improvement() -> None:
    means, stds = np.array([[0.3], [2.0]]), np.array([[0.2], [0.4]])
    z = (0.5 - means[:, 0]) / stds[:, 0]

    found = expected_hypervolume_improvement(means, stds, np.array([[0.5]]), np.array([1.0]))

    assert found == pytest.approx(stds[:, 0] * (norm.pdf(z) + z * norm.cdf(z)))


@pytest.mark.parametrize("k", DIMENSIONS)
def test_far_from_any_improvement_the_nearer_point_is_still_the_better(k: int) -> None:
    front, reference = front_of(k), np.full(k, 1.1)
    means = np.array([[10.0], [100.0], [1e4], [1e7]]) * np.ones(k)

    found = log_expected_hypervolume_improvement(means, np.full((4, k), 0.1), front, reference)

    assert np.isfinite(found).all()
    assert (np.diff(found) < 0).all()


@pytest.mark.parametrize("k", [2, 3])
def test_products_and_logarithms_agree(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    front, reference = front_of(k), np.full(k, 1.1)
    rng = np.random.default_rng(4)
    means, stds = rng.uniform(0, 2, (50, k)), rng.uniform(0.01, 0.4, (50, k))

    quick = log_expected_hypervolume_improvement(means, stds, front, reference)
    monkeypatch.setattr(module, "VANISHED", np.inf)
    careful = log_expected_hypervolume_improvement(means, stds, front, reference)

    assert quick == pytest.approx(careful, rel=1e-9, abs=1e-9)


def test_many_points_in_pieces_are_as_good_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    front, reference = front_of(2), np.full(2, 1.1)
    means, stds = np.random.default_rng(5).random((2, 30, 2))

    at_once = expected_hypervolume_improvement(means, stds, front, reference)
    monkeypatch.setattr(module, "AT_ONCE", 20)
    in_pieces = expected_hypervolume_improvement(means, stds, front, reference)

    assert in_pieces == pytest.approx(at_once)
    assert expected_hypervolume_improvement(means[:0], stds[:0], front, reference).shape == (0,)


def test_it_does_not_depend_on_units() -> None:
    front, reference = front_of(3), np.full(3, 1.1)
    means, stds = np.random.default_rng(6).random((2, 10, 3))
    units = np.array([1e-9, 1.0, 1e6])

    plain = expected_hypervolume_improvement(means, stds, front, reference)
    scaled = expected_hypervolume_improvement(
        means * units, stds * units, front * units, reference * units
    )

    assert scaled == pytest.approx(plain * units.prod(), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 3, 4])
def test_volume_and_expected_improvement_agree_with_botorch(k: int) -> None:
    pytest.importorskip("botorch", reason="the extra `botorch` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import torch
        from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
        from botorch.utils.multi_objective.box_decompositions.non_dominated import (
            FastNondominatedPartitioning,
        )
        from botorch.utils.testing import MockModel, MockPosterior
    front, reference = front_of(k, 30), np.full(k, 1.1)
    means, stds = np.random.default_rng(7).uniform(0.05, 0.6, (2, 12, k))
    theirs = FastNondominatedPartitioning(torch.tensor(-reference), torch.tensor(-front))
    predicted = MockPosterior(
        mean=torch.tensor(-means).unsqueeze(1), variance=torch.tensor(stds**2).unsqueeze(1)
    )
    acquisition = ExpectedHypervolumeImprovement(
        model=MockModel(predicted), ref_point=(-reference).tolist(), partitioning=theirs
    )

    ours = expected_hypervolume_improvement(means, stds, front, reference)

    assert hypervolume(front, reference) == pytest.approx(float(theirs.compute_hypervolume()))
    assert ours == pytest.approx(acquisition(torch.zeros(12, 1, 1)).numpy(), rel=1e-6)
