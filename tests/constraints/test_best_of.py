import numpy as np

from hyperwatt.constraints.best_of import BestOf, left_out_error
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.on_columns import OnColumns

RNG = np.random.default_rng(0)
FEATURES = RNG.uniform(1.0, 9.0, (60, 3))
ADDITIVE = 5.0 + FEATURES @ [1.0, 2.0, 0.0]
PRODUCT = np.exp(np.log(FEATURES) @ [1.5, 1.0, 0.0])
BOTH = BestOf((LinearRecipe(1e-6), LogLinearRecipe(1)))


def test_the_recipe_that_predicts_rows_left_out_better_is_chosen() -> None:
    assert BOTH.settle(FEATURES, ADDITIVE).name == "linear"
    assert BOTH.settle(FEATURES, PRODUCT).name == "log-linear"


def test_it_is_not_worse_than_its_parts() -> None:
    for costs in (ADDITIVE, PRODUCT):
        parts = [left_out_error(recipe, FEATURES, costs) for recipe in BOTH.recipes]

        assert left_out_error(BOTH, FEATURES, costs) <= min(parts) * 1.05


def test_a_recipe_on_columns_does_not_see_the_others() -> None:
    model = OnColumns(LinearRecipe(1e-6), (1, 0)).fit(FEATURES, ADDITIVE)
    moved = FEATURES.copy()
    moved[:, 2] += 100.0

    np.testing.assert_array_equal(model.predict(moved).mean, model.predict(FEATURES).mean)
    assert not model.predict(moved).extrapolated.any()
