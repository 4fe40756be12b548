import pytest
import torch

from hyperwatt.constraints.tracing.operators import operator_of

aten = torch.ops.aten


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (aten.convolution_backward.default, "conv"),
        (aten.addmm.default, "matmul"),
        (aten.native_batch_norm_backward.default, "norm"),
        (aten._foreach_add_.Scalar, "elementwise"),
        (aten.hypot.default, "elementwise"),
        (aten.embedding_dense_backward.default, "embedding"),
        (aten._log_softmax_backward_data.default, "activation"),
        (aten.upsample_nearest2d.default, "reshape"),
        (aten.fft_fft.default, "other"),
    ],
)
def test_operators_have_the_kind_of_their_plain_form(function: object, kind: str) -> None:
    operator = operator_of(function)  # type: ignore[arg-type]

    assert operator.kind == kind
    assert operator.counted
    assert operator.known == (kind != "other")


@pytest.mark.parametrize(
    "function",
    [
        aten.view.default,
        aten.t.default,
        aten.transpose_.default,
        aten._unsafe_view.default,
        aten.detach.default,
        aten.empty.memory_format,
    ],
)
def test_views_and_allocations_are_no_operations(function: object) -> None:
    assert not operator_of(function).counted  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [aten.nonzero.default, aten._local_scalar_dense.default])
def test_operators_that_read_values_are_known(function: object) -> None:
    assert operator_of(function).reads_values  # type: ignore[arg-type]
    assert not operator_of(aten.index.Tensor).reads_values
