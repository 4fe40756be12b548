import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyperwatt.constraints.errors import PredictorError
from hyperwatt.constraints.latency_network import LatencyNetworkRecipe
from hyperwatt.constraints.layerwise.learned_layer import LearnedLayerRecipe
from hyperwatt.constraints.layerwise.sparse_polynomial import SparsePolynomialRecipe
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.memory_model import MemoryRecipe
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.residual import ResidualRecipe
from hyperwatt.constraints.roofline import RooflineRecipe
from hyperwatt.constraints.stored_predictor import (
    RECIPES,
    Origin,
    Rows,
    load_predictor,
    make_recipe,
    parameters_of,
    save_predictor,
)
from hyperwatt.constraints.transfer.pooled import TransferRecipe

ORIGIN = Origin("latency_s", "gpu:x", "digits", ("macs", "bytes"))


def some_rows(n: int = 30) -> Rows:
    rng = np.random.default_rng(0)
    features = 10 ** rng.uniform(5, 8, (n, 2))
    return Rows(features, (features @ [1e-9, 3e-9] + 1e-2) * rng.lognormal(0, 0.1, n))


ALL: list[Recipe] = [
    LinearRecipe(ridge=0.3),
    LogLinearRecipe(2),
    RooflineRecipe(columns=(1,)),
    MemoryRecipe(context_bytes=1e6),
    ResidualRecipe(means=("log-linear", "linear"), columns=(0, 1)),
    SparsePolynomialRecipe("dense", "time"),
    LearnedLayerRecipe("dense"),
    TransferRecipe("log-linear", source_rows=20),
    LatencyNetworkRecipe(epochs=1),
]


def rows_for(recipe: Recipe) -> Rows:
    """Rows that a recipe can be fitted to: dense layers, rows of two devices, or any."""
    rng = np.random.default_rng(1)
    if isinstance(recipe, SparsePolynomialRecipe | LearnedLayerRecipe):
        sizes = rng.integers(1, 200, (60, 3)).astype(float)
        layers = np.column_stack([sizes[:, :2], np.ones((60, 2)), sizes[:, 2]])
        return Rows(layers, 1e-6 * (10.0 + sizes.prod(axis=1) ** 0.5))
    rows = some_rows()
    if isinstance(recipe, TransferRecipe):
        devices = np.repeat([1.0, 2.0], 30)[:, None]
        both = np.vstack([rows.features, rows.features])
        return Rows(np.hstack([devices, both]), np.concatenate([rows.costs, 2 * rows.costs]))
    return rows


def origin_for(rows: Rows) -> Origin:
    return replace(ORIGIN, features=tuple(f"f{k}" for k in range(rows.features.shape[1])))


def test_every_recipe_of_the_registry_is_tried_here() -> None:
    assert {recipe.name for recipe in ALL} == set(RECIPES)


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
def test_a_recipe_is_made_anew_from_plain_values(recipe: Recipe) -> None:
    plain = json.loads(json.dumps(parameters_of(recipe)))

    assert make_recipe(recipe.name, plain) == recipe


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
def test_what_is_loaded_predicts_what_was_saved(recipe: Recipe, tmp_path: Path) -> None:
    rows = rows_for(recipe)
    new, origin = rows.features, origin_for(rows)
    saved = save_predictor(tmp_path / "deep" / "p.json", recipe, rows, origin)

    loaded = load_predictor(tmp_path / "deep" / "p.json", origin)

    np.testing.assert_allclose(loaded.predict(new).mean, saved.predict(new).mean, rtol=1e-6)
    np.testing.assert_allclose(loaded.predict(new).std, saved.predict(new).std, rtol=1e-6)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["p.json"]


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["process", "trees", "boosting"])
def test_learners_with_chance_in_them_are_fitted_to_the_same(learner: str, tmp_path: Path) -> None:
    rows = some_rows(220)
    bent = replace(rows, costs=rows.costs * np.exp(np.sin(2 * np.log(rows.features[:, 0]))))
    recipe = ResidualRecipe(learners=(learner,))
    saved = save_predictor(tmp_path / "p.json", recipe, bent, ORIGIN)

    loaded = load_predictor(tmp_path / "p.json", ORIGIN)

    np.testing.assert_allclose(
        loaded.predict(rows.features).mean, saved.predict(rows.features).mean, rtol=1e-6
    )
    assert "roofline (chosen" not in saved.describe()


