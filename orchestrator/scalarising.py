"""Several objectives as one, by random weights, for strategies that know of one only.

Each suggestion draws its own weights, so that the sweep spreads over the whole front [Knowles2006]:

    loss = max_j (w_j * u_j) + 0.05 * sum_j (w_j * u_j),   u_j = (loss_j - ideal_j) / width_j

where ideal and width are those of the observed front. A strategy that works on all objectives
reads `History.every_loss`, which stays as it is.

References:
    [Knowles2006] J. Knowles. ParEGO. IEEE Trans. Evolutionary Computation 10 (1), 2006.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..constraints.domains import Array
from .history import History
from .pareto import extent

# [Knowles2006] §III: enough to prefer the better of two points that are equal in the worst term.
AUGMENTED = 0.05


def scalarised(history: History, rng: np.random.Generator) -> History:
    """The same observations, with several losses weighed into one; one loss is left as it is.

    What is said of the first objective alone is weighed likewise or left out.

    Args:
        history: its columns of losses may have any units.
        rng: of the suggestion; nothing is drawn where there is one objective.
    """
    objectives = history.every_loss.shape[1]
    if objectives == 1:
        return history
    weights = rng.dirichlet(np.ones(objectives))
    if not len(history.every_loss):
        return history
    nothing_yet = np.full(len(history.pending), np.nan)
    _, width = extent(history.every_loss)
    return replace(
        history,
        losses=weighed(history.every_loss, weights),
        doubt=weights[0] / width[0] * history.doubt,
        pending_losses=nothing_yet,
        pending_doubt=nothing_yet,
    )


def weighed(losses: Array, weights: Array) -> Array:
    """The augmented Tchebycheff loss of each row, `(n,)`.

    Args:
        losses: `(n, k)`, finite.
        weights: `(k,)`, not negative, of sum 1.
    """
    ideal, width = extent(losses)
    terms = weights * (losses - ideal) / width
    return np.asarray(terms.max(axis=1) + AUGMENTED * terms.sum(axis=1), dtype=np.float64)
