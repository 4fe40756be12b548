import numpy as np
import pytest

from hyperwatt.constraints.cross_validation import cross_predict, mean_fit, rmspe
from hyperwatt.constraints.learners import Ridge
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_forms import Form
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.residual import LEARNERS, Contest, ResidualRecipe, beats, best_of
from hyperwatt.constraints.roofline import RooflineRecipe


def work(n: int, seed: int = 0) -> np.ndarray:
    return 10 ** np.random.default_rng(seed).uniform(5, 9, (n, 3))


def roofline_costs(rows: np.ndarray, noise: float = 0.02, seed: int = 9) -> np.ndarray:
    clean = rows @ np.array([1e-10, 3e-10, 1e-9]) + 1e-2
    return clean * np.random.default_rng(seed).lognormal(0, noise, len(rows))


def bent(rows: np.ndarray) -> np.ndarray:
    """A smooth departure from any sum of work."""
    return np.exp(0.4 * np.sin(1.5 * np.log10(rows[:, 0])))


def test_a_log_line_recovers_the_powers_that_made_the_data() -> None:
    rows = work(60)
    costs = 3e-4 * rows[:, 0] ** 0.7 * rows[:, 2] ** 0.2

    predicted = LogLinearRecipe().fit(rows, costs).predict(rows).mean

    np.testing.assert_allclose(predicted, costs, rtol=0.01)


def test_products_of_logarithms_need_the_second_degree() -> None:
    rows, new = work(120), work(50, seed=1)
    cost = lambda x: np.exp(0.2 * np.log10(x[:, 0]) * np.log10(x[:, 1]))  # noqa: E731

    first = rmspe(LogLinearRecipe(1).fit(rows, cost(rows)).predict(new).mean, cost(new))
    second = rmspe(LogLinearRecipe(2).fit(rows, cost(rows)).predict(new).mean, cost(new))

    assert second < 0.05 * first


def test_its_mean_alone_is_its_mean() -> None:
    rows = work(40)

    np.testing.assert_allclose(
        LogLinearRecipe().fit_mean(rows, roofline_costs(rows))(rows),
        LogLinearRecipe().fit(rows, roofline_costs(rows)).predict(rows).mean,
    )


def test_where_the_roofline_is_true_it_is_chosen_alone() -> None:
    rows = work(60)

    model = ResidualRecipe(learners=("ridge",)).fit(rows, roofline_costs(rows))

    assert model.describe().startswith("roofline (chosen at")


@pytest.mark.slow
def test_a_residual_is_learned_where_there_is_one() -> None:
    rows, new = work(150), work(200, seed=1)
    truth = roofline_costs(new, noise=0) * bent(new)
    costs = roofline_costs(rows) * bent(rows)

    error = rmspe(ResidualRecipe().fit(rows, costs).predict(new).mean, truth)

    assert error < 0.5 * rmspe(RooflineRecipe().fit(rows, costs).predict(new).mean, truth)


@pytest.mark.slow
@pytest.mark.parametrize("n", [12, 40, 110])
@pytest.mark.parametrize("bend", [False, True])
def test_the_choice_is_never_worse_than_its_parts_on_rows_left_out(n: int, bend: bool) -> None:
    rows = work(n)
    costs = roofline_costs(rows, 0.1) * (bent(rows) if bend else 1.0)
    recipe = ResidualRecipe(means=("roofline", "log-linear", "linear"))
    contest = Contest(rows, costs, np.arange(n) % 10)

    logs = np.mean([tried.logs for tried in recipe.choose(rows, costs)], axis=0)

    parts = [Form(part, None) for part in (RooflineRecipe(), LogLinearRecipe(), LinearRecipe())]
    if n >= 20:
        parts += [Form(None, learner) for learner in LEARNERS.values() if n >= learner.least_rows]
    squares = (logs - np.log(costs)) ** 2
    for part in parts:
        assert not beats(contest.enter(part).squares, squares)


def test_ties_go_to_the_simpler() -> None:
    rows = work(40)
    contest = Contest(rows, roofline_costs(rows), np.arange(40) % 10)
    same = contest.enter(Form(RooflineRecipe(), None))
    other = contest.enter(Form(RooflineRecipe(), Ridge()))

    assert best_of([same, same, other]).form.learner is None
    assert contest.blend(same, [same, same]) == (same,)


def test_with_few_rows_the_first_mean_is_taken_without_a_contest() -> None:
    rows = work(9)

    said = ResidualRecipe(means=("log-linear", "roofline")).fit(rows, roofline_costs(rows))

    assert said.describe().startswith("log-linear (chosen")


def test_below_twenty_rows_no_residual_is_learned() -> None:
    rows = work(19)

    (tried,) = ResidualRecipe().choose(rows, roofline_costs(rows) * bent(rows))

    assert tried.form.learner is None


