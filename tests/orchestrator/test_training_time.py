import numpy as np
from toys import SPACE

from hyperwatt.constraints.domains import Array
from hyperwatt.orchestrator.history import History
from hyperwatt.orchestrator.training_time import predict_seconds


def history_of_seconds(units: Array, seconds: Array) -> History:
    count = len(units)
    zeros, none = np.zeros(count), np.zeros(0)
    return History(
        units=units,
        losses=zeros,
        feasible=np.ones(count, dtype=bool),
        pending=units[:0],
        pending_trained=np.zeros(0, dtype=bool),
        learned=(),
        every_loss=zeros[:, None],
        failed=np.zeros(count, dtype=bool),
        doubt=zeros,
        seconds=seconds,
        pending_losses=none,
        pending_doubt=none,
    )


def true_seconds(units: Array) -> Array:
    """Ten times as long for the largest number of units, twice for the most layers."""
    return np.asarray(3.0 * 10 ** units[:, 1] * 2 ** units[:, 0])


def test_a_law_of_powers_is_learned_from_a_few_trainings() -> None:
    rng = np.random.default_rng(0)
    seen, asked = SPACE.sample(40, rng), SPACE.sample(200, rng)

    predicted = predict_seconds(SPACE, history_of_seconds(seen, true_seconds(seen)), asked)

    assert np.abs(np.log(predicted / true_seconds(asked))).max() < 0.05


def test_the_unit_of_time_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    seen, asked = SPACE.sample(20, rng), SPACE.sample(50, rng)
    seconds = true_seconds(seen) * np.exp(0.1 * rng.standard_normal(20))

    once = predict_seconds(SPACE, history_of_seconds(seen, seconds), asked)
    sixty = predict_seconds(SPACE, history_of_seconds(seen, 60 * seconds), asked)

    assert np.allclose(sixty, 60 * once)


def test_too_few_trainings_tell_no_difference() -> None:
    asked = SPACE.sample(9, np.random.default_rng(2))
    unknown = np.array([np.nan, 8.0, np.nan])

    one = predict_seconds(SPACE, history_of_seconds(asked[:3], unknown), asked)
    assert np.allclose(one, 8.0)
    nothing = history_of_seconds(asked[:0], np.zeros(0))
    assert predict_seconds(SPACE, nothing, asked).tolist() == [1] * 9


def test_no_prediction_is_far_from_all_that_was_seen() -> None:
    rng = np.random.default_rng(3)
    seen, asked = SPACE.sample(12, rng), SPACE.sample(500, rng)
    seconds = np.exp(5 * rng.standard_normal(12))

    predicted = predict_seconds(SPACE, history_of_seconds(seen, seconds), asked)

    assert (predicted <= 3.001 * seconds.max()).all()
    assert (predicted >= seconds.min() / 3.001).all()
