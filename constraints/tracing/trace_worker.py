"""The process that traces for others: takes requests on its input, gives traces on its output.

A request is a pickled `(paths, folder, payload)`, the payload a pickle of the arguments of
`trace_network`, opened only when the paths are set. A reply is JSON: a trace or an error. Whatever
a network prints goes to the error stream. The process ends when its input does, or with its parent.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import time
from typing import Any, BinaryIO

from ..errors import NetworkError
from .blame import told
from .frames import read_frame, write_frame

READY = b"ready"
PARENT_CHECK_S = 1.0  # at double, an orphan lives a second longer


def main() -> None:
    """Serve until the input ends.

    Side effects:
        Takes the process's streams, folder and import paths.
    """
    parent = os.getppid()
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    requests, replies = _streams()
    _warm_up()
    write_frame(replies, READY)
    while True:
        try:
            request = read_frame(requests)
        except EOFError:
            return
        write_frame(replies, json.dumps(answer(request)).encode())


def answer(request: bytes) -> dict[str, Any]:
    """Trace what a request asks for.

    Returns:
        `{"trace": ...}` or `{"error": ...}`, of plain values.
    """
    from .trace import trace_network

    paths, folder, payload = pickle.loads(request)
    sys.path[:] = paths
    os.chdir(folder)
    try:
        arguments = pickle.loads(payload)
    except Exception as error:  # opening a pickle runs anybody's imports
        says = f"the builder cannot be opened in the tracer's process: {told(error)}"
        return {"error": f"{says}; define it in the script itself or in an importable module"}
    try:
        return {"trace": trace_network(**arguments).to_dict()}
    except (NetworkError, ValueError) as error:
        return {"error": str(error)}
    except SystemExit as error:
        return {"error": f"the network ended its process: SystemExit({error.code})"}


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, moved to where no print of a network can reach them."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(requests, "rb", buffering=0), os.fdopen(replies, "wb")


def _warm_up() -> None:
    """Make torch import what it imports at the first trace, for seconds."""
    import torch
    from torch import nn

    from .request import TrainingStep
    from .trace import trace_network

    def build() -> nn.Module:
        layers = (nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
        return nn.Sequential(*layers)

    step = TrainingStep(lambda parameters: torch.optim.Adam(parameters))
    trace_network(build, (1, 4, 4), batch_size=2, training=step)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


if __name__ == "__main__":
    main()
