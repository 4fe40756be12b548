"""The tracer's process, seen from outside: started, asked, and ended whatever it does."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import weakref
from contextlib import suppress

from ..errors import NetworkError
from .frames import read_frame, write_frame

WORKER = "hyperwatt.constraints.tracing.trace_worker"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
STOP_S = 5.0  # for a process to end by itself once nobody asks any more; then it is killed


class WorkerProcess:
    """One process that traces; when it hangs or dies it is not used again."""

    def __init__(self, start_limit_s: float) -> None:
        """Start it, without waiting until it is ready.

        Args:
            start_limit_s: for importing torch.
        """
        self._start_limit_s = start_limit_s
        self._is_ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the parent to handle, and its children go too
        )
        self._end = weakref.finalize(self, _kill, self._process)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, payload: bytes, limit_s: float) -> bytes:
        """Have something traced.

        Args:
            payload: pickled arguments of `trace_network`.
            limit_s: time for it, after which the process is killed.

        Returns:
            Its reply, JSON.

        Raises:
            NetworkError: if it hangs or dies over it; the process is gone then.
        """
        try:
            self._wait_until_ready()
            request = pickle.dumps((sys.path, os.getcwd(), payload))
            write_frame(self._process.stdin, request)  # type: ignore[arg-type]  # a pipe
            return read_frame(self._process.stdout, limit_s)  # type: ignore[arg-type]  # a pipe
        except TimeoutError:
            self.kill()
            raise NetworkError(
                f"tracing the network took more than {limit_s:g} s and was ended; "
                "if its builder does not wait for anything, raise the tracer's `time_limit_s`"
            ) from None
        except (EOFError, BrokenPipeError):
            raise NetworkError(f"the network ended the tracer's process ({self._how()})") from None
        except BaseException:  # interrupted: its reply must not be taken for the next one's
            self.kill()
            raise

    def kill(self) -> None:
        """End it at once."""
        self._end()

    def close(self) -> None:
        """Let it end by itself, or kill it."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]  # a pipe
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        try:
            read_frame(self._process.stdout, self._start_limit_s)  # type: ignore[arg-type]
        except (TimeoutError, EOFError):
            self.kill()
            raise NetworkError(
                "the tracer's process did not start; can "
                f"`{sys.executable} -m {WORKER}` import torch and hyperwatt?"
            ) from None
        self._is_ready = True

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()
        code = self._process.returncode
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _environment() -> dict[str, str]:
    """Import paths as here, no GPU, one thread."""
    paths = os.pathsep.join(path for path in sys.path if path)
    threads = dict.fromkeys(THREADS, "1")
    return {**os.environ, **threads, "PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": ""}


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
