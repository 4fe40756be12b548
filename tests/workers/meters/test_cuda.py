import pytest
import torch

from hyperwatt.workers.meters.devices import capabilities, meters_for
from hyperwatt.workers.meters.protocol import Step, Window

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]


def matmul(size: int) -> Step:
    x = torch.rand(size, size, device="cuda")
    return Step(lambda: x @ x, lambda: 0, 1)


def test_a_larger_product_takes_longer_and_more_memory() -> None:
    meter = meters_for("cuda")
    for metric in ("latency_s", "memory_bytes"):
        small, large = (meter.measure(metric, matmul(n), Window()).value for n in (512, 4096))

        assert 0 < small < large


@pytest.mark.slow
def test_a_busy_board_draws_a_plausible_power() -> None:
    measured = meters_for("cuda").measure("power_w", matmul(4096), Window())

    assert 20 < measured.value < 1500
    assert measured.standard_error < 0.01 * measured.value


def test_the_meter_and_the_capabilities_agree() -> None:
    assert set(meters_for("cuda").can_measure()) == set(capabilities("cuda")[0])
