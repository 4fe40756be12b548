import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.mixed_effects import (
    Group,
    Prior,
    Variances,
    fit_variances,
    improve,
    reduce_rows,
    solve,
)

P, Q = 3, 2
OWN = np.array([[0.5, 0.2], [0.2, 0.3]])
WEAK = Prior(np.zeros(P), 1e-4 * np.eye(P))
PRIOR = Prior(np.array([1.0, -2.0, 0.5]), np.array([[2.0, 0.3, 0], [0.3, 1.0, 0], [0, 0, 4.0]]))


def some_groups(count: int = 6, seed: int = 0, least_rows: int = 1) -> list[Group]:
    rng = np.random.default_rng(seed)
    b = rng.normal(size=P)
    groups = []
    for _ in range(count):
        rows = int(rng.integers(least_rows, 12))
        x, z = rng.normal(size=(rows, P)), rng.normal(size=(rows, Q))
        u = rng.multivariate_normal(np.zeros(Q), OWN)
        groups.append(Group(x, z, x @ b + z @ u + 0.3 * rng.normal(size=rows)))
    return groups


def dense(groups: list[Group], prior: Prior, variances: Variances) -> tuple[Array, Array, float]:
    """Mean and covariance of all coefficients, and the log evidence, by one big matrix."""
    x = np.vstack([g.shared for g in groups])
    z = block_diag(*[g.own for g in groups])
    y = np.concatenate([g.targets for g in groups])
    design = np.hstack([x, z])
    inverse_own = np.linalg.inv(variances.own)
    precision = block_diag(prior.precision, *[inverse_own] * len(groups))
    centre = np.concatenate([prior.mean, np.zeros(Q * len(groups))])
    covariance = np.linalg.inv(design.T @ design / variances.noise + precision)
    mean = covariance @ (design.T @ y / variances.noise + precision @ centre)
    spread = design @ np.linalg.inv(precision) @ design.T + variances.noise * np.eye(len(y))
    evidence = multivariate_normal(design @ centre, spread).logpdf(y)
    return mean, covariance, float(evidence)


@pytest.mark.parametrize("seed", range(3))
def test_the_sparse_solve_equals_the_dense_one(seed: int) -> None:
    groups, variances = some_groups(seed=seed), Variances(OWN, 0.09)

    sparse = solve(reduce_rows(groups), PRIOR, variances)

    mean, covariance, evidence = dense(groups, PRIOR, variances)
    np.testing.assert_allclose(sparse.shared_mean, mean[:P], atol=1e-10)
    np.testing.assert_allclose(sparse.own_means.ravel(), mean[P:], atol=1e-10)
    np.testing.assert_allclose(sparse.shared_covariance, covariance[:P, :P], atol=1e-10)
    for i in range(len(groups)):
        at = slice(P + Q * i, P + Q * (i + 1))
        np.testing.assert_allclose(sparse.own_covariances[i], covariance[at, at], atol=1e-10)
        np.testing.assert_allclose(sparse.cross_covariances[i], covariance[:P, at], atol=1e-10)
    assert sparse.log_evidence == pytest.approx(evidence, abs=1e-8)