def test_features_that_are_no_work_leave_the_roofline_out() -> None:
    rows = np.column_stack([work(30), -np.ones(30)])

    model = ResidualRecipe(means=("roofline", "linear"), learners=()).fit(rows, np.ones(30) * 7)

    assert model.describe().startswith("linear")


@pytest.mark.slow
def test_nine_in_ten_new_rows_lie_in_the_interval_of_nine_in_ten() -> None:
    # 400 new rows: sampling alone moves the share by 3 points (two standard errors)
    rows, new = work(120), work(400, seed=1)
    inside = (new > rows.min(axis=0)).all(axis=1) & (new < rows.max(axis=0)).all(axis=1)
    truth = roofline_costs(new, 0.08, seed=5) * bent(new)

    seen = ResidualRecipe().fit(rows, roofline_costs(rows, 0.08) * bent(rows)).predict(new)
    covered = (np.abs(truth - seen.mean) <= 1.645 * seen.std)[inside].mean()

    assert 0.84 < covered < 0.97


def test_outside_the_range_seen_it_says_so_and_widens() -> None:
    rows = work(30)
    model = ResidualRecipe().fit(rows, roofline_costs(rows))

    near, far = model.predict(rows[:1]), model.predict(rows[:1] * 1e3)

    assert not near.extrapolated[0]
    assert far.extrapolated[0]
    assert far.std[0] / far.mean[0] > 3 * near.std[0] / near.mean[0]


def test_a_residual_stays_within_reach_of_what_was_seen() -> None:
    rows = work(40)
    costs = roofline_costs(rows) * bent(rows)

    far = LogLinearRecipe(2).fit(rows, costs).predict(rows * 1e6).mean

    reach = 2 * costs.max() / costs.min()
    assert (far <= costs.max() * reach * 1.001).all()
    assert (far >= costs.min() / reach * 0.999).all()


def test_a_repeated_candidate_does_not_predict_itself() -> None:
    # pure noise, each candidate three times alike: whoever remembers repeats would be exact
    rng = np.random.default_rng(0)
    rows = np.repeat(work(20), 3, axis=0)
    costs = np.repeat(rng.lognormal(0, 0.5, 20), 3)

    seen = ResidualRecipe().fit(rows, costs).predict(work(50, seed=1))

    assert (seen.std / seen.mean).mean() > 0.3


def test_a_network_is_not_judged_by_its_twin() -> None:
    # noise that twins share: who is judged by a twin believes to know it
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.repeat(work(40), 2, axis=0), np.tile([0.0, 1.0], 40)])
    costs = np.repeat(rng.lognormal(0, 0.3, 40), 2) * np.tile([1.0, 1.1], 40)
    new = np.column_stack([work(60, seed=1), np.zeros(60)])

    with_twins = ResidualRecipe().fit(rows, costs).predict(new)
    apart = ResidualRecipe(variants=(3,)).fit(rows, costs).predict(new)

    assert (apart.std / apart.mean).mean() > 0.2
    assert (apart.std / apart.mean).mean() > (with_twins.std / with_twins.mean).mean() / 1.5


def test_recipes_without_a_mean_of_their_own_are_wrapped() -> None:
    class Plain:
        name, version = "plain", 1

        def fit(self, features: np.ndarray, costs: np.ndarray):  # type: ignore[no-untyped-def]
            return LinearRecipe().fit(features, costs)

    rows = work(30)
    costs = roofline_costs(rows)

    np.testing.assert_allclose(
        cross_predict(mean_fit(Plain()), rows, costs),
        cross_predict(LinearRecipe().fit_mean, rows, costs),
    )


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: ResidualRecipe(means=()), "name at least one"),
        (lambda: ResidualRecipe(means=("roofine",)), "did you mean 'roofline'"),
        (lambda: ResidualRecipe(learners=("tree",)), "did you mean 'trees'"),
        (lambda: LogLinearRecipe(3), "must be 1 or 2, got 3"),
        (lambda: ResidualRecipe().fit(work(9), np.zeros(9)), "must be positive"),
        (lambda: LogLinearRecipe().fit(work(9), np.ones(9)).predict(np.ones((1, 2))), r"\(n, 3\)"),
    ],
)
def test_bad_use_is_named(build, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        build()


def test_a_settled_recipe_fits_the_form_that_was_chosen() -> None:
    rng = np.random.default_rng(2)
    features = rng.uniform(1.0, 10.0, (60, 3))
    costs = (1.0 + features @ [1.0, 2.0, 0.5]) * np.exp(0.02 * rng.standard_normal(60))
    recipe = ResidualRecipe(learners=("ridge", "process"))

    settled = recipe.settle(features, costs)

    at = rng.uniform(1.0, 10.0, (20, 3))
    np.testing.assert_allclose(
        settled.fit(features, costs).predict(at).mean,
        recipe.fit(features, costs).predict(at).mean,
        rtol=1e-9,
    )
