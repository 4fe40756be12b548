"""The cost of one kind of layer, learned from its amounts of work; the form chosen by rows left out.

Where NeuralPower's polynomial minimises squared seconds, so that small layers hardly count, this
minimises relative errors: a roofline or a quadratic in logarithms gives the mean, and learners make
out what it leaves. The best form, or the geometric mean of the best two or three, is kept.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..cross_validation import distinct_folds, rmspe
from ..domains import Array
from ..learners import Boosting, Learner, Trees
from ..log_forms import Form, LogModel, joint_spread, spread_factor
from ..log_linear import LogLinearRecipe
from ..predictor import Prediction
from ..roofline import RooflineRecipe
from ..row_checks import check_rows
from ..seen_range import SeenRange
from .columns import check_kind
from .layer_learners import PatientProcess, RelativeBoosting
from .layer_work import layer_work

LEAST_ROWS = 10  # fewer cannot tell forms apart
CHOICE_FOLDS = 5  # a process costs the cube of its rows, so not ten
TOGETHER = 3  # forms in a geometric mean; pooling time: 4.85 % by 2, 4.82 by 3, 4.84 by 4


@dataclass(frozen=True, eq=False)
class Choice:
    """What rows left out have chosen.

    Attributes:
        forms: one, or several whose geometric mean is taken.
        factors: that make the spread of each true.
        factor: that makes their joint spread true.
        error: RMSPE of rows left out, as a share.
    """

    forms: tuple[Form, ...]
    factors: tuple[float, ...]
    factor: float
    error: float

    @property
    def name(self) -> str:
        """Of the forms."""
        return " and ".join(form.name for form in self.forms)


@dataclass(frozen=True, eq=False)
class LearnedLayer:
    """A fitted cost of one kind of layer.

    Attributes:
        kind: `conv`, `dense` or `pool`.
        model: from amounts of work to the cost.
        seen: range of the raw columns in the fit.
    """

    kind: str
    model: LogModel
    seen: SeenRange

    def predict(self, features: Array) -> Prediction:
        """`features` are raw columns, see `COLUMNS`."""
        prediction = self.model.predict(layer_work(self.kind, features))
        outside = prediction.extrapolated | self.seen.outside(features)
        return Prediction(prediction.mean, prediction.std, outside)

    def describe(self) -> str:
        """Kind and chosen form."""
        return f"{self.kind} layers: {self.model.describe()}"


@dataclass(frozen=True)
class LearnedLayerRecipe:
    """Chooses a form by cross-validation and fits it on all rows.

    Attributes:
        kind: `conv`, `dense` or `pool`.
        name: in stored predictors.
        version: of the fit.
    """

    kind: str
    name: str = "learned-layer"
    version: int = 1

    def __post_init__(self) -> None:
        check_kind(self.kind)

    def fit(self, features: Array, costs: Array) -> LearnedLayer:
        """Fit every form on all but a fold, keep the best, fit it on all rows."""
        return self.fit_chosen(self.choose(features, costs), features, costs)

    def choose(self, features: Array, costs: Array) -> Choice:
        """The form to be fitted, or the several whose geometric mean is to be taken.

        Raises:
            ValueError: if rows are not layers of this kind, too few, or a cost is not positive.
        """
        work = layer_work(self.kind, features)
        check_rows(work, costs, least=LEAST_ROWS, logs=True)
        folds = distinct_folds(work, CHOICE_FOLDS)
        forms = [form.conditioned(work, costs) for form in _forms(len(costs))]
        tried = [form.cross_predict(work, costs, folds) for form in forms]
        errors = [rmspe(np.exp(logs), costs) for logs, _ in tried]
        ranked = [int(i) for i in np.argsort(errors, kind="stable")[:TOGETHER]]
        groups = [ranked[: n + 1] for n in range(len(ranked))]
        choices = [
            _choice([forms[i] for i in group], [tried[i] for i in group], costs) for group in groups
        ]
        return min(choices, key=lambda choice: choice.error)

    def fit_chosen(self, choice: Choice, features: Array, costs: Array) -> LearnedLayer:
        """Fit what `choose` has chosen, perhaps from other rows."""
        work = layer_work(self.kind, features)
        fitted = [form.fit(work, costs) for form in choice.forms]
        model = LogModel(
            forms=tuple(zip(fitted, choice.factors, strict=True)),
            factor=choice.factor,
            seen=SeenRange.of(work),
            called=choice.name,
            rows=len(costs),
        )
        return LearnedLayer(self.kind, model, SeenRange.of(features))


def _choice(forms: list[Form], tried: list[tuple[Array, Array]], costs: Array) -> Choice:
    factors = [spread_factor(np.log(costs), logs, spread) for logs, spread in tried]
    logs = np.mean([logs for logs, _ in tried], axis=0)
    spread = joint_spread([spread for _, spread in tried], factors)
    factor = spread_factor(np.log(costs), logs, spread)
    return Choice(tuple(forms), tuple(factors), factor, rmspe(np.exp(logs), costs))


def _forms(rows: int) -> Iterator[Form]:
    """Forms to compete, the simplest first; learners enter by their own least number of rows."""
    roofline, quadratic = RooflineRecipe(None), LogLinearRecipe(2)
    yield from (Form(mean, None) for mean in (roofline, LogLinearRecipe(1), quadratic))
    ratios: tuple[Learner, ...] = (Boosting(), RelativeBoosting())
    alone: tuple[Learner, ...] = (PatientProcess(), Trees(), Boosting())
    yield from (Form(roofline, learner) for learner in ratios if rows >= learner.least_rows)
    yield from (
        Form(quadratic, learner)
        for learner in (PatientProcess(), *ratios)
        if rows >= learner.least_rows
    )
    yield from (Form(None, learner) for learner in alone if rows >= learner.least_rows)
