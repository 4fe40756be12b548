import pytest

from hyperwatt.orchestrator.epoch_reports import best_of, tells_nothing_new, with_report
from hyperwatt.orchestrator.events import Reported


def reported(epoch: int, error: float = 0.5) -> Reported:
    return Reported("t1", epoch, {"error": error}, "c.pt", 1.0)


def test_reports_that_arrive_late_are_put_in_order() -> None:
    assert with_report([reported(1), reported(3)], reported(2), False) == tuple(
        reported(epoch) for epoch in (1, 2, 3)
    )


def test_a_training_that_began_anew_loses_what_came_after() -> None:
    assert with_report([reported(1), reported(3)], reported(2), True) == (reported(1), reported(2))


@pytest.mark.parametrize(
    ("new", "interrupted", "known"),
    [
        (reported(1), False, True),
        (reported(1, 0.4), False, True),
        (reported(1), True, True),
        (reported(1, 0.4), True, False),
        (reported(2), False, False),
    ],
)
def test_only_a_training_that_began_anew_may_tell_an_epoch_again(
    new: Reported, interrupted: bool, known: bool
) -> None:
    assert tells_nothing_new([reported(1)], new, interrupted) is known


def test_the_best_is_the_first_of_equals_in_the_direction_of_its_metric() -> None:
    reports = [
        Reported("t1", epoch, {"error": error, "accuracy": 1 - error}, "c.pt", 1.0)
        for epoch, error in enumerate((0.5, 0.2, 0.2), start=1)
    ]

    assert best_of(reports, "error") == best_of(reports, "accuracy") == reports[1]
    assert best_of(reports, "loss") is None