def test_a_prediction_has_the_variance_of_the_dense_posterior() -> None:
    groups, variances = some_groups(), Variances(OWN, 0.09)
    x, z = np.array([[1.0, 2.0, -1.0]]), np.array([[0.5, 3.0]])

    mean, variance = solve(reduce_rows(groups), PRIOR, variances).predict(2, x, z)

    full_mean, covariance, _ = dense(groups, PRIOR, variances)
    row = np.zeros(len(full_mean))
    row[:P], row[P + 2 * Q : P + 3 * Q] = x[0], z[0]
    assert mean[0] == pytest.approx(row @ full_mean, abs=1e-10)
    assert variance[0] == pytest.approx(row @ covariance @ row, abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_no_step_lowers_the_likelihood(seed: int) -> None:
    rows = reduce_rows(some_groups(20, seed))
    variances, seen = Variances(np.eye(Q), 1.0), []

    for _ in range(60):
        posterior = solve(rows, PRIOR, variances)
        seen.append(posterior.log_evidence)
        variances = improve(rows, posterior)

    assert (np.diff(seen) > -1e-8).all()
    assert seen[-1] > seen[0] + 1.0


@pytest.mark.slow
def test_learned_variances_are_those_that_made_the_data() -> None:
    groups = some_groups(2000, least_rows=4)

    variances, _ = fit_variances(reduce_rows(groups), WEAK, Variances(np.eye(Q), 1.0))

    # 2,000 groups give a variance to 3 % and 8,000 free rows the noise to 1.6 %: six of those
    np.testing.assert_allclose(variances.own, OWN, atol=0.2 * OWN.max())
    assert variances.noise == pytest.approx(0.09, rel=0.1)


def test_without_spread_of_groups_it_is_one_regression_of_all_rows() -> None:
    groups = some_groups()

    posterior = solve(reduce_rows(groups), WEAK, Variances(np.zeros((Q, Q)), 0.09))

    x = np.vstack([g.shared for g in groups])
    y = np.concatenate([g.targets for g in groups])
    pooled = np.linalg.solve(x.T @ x / 0.09 + WEAK.precision, x.T @ y / 0.09)
    np.testing.assert_allclose(posterior.shared_mean, pooled, atol=1e-10)
    assert (posterior.own_means == 0).all()


def test_with_endless_spread_each_group_is_fitted_on_its_own() -> None:
    rng = np.random.default_rng(0)
    groups = []
    for _ in range(4):
        z = rng.normal(size=(9, Q))
        groups.append(Group(z, z, z @ rng.normal(size=Q) + 0.1 * rng.normal(size=9)))
    flat = Prior(np.zeros(Q), np.eye(Q))

    posterior = solve(reduce_rows(groups), flat, Variances(1e8 * np.eye(Q), 0.01))

    for group, own in zip(groups, posterior.own_means, strict=True):
        alone = np.linalg.lstsq(group.own, group.targets, rcond=None)[0]
        np.testing.assert_allclose(posterior.shared_mean + own, alone, rtol=1e-5)


def test_precise_rows_by_the_thousand_do_not_spoil_the_likelihood() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, Q))
    groups = [Group(1e3 * x, 1e3 * x, 1e3 * x @ rng.normal(size=Q)) for _ in range(6)]
    noisy = [Group(g.shared, g.own, g.targets + rng.normal(size=3000)) for g in groups]
    rows, weak = reduce_rows(noisy), Prior(np.zeros(Q), 1e-6 * np.eye(Q))
    variances, seen = Variances(np.eye(Q), 1.0), []

    for _ in range(20):
        posterior = solve(rows, weak, variances)
        seen.append(posterior.log_evidence)
        variances = improve(rows, posterior)

    assert (np.diff(seen) > -1e-6).all()  # of 28,000; 1e-8 where rows are few


def test_a_group_without_rows_keeps_its_prior() -> None:
    empty = Group(np.zeros((0, P)), np.zeros((0, Q)), np.zeros(0))

    posterior = solve(reduce_rows([*some_groups(), empty]), PRIOR, Variances(OWN, 0.09))

    assert (posterior.own_means[-1] == 0).all()
    np.testing.assert_allclose(posterior.own_covariances[-1], OWN, atol=1e-12)


def test_groups_that_stand_twice_cost_no_larger_system() -> None:
    groups = some_groups()
    once, often = reduce_rows(groups), reduce_rows(groups * 500)

    posterior = solve(often, PRIOR, Variances(OWN, 0.09))

    assert posterior.shared_covariance.shape == (P, P)  # what is inverted does not grow
    assert posterior.own_means.shape == (500 * len(groups), Q)
    assert often.shared.nbytes == 500 * once.shared.nbytes  # and what is held grows linearly
    again = posterior.own_means.reshape(500, len(groups), Q)
    np.testing.assert_allclose(again, np.broadcast_to(again[0], again.shape), atol=1e-12)


def test_rows_that_are_fitted_exactly_leave_a_positive_noise() -> None:
    x = np.eye(P)
    groups = [Group(x, x[:, :Q], x @ np.arange(P)) for _ in range(5)]

    variances, posterior = fit_variances(reduce_rows(groups), WEAK, Variances(np.eye(Q), 1.0))

    assert variances.noise > 0
    assert np.isfinite(posterior.log_evidence)


def test_groups_of_different_columns_are_refused() -> None:
    one, other = some_groups(1)[0], Group(np.ones((2, P)), np.ones((2, Q + 1)), np.ones(2))

    with pytest.raises(ValueError, match=r"group 1 of 2 rows.*`own` \(2, 2\).*\(2, 3\)"):
        reduce_rows([one, other])


def test_no_group_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one group"):
        reduce_rows([])
