"""Engineering designs with learned constraints, each at most 0: vessel, beam and speed reducer.

Formulae and optima as in [Coello2002] (vessel 6059.714, beam 1.724852) and [Cagnina2008] (reducer
2996.348, whose fifth length starts at 7.3); each limit is divided by its own bound, so that all
are shares of it.

References:
    [Coello2002] C. Coello, E. Mezura. Constraint-handling in genetic algorithms through the use of
        dominance-based tournament selection. Adv. Eng. Informatics 16.
    [Cagnina2008] L. Cagnina et al. Solving engineering optimization problems with the simple
        constrained particle swarm optimizer. Informatica 32.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.search.functions import Limits, box, problem_of
from benchmarks.search.problem import Plain, Problem
from hyperwatt.constraints.domains import Array

PLATE_IN = 0.0625  # thickness comes in multiples of a sixteenth of an inch
LOAD_LB, LENGTH_IN = 6000.0, 14.0
YOUNG_PSI, SHEAR_PSI = 30e6, 12e6
MOST_SHEAR_PSI, MOST_STRESS_PSI, MOST_BENDING_IN = 13_600.0, 30_000.0, 0.25


def engineering_problems() -> Iterator[Problem]:
    """All three."""
    vessel: Plain = {
        "shell": {"type": "int", "low": 1, "high": 99},
        "head": {"type": "int", "low": 1, "high": 99},
        **box({"radius": (10.0, 200.0), "length": (10.0, 200.0)}),
    }
    beam = box(
        {"weld": (0.1, 2.0), "seam": (0.1, 10.0), "height": (0.1, 10.0), "width": (0.1, 2.0)}
    )
    reducer: Plain = {
        **box({"face": (2.6, 3.6), "module": (0.7, 0.8)}),
        "teeth": {"type": "int", "low": 17, "high": 28},
        **box({"l1": (7.3, 8.3), "l2": (7.3, 8.3), "d1": (2.9, 3.9), "d2": (5.0, 5.5)}),
    }
    yield problem_of(
        "pressure-vessel", "pressure vessel, cost [$]", vessel, vessel_cost, VESSEL, 6059.714335,
        vessel_arguments,
    )  # fmt: skip
    yield problem_of(
        "welded-beam", "welded beam, cost [$]", beam, beam_cost, BEAM, 1.724852, in_order
    )
    yield problem_of(
        "speed-reducer", "speed reducer, weight", reducer, reducer_weight, REDUCER, 2994.471066,
        in_order,
    )  # fmt: skip


def in_order(candidate: Mapping[str, Any]) -> Array:
    """Values in the order of the space."""
    names = ("weld", "seam", "height", "width", "face", "module", "teeth", "l1", "l2", "d1", "d2")
    return np.array([candidate[name] for name in names if name in candidate], dtype=np.float64)


def vessel_arguments(candidate: Mapping[str, Any]) -> Array:
    """Thicknesses in inches, then radius and length."""
    plates = (candidate["shell"] * PLATE_IN, candidate["head"] * PLATE_IN)
    return np.array([*plates, candidate["radius"], candidate["length"]], dtype=np.float64)


def vessel_cost(x: Array) -> float:
    """Material, forming and welding."""
    shell, head, radius, length = x
    cost = 0.6224 * shell * radius * length + 1.7781 * head * radius**2
    return float(cost + 3.1661 * shell**2 * length + 19.84 * shell**2 * radius)


VESSEL: Limits = {
    "shell_limit": lambda x: float(0.0193 * x[2] / x[0] - 1),
    "head_limit": lambda x: float(0.00954 * x[2] / x[1] - 1),
    "volume_limit": lambda x: float(
        1 - (math.pi * x[2] ** 2 * x[3] + 4 / 3 * math.pi * x[2] ** 3) / 1_296_000
    ),
}


def beam_cost(x: Array) -> float:
    """Weld and bar."""
    weld, seam, height, width = x
    return float(1.10471 * weld**2 * seam + 0.04811 * height * width * (14 + seam))


def _shear(x: Array) -> float:
    weld, seam, height, _ = x
    moment = LOAD_LB * (LENGTH_IN + seam / 2)
    arm2 = seam**2 / 4 + ((weld + height) / 2) ** 2
    polar = 2 * math.sqrt(2) * weld * seam * (seam**2 / 12 + ((weld + height) / 2) ** 2)
    direct = LOAD_LB / (math.sqrt(2) * weld * seam)
    turning = moment * math.sqrt(arm2) / polar
    mixed = 2 * direct * turning * seam / (2 * math.sqrt(arm2))
    return math.sqrt(direct**2 + mixed + turning**2)


def _buckling(x: Array) -> float:
    _, _, height, width = x
    stiff = 4.013 * YOUNG_PSI * math.sqrt(height**2 * width**6 / 36) / LENGTH_IN**2
    return float(stiff * (1 - height / (2 * LENGTH_IN) * math.sqrt(YOUNG_PSI / (4 * SHEAR_PSI))))


BEAM: Limits = {
    "shear_limit": lambda x: _shear(x) / MOST_SHEAR_PSI - 1,
    "stress_limit": lambda x: float(
        6 * LOAD_LB * LENGTH_IN / (x[3] * x[2] ** 2) / MOST_STRESS_PSI - 1
    ),
    "side_limit": lambda x: float(x[0] - x[3]),
    "cost_limit": lambda x: float(
        (0.10471 * x[0] ** 2 + 0.04811 * x[2] * x[3] * (14 + x[1])) / 5 - 1
    ),
    "weld_limit": lambda x: float(0.125 - x[0]),
    "bending_limit": lambda x: float(
        4 * LOAD_LB * LENGTH_IN**3 / (YOUNG_PSI * x[2] ** 3 * x[3]) / MOST_BENDING_IN - 1
    ),
    "buckling_limit": lambda x: 1 - _buckling(x) / LOAD_LB,
}


def reducer_weight(x: Array) -> float:
    """Of gears and shafts."""
    face, module, teeth, l1, l2, d1, d2 = x
    gears = 0.7854 * face * module**2 * (3.3333 * teeth**2 + 14.9334 * teeth - 43.0934)
    shafts = -1.508 * face * (d1**2 + d2**2) + 7.4777 * (d1**3 + d2**3)
    return float(gears + shafts + 0.7854 * (l1 * d1**2 + l2 * d2**2))


def _shaft_stress(x: Array, length: float, diameter: float, constant: float) -> float:
    turning = math.sqrt((745 * length / (x[1] * x[2])) ** 2 + constant)
    return float(turning / (0.1 * diameter**3))


REDUCER: Limits = {
    "bending_limit": lambda x: float(27 / (x[0] * x[1] ** 2 * x[2]) - 1),
    "contact_limit": lambda x: float(397.5 / (x[0] * x[1] ** 2 * x[2] ** 2) - 1),
    "first_bend_limit": lambda x: float(1.93 * x[3] ** 3 / (x[1] * x[2] * x[5] ** 4) - 1),
    "second_bend_limit": lambda x: float(1.93 * x[4] ** 3 / (x[1] * x[2] * x[6] ** 4) - 1),
    "first_stress_limit": lambda x: _shaft_stress(x, x[3], x[5], 16.9e6) / 1100 - 1,
    "second_stress_limit": lambda x: _shaft_stress(x, x[4], x[6], 157.5e6) / 850 - 1,
    "room_limit": lambda x: float(x[1] * x[2] / 40 - 1),
    "narrow_limit": lambda x: float(5 * x[1] / x[0] - 1),
    "wide_limit": lambda x: float(x[0] / (12 * x[1]) - 1),
    "first_length_limit": lambda x: float((1.5 * x[5] + 1.9) / x[3] - 1),
    "second_length_limit": lambda x: float((1.1 * x[6] + 1.9) / x[4] - 1),
}
