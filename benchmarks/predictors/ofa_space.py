"""Once-for-All networks as features: which blocks there are, at which resolution.

A network has five stages of up to four blocks, each with a kernel (3, 5, 7) and an expansion
(3, 4, 6); blocks beyond a stage's depth are not there. What a block costs has a part for starting
it and one for each pixel that it makes. Pixels are counted as the network makes them: each stride
of 2 halves a side and rounds up, so that they grow in steps with the resolution. Each resolution
has an indicator as well, because libraries choose their kernels by size.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from hyperwatt.constraints.domains import Array

STAGES, SLOTS = 5, 4
BLOCKS = STAGES * SLOTS
KERNELS, EXPANSIONS = (3, 5, 7), (3, 4, 6)
CHANNELS = (16, 24, 40, 80, 112, 160)  # into the first stage, then out of each; MobileNetV3-Large
HALVINGS = (2, 3, 4, 4, 5)  # of the input's side, at the output of each stage
TYPICAL_PX = 176  # of the input's side: pixels are counted relative to it


def present_blocks(networks: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Which blocks there are, their kernels and expansions: three of `(n, 20)`."""
    depth = networks[[f"d_{i}" for i in range(STAGES)]].to_numpy()
    there = (np.arange(SLOTS) < depth[:, :, None]).reshape(len(networks), BLOCKS)
    kernels = networks[[f"ks_{i:02d}" for i in range(BLOCKS)]].to_numpy(dtype=np.float64)
    expansions = networks[[f"e_{i:02d}" for i in range(BLOCKS)]].to_numpy(dtype=np.float64)
    return there.astype(np.float64), kernels, expansions


def pixels(networks: pd.DataFrame, halvings: int) -> Array:
    """Pixels of a feature map after so many strides of 2, `(n,)`, relative to `TYPICAL_PX`."""

    def side(start: Array) -> Array:
        for _ in range(halvings):
            start = np.ceil(start / 2)
        return start

    resolution = networks["resolution"].to_numpy(dtype=np.float64)
    return np.asarray((side(resolution) / side(np.array([TYPICAL_PX]))) ** 2)


def block_columns(networks: pd.DataFrame) -> Array:
    """One column for each slot, kernel and expansion, by itself and times its pixels.

    Returns:
        `(n, 391)`: 180 indicators, those times pixels, the pixels at 6 scales, 25 resolutions.
    """
    there, kernels, expansions = present_blocks(networks)
    of_stage = np.column_stack([pixels(networks, halvings) for halvings in HALVINGS])
    of_block = np.repeat(of_stage, SLOTS, axis=1)
    kinds = [there * (kernels == k) * (expansions == e) for k, e in product(KERNELS, EXPANSIONS)]
    made = [kind * of_block for kind in kinds]
    scales = np.column_stack([pixels(networks, halvings) for halvings in range(6)])
    resolution = networks["resolution"].to_numpy()[:, None]
    sizes = (resolution == np.arange(128, 225, 4)).astype(np.float64)
    return np.hstack([*kinds, *made, scales, sizes])


def work_columns(networks: pd.DataFrame) -> Array:
    """What the whole network does: 9 amounts of its blocks, and 4 scales of its pixels.

    Returns:
        `(n, 13)`: multiplications of the expanding, depthwise and projecting convolutions, numbers
        in front of and behind the depthwise one, numbers in and out of blocks, blocks, and the
        numbers behind kernels of 7 and of 5.
    """
    there, kernels, expansions = present_blocks(networks)
    into = np.repeat(CHANNELS[1:], SLOTS).astype(np.float64)
    into[::SLOTS] = CHANNELS[:-1]
    out = np.repeat(CHANNELS[1:], SLOTS)
    after = np.repeat([_area(h) for h in HALVINGS], SLOTS) * np.repeat(
        np.column_stack([pixels(networks, h) for h in HALVINGS]), SLOTS, axis=1
    )
    before = after.copy()
    entering = (1, *HALVINGS[:-1])
    before[:, ::SLOTS] = np.column_stack([_area(h) * pixels(networks, h) for h in entering])
    wide = into * expansions
    amounts = [
        before * into * wide, after * wide * kernels**2, after * wide * out,
        before * wide, after * wide, before * into + after * out, np.ones_like(there),
        after * wide * (kernels == 7), after * wide * (kernels == 5),
    ]  # fmt: skip
    sums = [(there * amount).sum(axis=1) for amount in amounts]
    return np.column_stack([*sums, *(pixels(networks, halvings) for halvings in (0, 1, 3, 5))])


def _area(halvings: int) -> float:
    return float(np.ceil(TYPICAL_PX / 2**halvings) ** 2)


def one_hot(networks: pd.DataFrame) -> Array:
    """The published encoding, 128 numbers: kernels, expansions and resolution, each one-hot."""
    there, kernels, expansions = present_blocks(networks)
    parts = [there[:, :, None] * (values[:, :, None] == choices)
             for values, choices in ((kernels, KERNELS), (expansions, EXPANSIONS))]  # fmt: skip
    steps = (networks["resolution"].to_numpy() - 112) // 16
    resolution = (steps[:, None] == np.arange(8)).astype(np.float64)
    return np.hstack([*(part.reshape(len(networks), -1) for part in parts), resolution])
