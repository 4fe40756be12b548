"""Traces candidates' networks in a process of its own, so that none can harm the one that asks.

A builder that hangs is ended, one that crashes takes only the tracer's process with it, and the
next candidate gets a new one. What was traced is remembered.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

import cloudpickle  # type: ignore[import-untyped]  # has no types

from ..errors import NetworkError
from .kernels import GPU, Kernels
from .network_trace import NetworkTrace
from .request import Input, TrainingStep
from .worker_process import WorkerProcess

if TYPE_CHECKING:
    from torch import nn

Config = Mapping[str, Any]
REMEMBERED = 4096  # traces, of some ten kilobytes each
START_LIMIT_S = 120.0  # importing torch takes 3 s alone, and tens on a machine that is busy


class Tracer:
    """Traces networks of candidates, one at a time; may be shared by threads.

    It is a context manager, which ends its process.
    """

    def __init__(self, *, time_limit_s: float = 30.0) -> None:
        """Make one; its process starts with the first trace.

        Args:
            time_limit_s: for one trace.
        """
        if not time_limit_s > 0:
            raise ValueError(f"`time_limit_s` must be above 0, got {time_limit_s}")
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._known: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process already; it gets ready by itself."""
        with self._lock:
            self._alive()

    def close(self) -> None:
        """End the process. A later trace starts it anew; what was traced is still known."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def trace(
        self,
        build: Callable[[Config], nn.Module],
        config: Config,
        input_shape: Sequence[int] | Input | Sequence[Input],
        *,
        batch_size: int = 1,
        training: TrainingStep | None = None,
        kernels: Kernels = GPU,
        key: str | None = None,
    ) -> NetworkTrace:
        """Trace the network of one candidate.

        Args:
            build: makes it from hyper-parameters; lambdas and functions of a script or a notebook
                are fine.
            config: hyper-parameters.
            input_shape: as `trace_network` takes it, like what follows.
            batch_size: items in one inference.
            training: how it would learn.
            kernels: whose to follow.
            key: names all of the above together; None makes one of their contents.

        Raises:
            NetworkError: if it cannot be built or traced, hangs or ends its process.
        """
        payload = _payload(
            build, config, input_shape=input_shape, batch_size=batch_size, training=training,
            kernels=kernels,
        )  # fmt: skip
        known_as = key if key is not None else sha256(payload).hexdigest()
        with self._lock:
            if known_as not in self._known:
                self._remember(known_as, json.loads(self._ask(payload)))
            reply = self._known[known_as]
        if "error" in reply:
            raise NetworkError(reply["error"])
        return NetworkTrace.from_dict(reply["trace"])

    def _ask(self, payload: bytes) -> bytes:
        return self._alive().ask(payload, self._time_limit_s)

    def _alive(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive():
            self._worker = WorkerProcess(START_LIMIT_S)
        return self._worker

    def _remember(self, known_as: str, reply: dict[str, Any]) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))  # the oldest
        self._known[known_as] = reply


def _payload(build: Callable[[Config], nn.Module], config: Config, **named: object) -> bytes:
    """Arguments of `trace_network`, pickled."""
    plain = dict(config)
    try:
        pickled: bytes = cloudpickle.dumps({"build": lambda: build(plain), **named})
    except Exception as error:  # whatever a builder holds on to may refuse
        raise NetworkError(
            f"the builder cannot be sent to the tracer's process: {error}; "
            "let it hold no open file, lock or connection"
        ) from error
    return pickled
