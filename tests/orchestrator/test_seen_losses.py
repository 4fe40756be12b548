import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hyperwatt.orchestrator.seen_losses import fit_to_learn_from

LOSSES = st.lists(st.one_of(st.none(), st.floats()), min_size=1, max_size=30)


@given(LOSSES)
def test_learned_losses_are_finite_whatever_was_reported(losses: list[float | None]) -> None:
    assert np.isfinite(fit_to_learn_from(losses)).all()


@given(LOSSES)
def test_the_order_of_what_was_seen_is_kept(losses: list[float | None]) -> None:
    learned = fit_to_learn_from(losses)
    seen = [i for i, loss in enumerate(losses) if loss is not None and np.isfinite(loss)]

    for i in seen:
        for j in seen:
            assert learned[i] <= learned[j] or losses[i] > losses[j]  # type: ignore[operator]


@given(LOSSES)
def test_a_training_that_failed_is_never_better_than_one_that_did_not(
    losses: list[float | None],
) -> None:
    learned = fit_to_learn_from(losses)
    failed = [loss is None or not np.isfinite(loss) for loss in losses]

    assert learned[failed].min(initial=np.inf) >= learned[~np.array(failed)].max(initial=-np.inf)


def test_a_value_over_its_bound_stays_over_it() -> None:
    values = fit_to_learn_from([0.1, 0.11, 0.12, 0.1, 3.0], at_least=2.0)

    assert values[-1] == 2.0
