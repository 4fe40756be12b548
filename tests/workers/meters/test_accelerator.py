import math
from dataclasses import replace

import pytest

from hyperwatt.workers.meters.accelerator import TILE, Kernel, load_accelerators

GPU = load_accelerators()["gtx1070"]
WIDE = Kernel(rows=64_000, columns=64, depth=576, traffic_bytes=10**7, weight_bytes=10**5,
              output_bytes=10**6)  # fmt: skip
TINY = Kernel(rows=10, columns=10, depth=10, traffic_bytes=100, weight_bytes=400, output_bytes=400)


def test_time_is_the_largest_of_three_roofs() -> None:
    assert GPU.kernel_s(TINY) == GPU.launch_s
    traffic = replace(TINY, traffic_bytes=10**9)
    assert GPU.kernel_s(traffic) == pytest.approx(10**9 / GPU.bytes_per_s)
    exact = WIDE.flops / GPU.flops_per_s
    assert exact <= GPU.kernel_s(WIDE) < 1.1 * exact


def test_time_climbs_in_steps_of_a_wave_of_tiles() -> None:
    def seconds(tiles: int) -> float:
        return GPU.kernel_s(replace(WIDE, rows=tiles * TILE, traffic_bytes=0))

    wave = GPU.multiprocessors
    assert seconds(1) == seconds(wave) < seconds(wave + 1) == seconds(2 * wave)


@pytest.mark.parametrize("name", load_accelerators())
@pytest.mark.parametrize("kernel", [WIDE, TINY])
def test_power_lies_between_idle_and_the_limit(name: str, kernel: Kernel) -> None:
    device = load_accelerators()[name]

    assert device.idle_w < device.kernel_w(kernel) < device.limit_w


def test_power_saturates() -> None:
    half = replace(TINY, rows=64_000, columns=64, depth=10, traffic_bytes=64_000 * 64 * 8)
    flops_only = replace(WIDE, traffic_bytes=0)

    rise = [device.kernel_w(flops_only) for device in (GPU, replace(GPU, sensitivity=6.0))]

    assert GPU.kernel_w(half) < GPU.kernel_w(WIDE)
    assert rise[0] < rise[1] < GPU.limit_w


def test_a_networks_power_is_between_those_of_its_kernels_and_energy_is_power_times_time() -> None:
    costs = GPU.costs([WIDE, TINY], items=8)

    low, high = sorted((GPU.kernel_w(WIDE), GPU.kernel_w(TINY)))
    assert low < costs["power_w"] < high
    assert costs["energy_j"] * 8 == pytest.approx(costs["power_w"] * costs["latency_s"])


def test_memory_comes_in_whole_blocks() -> None:
    context = GPU.costs([], items=1)["memory_bytes"]

    assert context == GPU.context_bytes
    assert GPU.costs([TINY], items=1)["memory_bytes"] == context + 2 * 512
    assert not math.isclose(GPU.costs([WIDE], items=1)["memory_bytes"], context)


def test_the_tx1_tells_no_memory_and_says_why() -> None:
    device = load_accelerators()["tx1"]

    assert "memory_bytes" not in device.can_measure()
    assert "tx1 cannot tell it" in device.cannot_measure()["memory_bytes"]
