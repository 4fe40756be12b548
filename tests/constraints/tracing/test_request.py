import subprocess
import sys

import pytest

from hyperwatt.constraints.tracing.request import Input, as_inputs


def test_short_forms_mean_the_same() -> None:
    assert as_inputs([3, 8]) == as_inputs(Input((3, 8))) == as_inputs([Input((3, 8))])
    assert as_inputs([Input((3,)), Input((), "int64")])[1].shape == ()


@pytest.mark.parametrize("bad", [(3, 0), (-1,), (3, 2.5), ("3",), [Input((0,))]])
def test_sides_are_whole_numbers_from_one(bad: object) -> None:
    with pytest.raises(ValueError, match=r"`input_shape` must have whole sides from 1"):
        as_inputs(bad)  # type: ignore[arg-type]


def test_asking_for_a_trace_imports_no_torch() -> None:
    code = "import sys, hyperwatt.constraints.tracing.tracer as _; print('torch' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
