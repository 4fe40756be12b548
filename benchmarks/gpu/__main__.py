"""All that needs a real GPU, in one command, in pieces that can be interrupted.

    python -m benchmarks.gpu [--minutes 7] [--out FILE] [--again CHUNK] [--only CHUNK]

Without a GPU it says so and does nothing. `--device cpu --quick` and `--device simulated:h200
--quick` run the same chunks small, to try them.

Exit codes: 0 nothing is left (or there is no GPU), 1 a piece failed, 2 bad input, 3 time was up and
more is left: the same command goes on.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from hyperwatt.constraints.errors import HyperwattError
from hyperwatt.workers.meters.devices import capabilities, known_devices

from .check_counter import CheckCounter
from .chunk import Bench, Chunk
from .device_facts import facts_of
from .gpu_tests import GpuTests
from .layer_costs import LAYER_POWERS, LAYER_TIMES
from .memory_drill import MemoryDrill
from .network_level import NetworkLevel
from .page import page_path
from .predictors import Predictors
from .profile import HELD_OUT, HELD_OUT_TRAININGS, PROFILE, TRAININGS
from .real_sweep import RealSweep
from .record import Record, RecordError
from .repeatability import Repeatability
from .running import Clocked, failures, run_chunks

RESULTS = Path(__file__).parent / "results"
SCRATCH = Path("~/.cache/hyperwatt/gpu-check").expanduser()
CHUNKS: tuple[Chunk, ...] = (
    CheckCounter(), Repeatability(), MemoryDrill(), GpuTests(),
    PROFILE, Predictors(), RealSweep(),
    HELD_OUT, LAYER_TIMES, LAYER_POWERS, NetworkLevel(),
    HELD_OUT_TRAININGS, TRAININGS, Predictors(),
)  # fmt: skip
MORE_IS_LEFT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check.

    Args:
        arguments: of the command line; None takes the process's.

    Returns:
        The exit code.
    """
    asked = _parse(arguments)
    reason = _why_not(asked.device)
    if reason:
        print(f"skipped: {reason}")
        return 0
    try:
        bench = _bench(asked)
    except (HyperwattError, RecordError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name in asked.again:
        bench.record.forget(name)
    end_s = None if asked.minutes is None else time.monotonic() + 60 * asked.minutes
    chunks = [chunk for chunk in CHUNKS if not asked.only or chunk.name in asked.only]
    finished = run_chunks(bench, chunks, Clocked(end_s), lambda line: print(line, flush=True))
    failed = failures(bench, chunks)
    print("\n".join([*dict.fromkeys(failed), f"page: {page_path(bench.record.path)}"]))
    if not finished:
        return MORE_IS_LEFT
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = sorted({chunk.name for chunk in CHUNKS})
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--device", default="cuda", choices=known_devices())
    parser.add_argument("--quick", action="store_true", help="everything small")
    parser.add_argument("--minutes", type=float, help="begin no piece after so long")
    parser.add_argument("--out", type=Path, help="the record; the page lies beside it")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="for files made anew")
    parser.add_argument("--again", action="append", default=[], choices=names)
    parser.add_argument("--only", action="append", default=[], choices=names)
    return parser.parse_args(arguments)


def _why_not(device: str) -> str:
    """Why there is nothing to check; empty if there is."""
    can, cannot = capabilities(device)
    return "" if can else next(iter(cannot.values()), f"nothing can be measured on {device}")


def _bench(asked: argparse.Namespace) -> Bench:
    facts = facts_of(asked.device)
    about: dict[str, Any] = {"date": date.today().isoformat(), "device": asked.device,
                             "quick": asked.quick, **facts}  # fmt: skip
    kind = re.sub(r"[^a-z0-9]+", "-", facts["device_kind"].lower()).strip("-")
    name = f"{kind}-quick.json" if asked.quick else f"{kind}.json"
    asked.scratch.mkdir(parents=True, exist_ok=True)
    record = Record.open(asked.out or RESULTS / name, about)
    return Bench(asked.device, asked.quick, record, asked.scratch, facts)


if __name__ == "__main__":
    sys.exit(main())
