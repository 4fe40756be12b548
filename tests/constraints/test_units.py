import pytest

from hyperwatt.constraints.errors import UnitError
from hyperwatt.constraints.units import SCALES, format_duration, format_quantity, parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("85 W", "W", 85.0),
        ("1.15 GB", "B", 1.15e9),
        ("1 GiB", "B", 2.0**30),
        ("20 ms", "s", 0.02),
        ("20µs", "s", 2e-5),
        ("3 J", "J", 3.0),
        ("1e3 mW", "W", 1.0),
        (0.05, "", 0.05),
    ],
)
def test_quantities_become_si(text: object, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value)


@pytest.mark.parametrize("unit", SCALES)
def test_every_unit_of_a_kind_is_read(unit: str) -> None:
    for name, scale in SCALES[unit].items():
        assert parse_quantity(f"2 {name}", unit) == 2 * scale


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 W", "greater than 0"),
        ("-3 W", "greater than 0"),
        ("85", "with a unit"),
        (85, "with a unit"),
        ("85 Wat", "one of the units W, mW, kW"),
        ("85 ms", "one of the units W"),
        ("a lot", "with a unit"),
        ("1e999 W", "greater than 0"),
    ],
)
def test_what_is_no_power_is_refused(text: object, says: str) -> None:
    with pytest.raises(UnitError, match=says):
        parse_quantity(text, "W")


@pytest.mark.parametrize(("value", "unit"), [(0.0123, "s"), (1.5e9, "B"), (85.0, "W"), (2e-3, "J")])
def test_what_is_written_is_read_back(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit), unit) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("value_s", "says"),
    [(0.0, "0 s"), (119.0, "119 s"), (120.0, "2.0 min"), (3599.0, "1 h 0 min"),
     (7170.0, "2 h 0 min"), (36000.0, "10 h 0 min"), (float("nan"), "nan s")],
)  # fmt: skip
def test_from_two_minutes_on_a_time_is_told_in_minutes_or_hours(value_s: float, says: str) -> None:
    assert format_duration(value_s) == says
