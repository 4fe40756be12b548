from pathlib import Path

import pytest
from recorded import table_spec

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments.comparison_limits import with_limits


def test_one_limit_is_set_and_the_other_stays_as_in_the_spec(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)

    by_count = with_limits(spec, trials=3).limits
    by_time = with_limits(spec, hours=0.5).limits

    assert (by_count.trials, by_count.wall_clock) == (3, 7200.0)
    assert (by_time.trials, by_time.wall_clock) == (8, 1800.0)
    assert with_limits(spec) == spec


def test_a_protocol_lifts_the_limit_that_was_not_set(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)

    by_count = with_limits(spec, protocol="fixed-evaluations", trials=3).limits
    by_time = with_limits(spec, protocol="fixed-time", hours=0.5).limits

    assert (by_count.trials, by_count.wall_clock > 1e8) == (3, True)
    assert (by_time.wall_clock, by_time.trials > 1e5) == (1800.0, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"trials": 3, "hours": 1.0}, "only one limit can be set, got --trials 3 and --hours 1"),
        (
            {"trials": 3, "protocol": "fixed-time"},
            "--trials: `--protocol fixed-time` lifts this limit, got 3; use --hours, or "
            "`--protocol fixed-evaluations`",
        ),
        (
            {"hours": 1.0, "protocol": "fixed-evaluations"},
            "--hours: `--protocol fixed-evaluations` lifts this limit, got 1; use --trials",
        ),
        (
            {"trials": 3, "settings": ["limits.trials=5"]},
            "--trials: is set by `--set limits.trials=5` too, got 3; keep one",
        ),
        ({"hours": 1.0, "settings": ["limits={trials: 5}"]}, "is set by `--set limits={trials: 5}"),
        ({"trials": 0}, "--trials: must be 1 or more, got 0"),
        ({"hours": 0.0}, "--hours: must be above 0 and finite, got 0"),
        ({"hours": float("nan")}, "--hours: must be above 0 and finite, got nan"),
        ({"hours": float("inf")}, "--hours: must be above 0 and finite, got inf"),
        ({"trials": 3, "protocol": "fixed-tim"}, "did you mean 'fixed-time'?"),
    ],
)
def test_what_cannot_stand_together_is_refused(
    tmp_path: Path, words: dict[str, object], says: str
) -> None:
    with pytest.raises(SpecError) as caught:
        with_limits(table_spec(tmp_path), **words)  # type: ignore[arg-type]

    assert says in str(caught.value)


def test_all_conflicts_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        with_limits(
            table_spec(tmp_path), trials=0, hours=-1.0, protocol="fixed-time",
            settings=["limits.wall_clock=1 h"],
        )  # fmt: skip

    assert len(caught.value.faults) == 5
