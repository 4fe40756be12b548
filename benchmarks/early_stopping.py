"""Whether learning curves should be extrapolated: as the loss of a stopped training, or to stop it.

Random candidates of YAHPO's LCBench surrogate (52 epochs, every second task, noise of half a point
of accuracy added) are trained one after the other under a stopping rule. Two questions:

- The loss of a stopped training, for a Gaussian process that has seen 80 of them: the last one,
  one that is foreseen, and the last one with a doubt. Its predictions of 220 others are compared
  with their true last losses by rank correlation.
- A rule that stops what will not beat the best so far with probability 95 %, against halving: how
  many epochs of 60 trainings are spent, and how far the best that was seen lies from the best.

    python -m hyperwatt.benchmarks.early_stopping ../shared/data/yahpo_onnx/lcbench   # onnxruntime
"""

from __future__ import annotations

import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import BayesianRidge
from sklearn.preprocessing import StandardScaler

from ..constraints.domains import Array

EPOCHS = 52
SEEN = 80
CHECKED = (2, 4, 8, 13, 20, 30, 40)  # epochs at which the rule by extrapolation is asked
LOW = np.array([np.log(16), np.log(1e-4), 0.1, 1e-5, 1, np.log(64), 0])
HIGH = np.array([np.log(512), np.log(0.1), 0.99, 0.1, 5.999, np.log(1024), 1])
HALVING = {"3 from 1": (3, 1), "3 from 3": (3, 3), "2 from 4": (2, 4)}
Draw = Callable[[int, np.random.Generator], tuple[Array, Array]]


