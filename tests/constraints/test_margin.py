"""The laws behind the promise: they hold for any predictor and any order of candidates."""

import numpy as np
import pytest

from hyperwatt.constraints.margin import MarginRule, margins_after

RULE = MarginRule(alpha=0.1, step=0.3, start=1.0, lowest=-np.inf)
SPREAD = 0.2


def play(
    rule: MarginRule, log_slack: np.ndarray, log_truth: np.ndarray
) -> tuple[list[int], list[float]]:
    """Outcomes of the attempts of one constraint, and the margin before each and after the last."""
    outcomes: list[int] = []
    margins = [rule.start]
    for slack, truth in zip(log_slack, log_truth, strict=True):
        if margins[-1] * SPREAD <= slack:
            outcomes.append(int(truth > 0))
            broken = [{"m"} if violated else set() for violated in outcomes]
            margins.append(margins_after(rule, ["m"], broken)["m"])
    return outcomes, margins


@pytest.mark.parametrize("seed", range(5))
def test_the_rate_of_violations_is_told_by_the_ends_of_the_margin(seed: int) -> None:
    rng = np.random.default_rng(seed)

    outcomes, margins = play(RULE, rng.normal(0.3, 0.5, 300), rng.normal(0.0, 1.0, 300))

    moved = (margins[-1] - margins[0]) / (RULE.step * len(outcomes))
    assert np.mean(outcomes) == pytest.approx(RULE.alpha + moved, abs=1e-12)


@pytest.mark.parametrize("lowest", [-np.inf, -1.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_rate_stays_under_its_bound_even_if_predictions_say_nothing(
    seed: int, lowest: float
) -> None:
    rng = np.random.default_rng(seed)
    rule = MarginRule(alpha=0.1, step=0.3, start=1.0, lowest=lowest)
    slack = rng.normal(0.3, 0.5, 400)

    outcomes, _ = play(rule, slack, rng.normal(0.0, 1.0, 400))

    assert np.mean(outcomes) <= rule.bound(len(outcomes), float(slack.max()) / SPREAD)


def test_an_adversary_who_breaks_every_admitted_budget_stops_being_admitted() -> None:
    outcomes, margins = play(RULE, np.full(200, 0.5), np.ones(200))

    assert len(outcomes) < 10
    assert margins[-1] * SPREAD > 0.5


def test_several_constraints_share_alpha() -> None:
    margins = margins_after(RULE, ["a", "b"], [set()])

    assert margins == {"a": 1 - 0.3 * 0.05, "b": 1 - 0.3 * 0.05}


def test_only_the_metric_that_broke_gets_a_wider_margin() -> None:
    margins = margins_after(RULE, ["a", "b"], [{"a"}])

    assert margins["a"] > RULE.start > margins["b"]


def test_attempts_under_way_never_relax_a_margin() -> None:
    before = margins_after(RULE, ["m"], [set()] * 3)["m"]

    safe = margins_after(RULE, ["m"], [set()] * 3, [{"m": 0.0}] * 5)["m"]
    likely = margins_after(RULE, ["m"], [set()] * 3, [{"m": 0.5}] * 5)["m"]

    assert safe == before
    assert likely == pytest.approx(before + 5 * 0.3 * 0.4)
