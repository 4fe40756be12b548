import pytest

from hyperwatt.constraints.layerwise.energy_precision import energy_precision_ratio


def test_a_larger_alpha_weighs_accuracy_more() -> None:
    accurate_and_hungry, frugal = (0.1, 2.0), (0.2, 1.5)

    by_energy = [energy_precision_ratio(*net, alpha=0.0) for net in (accurate_and_hungry, frugal)]
    by_both = [energy_precision_ratio(*net, alpha=2.0) for net in (accurate_and_hungry, frugal)]

    assert by_energy[1] < by_energy[0]
    assert by_both[0] < by_both[1]


def test_half_the_energy_is_half_the_ratio() -> None:
    whole = energy_precision_ratio(0.1, 3.0, alpha=1.5)

    assert energy_precision_ratio(0.1, 1.5, alpha=1.5) == pytest.approx(whole / 2)


@pytest.mark.parametrize(
    ("error", "energy_j", "alpha", "says"),
    [
        (10.0, 1.0, 1.0, "`error` must be a share"),
        (0.1, 0.0, 1.0, "`energy_j` must be positive"),
        (0.1, float("nan"), 1.0, "`energy_j` must be positive"),
        (0.1, 1.0, -1.0, "`alpha` must not be negative"),
    ],
)
def test_values_outside_their_range_are_named(
    error: float, energy_j: float, alpha: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        energy_precision_ratio(error, energy_j, alpha=alpha)