def tasks_of(folder: Path) -> Mapping[str, Draw]:
    """For each task, what draws units `(n, 7)` and least errors so far `(n, EPOCHS)`."""
    import onnxruntime

    codes = json.loads((folder / "encoding.json").read_text())["OpenML_task_id"]
    listed = json.loads((folder / "config_space.json").read_text())["hyperparameters"]
    names = next(h["choices"] for h in listed if h["name"] == "OpenML_task_id")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options)

    def draw(task: str, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        units = rng.random((count, 7))
        values = LOW + units * (HIGH - LOW)
        values[:, [0, 1, 5]] = np.exp(values[:, [0, 1, 5]])
        values[:, [0, 4, 5]] = np.floor(values[:, [0, 4, 5]])
        rows = np.zeros((count, EPOCHS, 8), dtype=np.float32)
        rows[:, :, 0], rows[:, :, 1:] = np.arange(1, EPOCHS + 1), values[:, None, :]
        cats = np.full((count * EPOCHS, 1), codes[task], dtype=np.int32)
        told = session.run(None, {"x_cat": cats, "x_cont": rows.reshape(-1, 8)})[0]
        errors = 1 - told.reshape(count, EPOCHS, -1)[:, :, 1] / 100
        noisy = errors + 0.005 * rng.standard_normal(errors.shape)
        return units, np.minimum.accumulate(noisy, axis=1)

    return {task: partial(draw, task) for task in names[::2]}


def halved(best: Array, reduction: int, first: int) -> Array:
    """The epoch at which asynchronous halving stops each training, `(n,)`."""
    rungs = [first * reduction**k for k in range(9) if first * reduction**k < EPOCHS]
    seen: dict[int, list[float]] = {rung: [] for rung in rungs}
    ends = np.full(len(best), EPOCHS)
    for row, curve in enumerate(best):
        for rung in rungs:
            seen[rung].append(curve[rung - 1])
            if curve[rung - 1] > np.quantile(seen[rung], 1 / reduction):
                ends[row] = rung
                break
    return ends


def foreseen(whole: Array, cut: Array, epoch: int) -> tuple[Array, Array]:
    """Last losses of curves cut at an epoch, mean and standard deviation, by ridge regression."""
    seen, asked = _shape(whole, epoch), _shape(cut, epoch)
    scaler = StandardScaler().fit(seen)
    model = BayesianRidge().fit(scaler.transform(seen), seen[:, 0] - whole[:, -1])
    drop, std = model.predict(scaler.transform(asked), return_std=True)
    drop = np.maximum(drop, 0.0)  # completed curves are better ones: half the drop is doubted
    return asked[:, 0] - drop, np.hypot(std, drop / 2)


def _shape(best: Array, epoch: int) -> Array:
    """Level and slopes over the second and the third quarter before."""
    now, half, quarter = (best[:, max(1, epoch // part) - 1] for part in (1, 2, 4))
    return np.column_stack([now, half - now, quarter - half])


def losses_of(best: Array, ends: Array) -> Mapping[str, tuple[Array, Array]]:
    """Loss and doubt of each training by each method, `(n,)` each."""
    last, none = best[np.arange(len(best)), ends - 1], np.zeros(len(best))
    whole, mean, std, gain = best[ends == EPOCHS], last.copy(), none.copy(), none.copy()
    for epoch in np.unique(ends[ends < EPOCHS]):
        rows = ends == epoch
        if len(whole) >= 5:
            mean[rows], std[rows] = foreseen(whole, best[rows], epoch)
        if len(whole) >= 3:
            gain[rows] = np.sqrt(np.mean((whole[:, epoch - 1] - whole[:, -1]) ** 2))
    return {
        "last": (last, none), "foreseen": (mean, none), "foreseen, with doubt": (mean, std),
        "last, doubted by others' gain": (last, gain), "truth": (best[:, -1], none),
    }  # fmt: skip


def predicted(units: Array, losses: Array, doubts: Array, at: Array) -> Array:
    """What a Gaussian process of the logarithms makes of them."""
    logs = np.log(np.maximum(losses, 1e-4))
    scale = logs.std() + 1e-9
    noise = 1e-6 + (doubts / np.maximum(losses, 1e-3) / scale) ** 2
    kernel = ConstantKernel() * Matern(np.ones(7), (0.05, 20), nu=2.5) + WhiteKernel(1e-2)
    process = GaussianProcessRegressor(kernel, alpha=noise)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(process.fit(units, (logs - logs.mean()) / scale).predict(at))


def ruled(best: Array, halving: tuple[int, int] | None, extrapolate: bool) -> tuple[float, float]:
    """Share of the epochs spent, and regret in standard deviations, under a rule."""
    ends = halved(best, *halving) if halving else np.full(len(best), EPOCHS)
    whole, least = [], np.inf
    for row, curve in enumerate(best):
        for epoch in CHECKED if extrapolate and len(whole) >= 5 else ():
            if epoch >= ends[row]:
                break
            mean, std = foreseen(np.array(whole), curve[None], epoch)
            if mean[0] - 1.645 * std[0] > least:
                ends[row] = epoch
        least = min(least, curve[ends[row] - 1])
        if ends[row] == EPOCHS:
            whole.append(curve)
    return ends.sum() / (EPOCHS * len(best)), (least - best[:, -1].min()) / best[:, -1].std()


def main(folder: Path) -> None:
    """Print both tables."""
    ranks, errors, rules = defaultdict(list), defaultdict(list), defaultdict(list)
    for task, draw in tasks_of(folder).items():
        for seed in range(3):
            units, best = draw(SEEN + 220, np.random.default_rng([int(task), seed]))
            for name, halving in HALVING.items():
                for method, (loss, doubt) in losses_of(
                    best[:SEEN], halved(best[:SEEN], *halving)
                ).items():
                    mean = predicted(units[:SEEN], loss, doubt, units[SEEN:])
                    ranks[name, method].append(spearmanr(mean, best[SEEN:, -1])[0])
                    off = np.sqrt(np.mean((loss - best[:SEEN, -1]) ** 2))
                    errors[name, method].append(off / best[:SEEN, -1].std())
        for seed in range(5):
            _, best = draw(60, np.random.default_rng([int(task), seed, 7]))
            for name, halving in {"no": None, **HALVING}.items():
                for extrapolate in (False, True):
                    rules[name, extrapolate].append(ruled(best, halving, extrapolate))
    print(
        "| halving | loss of a stopped training | error, sd | rank correlation |\n|---|---|---|---|"
    )
    for (name, method), found in ranks.items():
        print(f"| {name} | {method} | {np.median(errors[name, method]):.2f} | {_shown(found)} |")
    print("\n| halving | 95 % rule | epochs spent | regret, sd |\n|---|---|---|---|")
    for (name, extrapolate), pairs in rules.items():
        spent, regret = np.array(pairs).T
        also = "yes" if extrapolate else "no"
        print(f"| {name} | {also} | {np.median(spent):.2f} | {_shown(regret)} |")


def _shown(values: list[float]) -> str:
    kept = np.nan_to_num(values)
    return f"{kept.mean():.3f} +- {kept.std() / np.sqrt(len(kept)):.3f}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
