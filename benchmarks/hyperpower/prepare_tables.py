"""Makes the tables of this benchmark from published recordings, which are not part of the project.

    python -m benchmarks.hyperpower.prepare_tables RECORDINGS FOLDER

`nb201.parquet`: NAS-Bench-201 cells, without the nearly empty graphs (a Raspberry Pi latency below
half a millisecond), of which no relative error makes sense. `ecnas.parquet`: the cells of up to
five vertices of EC-NAS-Bench that were trained for four epochs with the GPU's power recorded, their
graphs spelled out as one column an edge and one an operation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

NEARLY_EMPTY_MS = 0.5
VERTICES = 5
OPERATIONS = {0: "conv3x3", 1: "conv1x1", 2: "maxpool3x3"}


def nb201(recordings: Path) -> pd.DataFrame:
    """NAS-Bench-201 with latencies measured on a Raspberry Pi 4 and a GTX 1080 Ti."""
    cells = pd.read_parquet(recordings / "nb201_hw" / "nb201_hw.parquet")
    return cells[cells["hwnb_raspi4_latency_ms"] >= NEARLY_EMPTY_MS]


def ecnas(recordings: Path) -> pd.DataFrame:
    """EC-NAS-Bench, one row a cell."""
    runs = pd.read_parquet(recordings / "ecnas" / "ecnas_4epoch.parquet")
    runs = runs[runs["space"] == "5V9E"]
    graphs = pd.DataFrame(
        [_graph(a, o) for a, o in zip(runs["adjacency"], runs["ops"], strict=True)]
    )
    cells = pd.concat([graphs, runs.reset_index(drop=True)], axis=1)
    return cells.drop_duplicates(list(graphs.columns))


def _graph(adjacency: str, ops: str) -> dict[str, Any]:
    """Columns `edge_i_j` and `op_i`; a vertex that a smaller cell lacks is `none`."""
    matrix, kinds = json.loads(adjacency), json.loads(ops)
    inner = len(kinds) - 2
    place = [0, *range(1, inner + 1), VERTICES - 1]  # the output is always the last vertex
    row: dict[str, Any] = {
        f"edge_{i}_{j}": 0 for i in range(VERTICES) for j in range(i + 1, VERTICES)
    }
    for i, line in enumerate(matrix):
        for j, edge in enumerate(line):
            if edge:
                row[f"edge_{place[i]}_{place[j]}"] = 1
    for vertex in range(1, VERTICES - 1):
        row[f"op_{vertex}"] = OPERATIONS[kinds[vertex]] if vertex <= inner else "none"
    return row


def main() -> None:
    """Write both tables."""
    recordings, folder = (Path(word) for word in sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("nb201", nb201(recordings)), ("ecnas", ecnas(recordings))):
        frame.to_parquet(folder / f"{name}.parquet")
        print(f"{folder / name}.parquet: {len(frame):,} candidates")


if __name__ == "__main__":
    main()
