"""A new kind of device with few measurements, helped by a profile from another kind.

    python -m benchmarks.predictors.carried [--data ../shared/data]

NAS-Bench-201's latencies on five devices. A source has 100 measured cells, the new device 5 to 40;
errors are of 1,500 others. Alone is what a sweep without traced networks uses (`BestOf`); carried
is the same with a line in the source's logarithms among its choices.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.search.cells_of_networks import EDGES, NB201, units_of
from benchmarks.search.problem import space_of
from hyperwatt.constraints.best_of import BestOf
from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.transfer.carried import CarriedRecipe, Source
from hyperwatt.experiments.cost_modelling import without_network

from .report import data_folder, table, write_page

LATENCY = "_latency_ms"
SOURCE_ROWS, ASKED, DRAWS = 100, 1500, 3
ROWS = (5, 10, 20, 40)


def load(folder: Path) -> tuple[Array, dict[str, Array]]:
    """Features of the cells, and latency by device [ms]; nearly empty cells are left out."""
    frame = pd.read_parquet(folder / "nb201_hw" / "nb201_hw.parquet")
    frame = frame[frame["hwnb_raspi4_latency_ms"] > 0.5]
    space = space_of(NB201)
    encoding = StructuralEncoding(space, frozenset(EDGES), counted=True)
    names = [name for name in frame if name.endswith(LATENCY)]
    costs = {name.removesuffix(LATENCY): frame[name].to_numpy(dtype=float) for name in names}
    return encoding.exact(units_of(space, frame)), costs


def errors(features: Array, there: Array, here: Array, seed: int) -> Iterator[dict[str, object]]:
    """Of both ways after so many rows, with one choice of cells."""
    known = np.flatnonzero((there > 0) & (here > 0))
    order = np.random.default_rng(seed).permutation(known)
    first = order[:SOURCE_ROWS]
    source = Source(without_network().fit(features[first], there[first]), float(there[first].min()))
    asked = order[-ASKED:]
    for rows in ROWS:
        own = order[SOURCE_ROWS : SOURCE_ROWS + rows]
        carried = BestOf(
            (
                CarriedRecipe((source,)),
                without_network(),
            )
        )
        ways: dict[str, Recipe] = {"alone": without_network(), "carried": carried}
        for way, recipe in ways.items():
            predicted = np.maximum(
                recipe.fit(features[own], here[own]).predict(features[asked]).mean, 1e-9
            )
            rank = float(spearmanr(predicted, here[asked]).statistic)
            yield {"rows": rows, "way": way, "rmspe": rmspe(predicted, here[asked]), "rank": rank}


def main() -> None:
    """Write the page."""
    warnings.simplefilter("ignore")  # a constant prediction has no rank
    features, costs = load(data_folder(__doc__ or ""))
    found = pd.DataFrame(
        {"pair": (there, here), **row}
        for there, here in permutations(costs, 2)
        for seed in range(DRAWS)
        for row in errors(features, costs[there], costs[here], seed)
    )
    lines = [_line(found, rows) for rows in ROWS]
    body = (
        f"{len(costs)} devices ({', '.join(costs)}), each helped by each other, {DRAWS} draws; "
        f"medians over {len(found) // 2 // len(ROWS)}, quartiles in brackets.\n\n{table(lines)}"
    )
    command = "python -m benchmarks.predictors.carried"
    write_page(
        "carried", title="Costs carried over from another device", command=command, body=body
    )


def _line(found: pd.DataFrame, rows: int) -> dict[str, object]:
    part = found[found["rows"] == rows]
    alone, carried = (part[part["way"] == way] for way in ("alone", "carried"))
    better = (carried["rmspe"].to_numpy() < 0.99 * alone["rmspe"].to_numpy()).mean()
    worse = (carried["rmspe"].to_numpy() > 1.01 * alone["rmspe"].to_numpy()).mean()
    return {
        "measured": rows,
        "RMSPE alone [%]": _spread(100 * alone["rmspe"]),
        "carried [%]": _spread(100 * carried["rmspe"]),
        "rank alone": f"{alone['rank'].median():.2f}",
        "rank carried": f"{carried['rank'].median():.2f}",
        "better, worse": f"{better:.0%}, {worse:.0%}",
    }


def _spread(values: pd.Series[float]) -> str:
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


if __name__ == "__main__":
    main()
