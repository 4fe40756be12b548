"""What measured networks do, traced without a device, as rows for predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.cost_models import CostModels, CostRow, CostTable
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.errors import NetworkError
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.traced_encoding import TracedEncoding
from hyperwatt.constraints.tracing.kernels import GPU, Kernels, kernels_of_this_cpu
from hyperwatt.constraints.tracing.request import TrainingStep
from hyperwatt.constraints.tracing.trace import trace_network
from hyperwatt.constraints.tracing.work_features import WORK_FEATURES, work_features
from hyperwatt.workers.candidate_network import Loss, OptimizerBuilder
from hyperwatt.workers.networks.registry import find_family
from hyperwatt.workers.training_parameters import TrainingParameters

from .measured_network import values_of
from .random_networks import space_of
from .subject import Subject

PHASES = ("inference", "training")
NAMES = tuple(f"{phase}.{name}" for phase in PHASES for name in WORK_FEATURES)


def work_of(subject: Subject, device: str) -> Array:
    """Traced work of both phases, `(14,)`, columns as in `NAMES`; remembered.

    Raises:
        NetworkError: if it cannot be traced.
    """
    return _work(subject.to_text(), device)


def table_of(pieces: Sequence[Mapping[str, Any]]) -> CostTable:
    """Measured networks of one space, as a sweep would hold them; what is flagged is left out."""
    table = CostTable()
    for piece in pieces:
        measured = {metric: values_of(piece, metric) for metric in piece["measured"]}
        costs = {metric: value for metric, value in measured.items() if value is not None}
        candidate = Candidate(piece["subject"]["candidate"])
        table = table.with_row(CostRow(candidate, costs))
    return table


def models_of(group: str, pieces: Sequence[Mapping[str, Any]], device: str) -> CostModels:
    """Cost models that see hyper-parameters and traced work of measured networks of one space."""
    space = space_of(group)
    subjects = [Subject.from_dict(piece["subject"]) for piece in pieces]
    known = {Candidate(subject.candidate).key: subject for subject in subjects}
    family = find_family(subjects[0].network["family"])
    structural = StructuralEncoding(space, family.structural_names())

    def trace(units: Array) -> Array | None:
        subject = known.get(space.candidate(units).key)
        try:
            return None if subject is None else work_of(subject, device)
        except NetworkError:
            return None

    encoding = TracedEncoding(structural, NAMES, trace, seed=0)
    return CostModels(space, encoding, lambda metric: LinearRecipe())


@lru_cache(maxsize=1024)
def _work(text: str, device: str) -> Array:
    subject = Subject.from_text(text)
    parameters = TrainingParameters.of(dict(subject.candidate), subject.batch_size)
    step = TrainingStep(
        OptimizerBuilder(parameters), loss=Loss(parameters), batch_size=subject.batch_size
    )
    trace = trace_network(
        subject.build,
        tuple(subject.input_shape),
        batch_size=subject.batch_size,
        training=step,
        kernels=_kernels(device),
    )
    assert trace.training is not None  # it was asked for
    rows = [work_features(work).values() for work in (trace.inference, trace.training)]
    return np.array([value for row in rows for value in row])


@lru_cache(maxsize=4)
def _kernels(device: str) -> Kernels:
    return replace(kernels_of_this_cpu(), threads=1) if device == "cpu" else GPU
