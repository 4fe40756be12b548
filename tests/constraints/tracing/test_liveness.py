import torch

from hyperwatt.constraints.tracing.liveness import Liveness


def tensor(count: int) -> torch.Tensor:
    return torch.empty(count, device="meta")


def test_the_peak_is_the_most_that_was_alive_at_once() -> None:
    live = Liveness()
    first = tensor(10)
    live.see(first)
    del first
    second, third = tensor(3), tensor(4)
    live.see(second)
    live.see(third)

    assert live.peak_bytes == 40
    assert live.now_by["activations"] == 28


def test_a_storage_counts_once_and_lives_as_long_as_any_view_of_it() -> None:
    live, whole = Liveness(), tensor(10)
    view = whole[:2]

    assert (live.see(whole), live.see(view)) == (40, 0)
    del whole
    assert live.now_by["activations"] == 40
    del view
    assert live.now_by["activations"] == 0


def test_what_is_held_moves_to_its_class() -> None:
    live, gradient = Liveness(), tensor(5)
    live.see(gradient)

    live.hold([gradient, gradient], "gradients")

    assert (live.now_by["gradients"], live.now_by["activations"]) == (20, 0)


def test_a_new_beginning_forgets_the_peak_but_not_what_is_alive() -> None:
    live, kept, gone = Liveness(), tensor(1), tensor(100)
    live.hold([kept], "parameters")
    live.see(gone)
    del gone

    live.begin()

    assert live.peak_bytes == 4
    assert live.peak_by["parameters"] == 4


def test_what_is_taken_and_given_back_at_once_counts_at_the_peak_only() -> None:
    live, kept = Liveness(), tensor(1)
    live.see(kept)

    live.reach(100)
    live.reach(50)

    assert live.peak_bytes == sum(live.peak_by.values()) == 104
    assert live.now_by["activations"] == 4


def test_a_storage_that_grows_counts_as_it_is_now() -> None:
    live, grown = Liveness(), tensor(0)
    live.see(grown)
    grown.resize_(25)

    assert live.see(grown) == 100
    assert live.now_by["activations"] == 100
