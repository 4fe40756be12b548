"""A GPU that was hardly measured, predicted from the others: ten networks, one GPU left out.

    python -m benchmarks.predictors.help [--data ../shared/data]

All three batch sizes of the left-out GPU are one device and are left out together; the other nine
columns are the sources. Sources, and the ten networks of the new device, come from the first 3,500
networks; every figure is of the last 1,500, which nobody measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression, RidgeCV

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.transfer.fleet import Fleet, learn_fleet
from hyperwatt.constraints.transfer.shapes import DeviceRows

from .ofa_space import block_columns, one_hot
from .report import data_folder, table, write_page

MEASURED, SAMPLES, DRAWS = 3500, 10, 20
RIDGE = 0.006  # fixed before the comparison; at a tenth, sources were fitted within 0.1 points
SUFFIX = "_latency_ms"
Guess = Callable[[NDArray[np.intp]], Array]


@dataclass(frozen=True, eq=False)
class Recorded:
    """Networks and what they cost on each device.

    Attributes:
        blocks: `(n, d)`, features of the networks.
        encoding: `(n, 128)`, the published ones.
        costs: `(n, 12)`, milliseconds.
        columns: names of the devices, `<gpu>_<batch>`.
    """

    blocks: Array
    encoding: Array
    costs: Array
    columns: tuple[str, ...]

    def gpu(self, column: int) -> str:
        """Without the batch size."""
        return self.columns[column].rsplit("_", 1)[0]


def load(folder: Path) -> Recorded:
    """All 5,000 networks."""
    measured = pd.read_parquet(folder / "help_devices/ofa_latency.parquet")
    columns = [name for name in measured if name.endswith(SUFFIX)]
    return Recorded(
        blocks=block_columns(measured),
        encoding=one_hot(measured),
        costs=measured[columns].to_numpy(),
        columns=tuple(name.removesuffix(SUFFIX) for name in columns),
    )


def guesses(recorded: Recorded, fleet: Fleet, column: int) -> Mapping[str, Guess]:
    """Ours and the baselines, each from numbers of measured networks to all costs."""
    shapes, costs = fleet.shapes, recorded.costs[:, column]
    logs = np.log(costs)
    sources = np.log(
        np.column_stack([np.maximum(base(recorded.blocks), least)
                         for base, least in zip(shapes.bases, shapes.least, strict=True)])
    )  # fmt: skip

    def ours(rows: NDArray[np.intp]) -> Array:
        return fleet.adapt(recorded.blocks[rows], costs[rows]).predict(recorded.blocks).mean

    def best_source(rows: NDArray[np.intp]) -> Array:
        lines = [LinearRegression().fit(sources[rows][:, [j]], logs[rows])
                 for j in range(sources.shape[1])]  # fmt: skip
        errors = [
            float(((line.predict(sources[rows][:, [j]]) - logs[rows]) ** 2).sum())
            for j, line in enumerate(lines)
        ]
        best = int(np.argmin(errors))
        return np.exp(lines[best].predict(sources[:, [best]]))

    def ridge(columns: Array) -> Guess:
        def guess(rows: NDArray[np.intp]) -> Array:
            fitted = RidgeCV(np.logspace(-4, 3, 15)).fit(columns[rows], logs[rows])
            return np.exp(fitted.predict(columns))

        return guess

    return {
        "ours": ours,
        "best source, affine": best_source,
        "ridge on sources": ridge(sources),
        "log-ridge, one-hot": ridge(recorded.encoding),
        "refit, same blocks": ridge(recorded.blocks),
    }


def score(predicted: Array, costs: Array) -> tuple[float, float]:
    """Spearman and MAPE (%) of the networks that nobody measured."""
    asked, truth = predicted[MEASURED:], costs[MEASURED:]
    rank = float(spearmanr(asked, truth).statistic)
    return rank, 100 * float(np.mean(np.abs(asked / truth - 1)))


def leave_out(recorded: Recorded, gpu: str) -> list[dict[str, object]]:
    """Rows of the table for one GPU."""
    names = range(len(recorded.columns))
    known = recorded.blocks[:MEASURED]
    sources = [
        DeviceRows(known, recorded.costs[:MEASURED, j]) for j in names if recorded.gpu(j) != gpu
    ]
    fleet = learn_fleet(sources, LinearRecipe(RIDGE))
    pool = np.random.default_rng(0).choice(MEASURED, 500, replace=False)
    chosen = pool[fleet.telling_rows(recorded.blocks[pool], SAMPLES)]
    return [
        compare(recorded, fleet, column, chosen) for column in names if recorded.gpu(column) == gpu
    ]


def compare(
    recorded: Recorded, fleet: Fleet, column: int, chosen: NDArray[np.intp]
) -> dict[str, object]:
    """One row of the table, and the figures behind it."""
    costs = recorded.costs[:, column]
    draws = [np.random.default_rng(seed).choice(MEASURED, SAMPLES, replace=False)
             for seed in range(DRAWS)]  # fmt: skip
    scores = {
        name: np.array([score(guess(rows), costs) for rows in draws])
        for name, guess in guesses(recorded, fleet, column).items()
    }
    model = [fleet.adapt(recorded.blocks[rows], costs[rows]) for rows in draws]
    inside = [
        np.mean(np.abs(costs[MEASURED:] - p.mean) < 1.645 * p.std)
        for p in (m.predict(recorded.blocks[MEASURED:]) for m in model)
    ]
    selected = fleet.adapt(recorded.blocks[chosen], costs[chosen]).predict(recorded.blocks).mean
    own = LinearRecipe(RIDGE).fit_mean(recorded.blocks[:MEASURED], costs[:MEASURED])
    scores["ours, chosen networks"] = np.array([score(selected, costs)])
    scores["3,500 of its own rows"] = np.array([score(own(recorded.blocks), costs)])
    return {"column": recorded.columns[column], "scores": scores, "inside": np.mean(inside)}


def tables(rows: list[dict[str, object]]) -> tuple[str, str]:
    """Spearman and MAPE, mean and deviation over draws."""
    shown: list[str] = []
    for measure, digits in ((0, 3), (1, 1)):
        lines = []
        for row in rows:
            scores: Mapping[str, Array] = row["scores"]  # type: ignore[assignment]
            line: dict[str, object] = {"left-out GPU, batch": row["column"]}
            for name, values in scores.items():
                mean, spread = values[:, measure].mean(), values[:, measure].std()
                line[name] = f"{mean:.{digits}f}" + (
                    f" ± {spread:.{digits}f}" if len(values) > 1 else ""
                )
            if measure:
                line["90 % interval holds"] = f"{100 * float(row['inside']):.0f} %"  # type: ignore[arg-type]
            lines.append(line)
        for batch in ("64", "32", "1"):
            lines.append(_mean_line(rows, batch, measure, digits))
        shown.append(table(lines))
    return shown[0], shown[1]


def _mean_line(
    rows: list[dict[str, object]], batch: str, measure: int, digits: int
) -> dict[str, object]:
    of_batch = [row for row in rows if str(row["column"]).endswith(f"_{batch}")]
    line: dict[str, object] = {"left-out GPU, batch": f"**mean, batch {batch}**"}
    for name in of_batch[0]["scores"]:  # type: ignore[attr-defined]
        mean = np.mean([row["scores"][name][:, measure].mean() for row in of_batch])  # type: ignore[index]
        line[name] = f"**{mean:.{digits}f}**"
    if measure:
        mean = 100 * np.mean([float(row["inside"]) for row in of_batch])  # type: ignore[arg-type]
        line["90 % interval holds"] = f"**{mean:.0f} %**"
    return line


NOTES = """Ten networks drawn at random, 20 draws (seeds 0 to 19), mean ± deviation over draws.
"Chosen networks": ten of 500, chosen before any measurement by how much they lower the variance
of all others (`Fleet.telling_rows`), the same for the three columns of a GPU. "3,500 of its own
rows" is what the same features reach when the GPU is measured 350 times as often: where it is
low, the measurements themselves do not repeat (batch 1 is launch overhead and hardly follows the
network, and the last 500 of the test networks were measured on the 2080 Ti with 11 % of noise
instead of 4). Without repeats in the data the true ceiling is not known.

