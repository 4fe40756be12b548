"""The reasoning of the CUDA meter, on a card made of numbers."""

import pytest
import torch

from hyperwatt.constraints.measurement import UNSTEADY
from hyperwatt.workers.meters.cuda import CudaMeter, open_cuda
from hyperwatt.workers.meters.protocol import Step, Window

CARD_BYTES = 10_000


class Card:
    """Imitates what torch.cuda tells of one card: memory in bytes, events in milliseconds."""

    def __init__(self, others: int = 0, context: int = 400) -> None:
        self.others, self.context, self.lazy = others, context, 0
        self.allocated = self.reserved = self.peak_allocated = self.peak_reserved = 0
        self.now_s, self.is_open = 0.0, False

    def init(self) -> None:
        self.is_open = True

    def used(self) -> int:
        own = self.context + self.lazy + self.reserved if self.is_open else 0
        return self.others + own

    def run(self, allocated: int, duration_s: float = 0.001, kernels: int = 100) -> None:
        self.now_s += duration_s
        self.lazy = kernels
        self.peak_allocated = max(self.peak_allocated, allocated)
        self.reserved = max(self.reserved, -(-allocated // 512) * 512)
        self.peak_reserved = max(self.peak_reserved, self.reserved)

    def empty_cache(self) -> None:
        self.reserved = 0

    def reset_peak_memory_stats(self) -> None:
        self.peak_allocated, self.peak_reserved = 0, self.reserved


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    card = Card()

    class Event:
        def __init__(self, enable_timing: bool) -> None:
            self.at_s = 0.0

        def record(self) -> None:
            self.at_s = card.now_s

        def synchronize(self) -> None: ...

        def elapsed_time(self, later: "Event") -> float:
            return 1e3 * (later.at_s - self.at_s)

    for name, value in {
        "init": card.init,
        "synchronize": lambda: None,
        "empty_cache": card.empty_cache,
        "reset_peak_memory_stats": card.reset_peak_memory_stats,
        "max_memory_reserved": lambda: card.peak_reserved,
        "max_memory_allocated": lambda: card.peak_allocated,
        "memory_reserved": lambda: card.reserved,
        "mem_get_info": lambda: (CARD_BYTES - card.used(), CARD_BYTES),
        "get_device_name": lambda: "Example H",
        "Event": Event,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return card


def memory(card: Card, meter: CudaMeter, sizes: list[int]):
    left = iter([*sizes, *[sizes[-1]] * 9])
    return meter.measure("memory_bytes", Step(lambda: card.run(next(left)), lambda: 0, 1), Window())


def test_memory_is_what_is_reserved_with_context_and_lazily_loaded_kernels(card: Card) -> None:
    measured = memory(card, open_cuda(card.used), [1000])

    assert measured.value == 1024 + 400 + 100
    assert measured.noted == {
        "allocated_bytes": 1000.0,
        "first_allocated_bytes": 1000.0,
        "reserved_bytes": 1024.0,
        "context_bytes": 500.0,
    }


def test_the_first_steps_peak_counts_but_is_told_apart(card: Card) -> None:
    measured = memory(card, open_cuda(card.used), [5000, 1000, 1000])

    assert measured.noted["reserved_bytes"] == 5120.0
    assert measured.noted["first_allocated_bytes"] == 5000.0
    assert measured.noted["allocated_bytes"] == 1000.0


def test_others_memory_is_not_ours_where_the_driver_tells_it(card: Card) -> None:
    card.others = 3000

    measured = memory(card, open_cuda(card.used), [1000])

    assert measured.value == 1024 + 400 + 100


def test_without_the_drivers_word_all_that_was_in_use_counts_as_context(card: Card) -> None:
    measured = memory(card, open_cuda(), [1000])

    assert measured.value == 1024 + 400 + 100


def test_latency_is_the_median_between_events_in_seconds(card: Card) -> None:
    meter = CudaMeter("cuda:x", 0, clock=lambda: card.now_s)

    measured = meter.measure(
        "train_latency_s", Step(lambda: card.run(1, 0.004), lambda: 0, 1), Window()
    )

    assert measured.value == pytest.approx(0.004)
    assert measured.noted["p95_s"] == pytest.approx(0.004)
    assert measured.flags == ()


def test_times_that_scatter_are_unsteady_and_teach_nothing(card: Card) -> None:
    count = iter(range(10**6))
    meter = CudaMeter("cuda:x", 0, clock=lambda: card.now_s)

    def run() -> None:
        card.run(1, 0.004 * (1 + 0.5 * (next(count) % 3)))

    measured = meter.measure("latency_s", Step(run, lambda: 0, 1), Window())

    assert UNSTEADY in measured.flags
    assert not measured.teaches()