def test_rows_that_say_at_least_are_kept(tmp_path: Path) -> None:
    rows = replace(some_rows(), costs=some_rows().features[:, 0] * 1.2)
    over = Rows(rows.features, rows.costs, np.arange(30) % 4 == 0)
    saved = save_predictor(tmp_path / "p.json", MemoryRecipe(), over, ORIGIN)

    assert load_predictor(tmp_path / "p.json", ORIGIN).describe() == saved.describe()
    assert "8 out of memory" in saved.describe()


def test_a_memory_model_without_rows_is_kept(tmp_path: Path) -> None:
    save_predictor(tmp_path / "p.json", MemoryRecipe(), Rows(np.zeros((0, 2)), np.zeros(0)), ORIGIN)

    mean = load_predictor(tmp_path / "p.json", ORIGIN).predict(np.array([[5.0, 1.0]])).mean

    assert mean[0] == 5.0


def test_only_the_memory_recipe_takes_rows_that_say_at_least(tmp_path: Path) -> None:
    rows = replace(some_rows(), at_least=np.ones(30, bool))

    with pytest.raises(ValueError, match="'roofline' has no use for `at_least`"):
        save_predictor(tmp_path / "p.json", RooflineRecipe(), rows, ORIGIN)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (replace(ORIGIN, device="gpu:y"), "device: 'gpu:x', wanted 'gpu:y'"),
        (replace(ORIGIN, network="mnist"), "network: 'digits', wanted 'mnist'"),
        (replace(ORIGIN, metric="power_w"), "metric: 'latency_s', wanted 'power_w'"),
        (replace(ORIGIN, features=("bytes", "macs")), "features: "),
        (replace(ORIGIN, features=("macs",)), "features: "),
    ],
)
def test_what_was_measured_for_something_else_is_refused(
    wanted: Origin, says: str, tmp_path: Path
) -> None:
    save_predictor(tmp_path / "p.json", LinearRecipe(), some_rows(), ORIGIN)

    with pytest.raises(PredictorError, match=f"{says}.*hyperwatt profile"):
        load_predictor(tmp_path / "p.json", wanted)


def spoil(path: Path, change) -> None:  # type: ignore[no-untyped-def]
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(format=99), "not of format 1"),
        (lambda c: c.pop("rows"), "lacks rows"),
        (lambda c: c["recipe"].update(name="rooflin"), "did you mean 'roofline'"),
        (lambda c: c["recipe"].update(version=7), "version 7 of 'linear', this is version 1"),
        (lambda c: c["recipe"].update(parameters={"rigde": 1}), "does not take"),
        (lambda c: c["predicted"].__setitem__(0, 1e9), "other values of latency_s"),
        (lambda c: c["rows"]["costs"].__setitem__(0, float("nan")), "damaged"),
    ],
)
def test_a_file_that_is_not_what_it_was_is_refused(change, says: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_predictor(tmp_path / "p.json", LinearRecipe(), some_rows(), ORIGIN)
    spoil(tmp_path / "p.json", change)

    with pytest.raises(PredictorError, match=says):
        load_predictor(tmp_path / "p.json", ORIGIN)


def test_a_missing_and_a_torn_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(PredictorError, match=r"no predictor at .*none\.json"):
        load_predictor(tmp_path / "none.json", ORIGIN)
    (tmp_path / "torn.json").write_text('{"format": 1, "rec')
    with pytest.raises(PredictorError, match="damaged"):
        load_predictor(tmp_path / "torn.json", ORIGIN)