**Goal: Spearman of at least 0.98 with one device left out.** Reached in the mean at batch 64,
and on five of the twelve columns (Titan RTX, Titan XP and V100 at batch 64, Titan RTX and Titan
XP at 32). At batch 1, at batch 32 of two GPUs and at batch 64 of the 2080 Ti it is not, nor by
3,500 own measurements. The single best source with a line through ten points ranks as well at
batch 64 and a little better at batch 1; our gain over it is in the error where measurements
repeat (2.8 instead of 3.3 % at batch 64), in fewer bad draws (Titan XP, batch 32: 0.991 ± 0.006
instead of 0.981 ± 0.035) and in a spread that can be believed. Both rest on the same smooth
models of the sources.

How it is done: each source column is modelled by a ridge regression on blocks and pixels; their
logarithms span ten shapes; a new device's coefficients of these are shrunk to those of the
sources by empirical Bayes. Tried and given up: a quadratic in the resolution instead of pixels
counted with their rounding (2.0 instead of 0.4 % error of a source on itself); the same prior by
normal equations (rounding stopped the learning of variances, Spearman fell by 0.03); four shapes
instead of ten (0.002 less); medoids of the shapes as networks to measure (no better than chosen
ones)."""


def main() -> None:
    """Write the page.

    Side effects:
        Writes `help.md`.
    """
    recorded = load(data_folder(__doc__ or ""))
    rows = [
        row
        for gpu in dict.fromkeys(recorded.gpu(j) for j in range(len(recorded.columns)))
        for row in leave_out(recorded, gpu)
    ]
    ranks, errors = tables(rows)
    write_page(
        "help",
        title="A new GPU from ten measurements: Once-for-All networks on four GPUs",
        command="python -m benchmarks.predictors.help",
        body=f"## Spearman\n\n{ranks}\n\n## MAPE, %\n\n{errors}\n\n{NOTES}",
    )


if __name__ == "__main__":
    main()
