"""What each aten operator is: a view, mere allocation, or work of some kind.

A backward operator is of the kind of its forward one, an in-place or list operator
(`_foreach_add_`) of the kind of the plain one. An operator that is in no table and that torch
itself does not call pointwise or a reduction is of the kind `other`, and is told to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch._ops import OpOverload

RESHAPE = "reshape"
OTHER = "other"

NAMES = {
    "conv": "convolution _convolution convolution_overrideable mkldnn_convolution",
    "matmul": "mm addmm bmm baddbmm addbmm mv addmv dot vdot addr _scaled_mm",
    "attention": (
        "_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_efficient_attention "
        "_scaled_dot_product_flash_attention _scaled_dot_product_cudnn_attention "
        "_flash_attention_forward _efficient_attention_forward"
    ),
    "recurrent": "mkldnn_rnn_layer _cudnn_rnn _thnn_fused_lstm_cell _thnn_fused_gru_cell",
    "pool": (
        "max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d "
        "adaptive_avg_pool1d _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d "
        "adaptive_max_pool3d fractional_max_pool2d fractional_max_pool3d max_unpool2d max_unpool3d"
    ),
    "norm": (
        "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training "
        "_batch_norm_with_update cudnn_batch_norm native_layer_norm native_group_norm "
        "_fused_rms_norm linalg_vector_norm renorm _weight_norm_interface"
    ),
    "embedding": "embedding embedding_dense _embedding_bag _embedding_bag_forward_only",
    "activation": (
        "relu gelu silu mish sigmoid tanh hardtanh hardswish hardsigmoid leaky_relu elu softplus "
        "_prelu_kernel _softmax _softmax_data _log_softmax _log_softmax_data _safe_softmax "
        "threshold native_dropout log_sigmoid_forward log_sigmoid glu rrelu_with_noise softshrink "
        "hardshrink celu selu"
    ),
    "elementwise": (
        "nll_loss nll_loss_forward nll_loss2d nll_loss2d_forward mse_loss smooth_l1_loss "
        "huber_loss binary_cross_entropy sum mean prod amax amin max min argmax argmin any all "
        "var std var_mean std_mean logsumexp cumsum cumprod bernoulli uniform normal random "
        "normal_functional rand randn rand_like randn_like randint randperm zero fill zeros "
        "zeros_like ones ones_like full full_like new_zeros new_ones new_full arange linspace eye "
        "scalar_tensor tril triu one_hot lerp addcmul addcdiv norm _local_scalar_dense"
    ),
    "reshape": (
        "cat stack clone copy _to_copy index index_select index_put _index_put_impl gather "
        "scatter scatter_add index_add index_copy slice_scatter select_scatter slice select "
        "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d "
        "replication_pad2d replication_pad3d upsample_nearest1d upsample_nearest2d "
        "upsample_nearest3d upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d "
        "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle roll flip repeat "
        "repeat_interleave im2col col2im unfold masked_fill masked_scatter where fold resize set"
    ),
}
KINDS = {name: kind for kind, names in NAMES.items() for name in names.split()}
UNMARKED_VIEWS = frozenset(
    {"_unsafe_view", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk", "lift", "alias"}
)
ALLOCATIONS = frozenset(
    {"empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided"}
)
BACKWARD_ENDINGS = ("_backward_data", "_dense_backward", "_backward")
SIMPLE_TAGS = ("pointwise", "reduction")  # torch's own word
OVER_LISTS = ("_foreach_", "_fused_")  # an optimiser's, on all parameters at once
READING_TAGS = ("data_dependent_output", "dynamic_output_shape")
READ_ONLY_FLAGS = frozenset({"index"})  # only with an index of flags


@dataclass(frozen=True)
class Operator:
    """What is known of an operator, whatever its arguments.

    Attributes:
        name: without `aten::`, overload and what marks it as in-place.
        kind: as a layer's, `matmul` also for what a linear layer calls.
        counted: whether it is an operation at all: no view, no mere allocation, no marker.
        known: whether its class is known.
        reads_values: whether what it gives, or its shape, depends on the values it takes.
    """

    name: str
    kind: str
    counted: bool
    known: bool
    reads_values: bool = False


@cache
def operator_of(function: OpOverload) -> Operator:
    """What is known of an operator of torch's dispatcher."""
    namespace, name = function._schema.name.split("::")
    base = plain_name(name)
    tags = {tag.name for tag in function.tags}
    is_view = function.is_view or "inplace_view" in tags or base in UNMARKED_VIEWS
    if namespace == "profiler" or is_view or base in ALLOCATIONS:
        return Operator(base, RESHAPE, counted=False, known=True)
    kind = KINDS.get(base) if namespace == "aten" else None
    if kind is None and (not tags.isdisjoint(SIMPLE_TAGS) or name.startswith(OVER_LISTS)):
        kind = "elementwise"
    full = base if namespace == "aten" else f"{namespace}::{name}"
    reads = not tags.isdisjoint(READING_TAGS) and base not in READ_ONLY_FLAGS
    return Operator(full, kind or OTHER, True, kind is not None, reads)


def plain_name(name: str) -> str:
    """An operator's name without what tells variants of it apart.

    >>> plain_name("relu_"), plain_name("_foreach_addcmul_"), plain_name("gelu_backward")
    ('relu', 'addcmul', 'gelu')
    >>> plain_name("_log_softmax_backward_data"), plain_name("embedding_dense_backward")
    ('_log_softmax', 'embedding')
    """
    base = name.removeprefix("_foreach_").removesuffix("_")
    for ending in BACKWARD_ENDINGS:
        if base.endswith(ending):
            return base.removesuffix(ending)
    return base
