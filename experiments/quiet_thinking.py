"""The search thinks while nothing is measured, where both would share a processor.

On a machine with two cores a suggestion beside a probe makes the probe half as slow again, so that
what passes at one moment is refused at the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from ..constraints.errors import DeviceBusyError
from ..workers.device_lock import lock_of
from .devices import resolve_device
from .run_folder import RunFolder

# For one and the same probe; then the search thinks all the same. Less than whoever waits for a
# suggestion has patience (`ahead.py`), and longer than probes of latency and memory take.
MOST_WAITED_S = 4.0


def beside_no_probe(device: str, folder: RunFolder) -> Callable[[], AbstractContextManager[object]]:
    """What to think within: a share of this machine's CPU if that is measured, else nothing.

    Args:
        device: of the spec.
        folder: of the run.
    """
    if resolve_device(device) != "cpu":
        return nullcontext
    locks = folder.path.resolve() / "locks"
    lock = lock_of("cpu", locks, holder="the search", limit_s=MOST_WAITED_S)

    @contextmanager
    def quietly() -> Iterator[None]:
        with lock.turn() as turn:
            with suppress(DeviceBusyError):
                turn.enter()
            yield

    return quietly
