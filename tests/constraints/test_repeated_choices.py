"""Choices that are made several times are counted."""

import numpy as np

from hyperwatt.constraints.domains import Choice, Int
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.repeated_choices import count_names, counts
from hyperwatt.constraints.space import Parameter, Space

OPS = ("none", "conv", "pool")
CELL = Space.of(
    [
        Parameter("edge1", Choice(OPS)),
        Parameter("edge2", Choice(OPS)),
        Parameter("edge3", Choice(OPS), when={"edge1": ("conv",)}),
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("width", Int(1, 4)),
    ]
)


def test_each_value_is_counted_over_all_parameters_that_share_it() -> None:
    candidate = {"edge1": "conv", "edge2": "pool", "edge3": "conv", "optimizer": "sgd", "width": 2}

    counted = counts(CELL, CELL.encode([candidate]), CELL.names)

    assert count_names(CELL, CELL.names) == ("number of none", "number of conv", "number of pool")
    assert counted.tolist() == [[0, 2, 1]]


def test_a_parameter_that_does_not_exist_is_not_counted() -> None:
    candidate = {"edge1": "pool", "edge2": "pool", "optimizer": "sgd", "width": 2}

    assert counts(CELL, CELL.encode([candidate]), CELL.names).sum() == 2


def test_the_counts_of_a_point_do_not_depend_on_which_edge_has_what() -> None:
    units = CELL.sample(200, np.random.default_rng(0))
    swapped = units[:, [0, 1, 2, 3, 4]].copy()
    edges = [CELL.names.index("edge1"), CELL.names.index("edge2")]
    swapped[:, edges] = units[:, edges[::-1]]

    assert np.array_equal(counts(CELL, units, CELL.names), counts(CELL, swapped, CELL.names))


def test_what_is_chosen_once_or_does_not_shape_the_network_is_not_counted() -> None:
    units = CELL.sample(3, np.random.default_rng(0))

    assert counts(CELL, units, {"edge1", "optimizer", "width"}).shape == (3, 0)


def test_an_encoding_has_as_many_names_as_columns() -> None:
    for counted in (False, True):
        encoding = StructuralEncoding(CELL, frozenset(CELL.names), counted=counted)
        units = CELL.sample(4, np.random.default_rng(0))

        assert encoding.quick(units).shape == (4, len(encoding.names))
