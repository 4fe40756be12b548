from __future__ import annotations

import numpy as np
import pytest

from benchmarks.gpu.network_level import JUDGED, composed

TIME, POWER, ENERGY = JUDGED


def test_power_is_weighed_by_time_and_energy_is_their_product() -> None:
    found = composed([np.array([1.0, 3.0])], [np.array([100.0, 200.0])])

    assert found[TIME] == pytest.approx([4.0])
    assert found[POWER] == pytest.approx([175.0])
    assert found[ENERGY] == pytest.approx([700.0])


def test_a_layer_divided_in_two_changes_nothing() -> None:
    whole = composed([np.array([1.0, 3.0])], [np.array([100.0, 200.0])])
    parts = composed([np.array([1.0, 1.5, 1.5])], [np.array([100.0, 200.0, 200.0])])

    assert all(parts[way] == pytest.approx(whole[way]) for way in JUDGED)


def test_what_lacks_a_layer_is_absent_and_not_too_small() -> None:
    found = composed([np.array([1.0, 3.0])], [np.array([100.0, np.nan])])

    assert set(found) == {TIME}
