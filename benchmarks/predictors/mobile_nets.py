"""Mobile image classifiers written out: work of MobileNet v1, v2, v3 and EfficientNet-Lite.

Counted from their published tables of blocks, for one image. A block expands to `hidden` channels
(1x1), filters each channel (depthwise), may weigh the channels (squeeze and excite), and projects
(1x1). Widths are rounded to multiples of 8 and never by more than a tenth downward.

References:
    [Howard2017] A. Howard et al. MobileNets. arXiv:1704.04861.
    [Sandler2018] M. Sandler et al. MobileNetV2: Inverted Residuals and Linear Bottlenecks. CVPR.
    [Howard2019] A. Howard et al. Searching for MobileNetV3. ICCV.
    [Tan2019] M. Tan, Q. Le. EfficientNet. ICML; its Lite form: github.com/tensorflow/tpu.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import ceil

CLASSES = 1001  # with a background class

# [Howard2017] table 1: channels and stride of each depthwise separable block
V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2),
      (1024, 1))  # fmt: skip
# [Sandler2018] table 2: expansion, channels, repeats, stride
V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1))  # fmt: skip
# [Howard2019] tables 1 and 2: kernel, hidden, channels, squeeze and excite, stride
V3_LARGE = ((3, 16, 16, 0, 1), (3, 64, 24, 0, 2), (3, 72, 24, 0, 1), (5, 72, 40, 1, 2),
            (5, 120, 40, 1, 1), (5, 120, 40, 1, 1), (3, 240, 80, 0, 2), (3, 200, 80, 0, 1),
            (3, 184, 80, 0, 1), (3, 184, 80, 0, 1), (3, 480, 112, 1, 1), (3, 672, 112, 1, 1),
            (5, 672, 160, 1, 2), (5, 960, 160, 1, 1), (5, 960, 160, 1, 1))  # fmt: skip
V3_SMALL = ((3, 16, 16, 1, 2), (3, 72, 24, 0, 2), (3, 88, 24, 0, 1), (5, 96, 40, 1, 2),
            (5, 240, 40, 1, 1), (5, 240, 40, 1, 1), (5, 120, 48, 1, 1), (5, 144, 48, 1, 1),
            (5, 288, 96, 1, 2), (5, 576, 96, 1, 1), (5, 576, 96, 1, 1))  # fmt: skip
# [Tan2019] table 1: expansion, channels, repeats, stride, kernel; scaled by width and depth
LITE = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))  # fmt: skip
LITE_SCALES = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8))


@dataclass(frozen=True)
class Work:
    """Work of one image, or of a part of the network.

    Attributes:
        pointwise_macs: of 1x1 convolutions and the classifier.
        depthwise_macs: of depthwise convolutions.
        stem_macs: of the first convolution.
        parameters: weights without normalisation.
        elements: activations read and written.
        layers: kernels.
    """

    pointwise_macs: int = 0
    depthwise_macs: int = 0
    stem_macs: int = 0
    parameters: int = 0
    elements: int = 0
    layers: int = 0

    @property
    def macs(self) -> int:
        """All multiply-accumulates."""
        return self.pointwise_macs + self.depthwise_macs + self.stem_macs

    def __add__(self, other: Work) -> Work:
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in fields(Work))
        return Work(*sums)


def network_work(family: str, width: float, resolution: int) -> Work:
    """The work of a classifier.

    Args:
        family: as in the table of measurements (`mobilenet_v3_small_minimalistic`).
        width: multiplier of the channels; for EfficientNet-Lite its number, 0 to 4.
        resolution: of the square image, in pixels.

    >>> round(network_work("mobilenet_v1", 1.0, 224).macs / 1e6)
    569
    """
    if family == "mobilenet_v1":
        parts = _v1(width, resolution)
    elif family == "mobilenet_v2":
        parts = _v2(width, resolution)
    elif family == "efficientnet_lite":
        parts = _lite(int(width), resolution)
    else:
        parts = _v3(width, resolution, "small" in family, "minimalistic" in family)
    return sum(parts, Work())


def rounded(channels: float, divisor: int = 8) -> int:
    """Channels as the nearest multiple of the divisor that is not a tenth less."""
    near = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * channels else near


def _v1(width: float, side: int) -> Iterator[Work]:
    channels, side = int(32 * width), ceil(side / 2)
    yield _stem(channels, side)
    for wide, stride in V1:
        side = ceil(side / stride)
        yield _depthwise(channels, 3, side, stride)
        yield _pointwise(channels, int(wide * width), side)
        channels = int(wide * width)
    yield _pointwise(channels, CLASSES, 1)


def _v2(width: float, side: int) -> Iterator[Work]:
    channels, side = rounded(32 * width), ceil(side / 2)
    yield _stem(channels, side)
    for expansion, wide, repeats, stride in V2:
        for i in range(repeats):
            step, out = (stride if i == 0 else 1), rounded(wide * width)
            yield _block(channels, channels * expansion, out, 3, side, step)
            channels, side = out, ceil(side / step)
    head = rounded(1280 * max(1.0, width))
    yield _pointwise(channels, head, side)
    yield _pointwise(head, CLASSES, 1)


def _v3(width: float, side: int, small: bool, minimalistic: bool) -> Iterator[Work]:
    channels, side = 16, ceil(side / 2)
    yield _stem(channels, side)
    for kernel, wide, narrow, excite, stride in V3_SMALL if small else V3_LARGE:
        hidden, out = rounded(wide * width), rounded(narrow * width)
        kernel = 3 if minimalistic else kernel
        yield _block(channels, hidden, out, kernel, side, stride)
        if excite and not minimalistic:
            squeezed = rounded(hidden / 4)
            yield _pointwise(hidden, squeezed, 1) + _pointwise(squeezed, hidden, 1)
        channels, side = out, ceil(side / stride)
    last = rounded((576 if small else 960) * width)
    head = rounded((1024 if small else 1280) * max(1.0, width))
    yield _pointwise(channels, last, side)
    yield _pointwise(last, head, 1)
    yield _pointwise(head, CLASSES, 1)


def _lite(number: int, side: int) -> Iterator[Work]:
    width, depth = LITE_SCALES[number]
    channels, side = 32, ceil(side / 2)
    yield _stem(channels, side)
    for place, (expansion, wide, repeats, stride, kernel) in enumerate(LITE):
        fixed = place in (0, len(LITE) - 1)  # the Lite form scales neither its first nor last stage
        for i in range(repeats if fixed else ceil(repeats * depth)):
            step, out = (stride if i == 0 else 1), rounded(wide * width)
            yield _block(channels, channels * expansion, out, kernel, side, step)
            channels, side = out, ceil(side / step)
    yield _pointwise(channels, 1280, side)
    yield _pointwise(1280, CLASSES, 1)


def _block(channels: int, hidden: int, out: int, kernel: int, side: int, stride: int) -> Work:
    expand = _pointwise(channels, hidden, side) if hidden != channels else Work()
    after = ceil(side / stride)
    filtered = _depthwise(hidden, kernel, after, stride)
    return expand + filtered + _pointwise(hidden, out, after)


def _stem(channels: int, side: int) -> Work:
    weights = 27 * channels
    elements = (3 * 4 + channels) * side**2
    return Work(stem_macs=weights * side**2, parameters=weights, elements=elements, layers=1)


def _depthwise(channels: int, kernel: int, side: int, stride: int) -> Work:
    weights = kernel**2 * channels
    elements = channels * side**2 * (1 + stride**2)
    return Work(depthwise_macs=weights * side**2, parameters=weights, elements=elements, layers=1)


def _pointwise(channels: int, out: int, side: int) -> Work:
    weights = channels * out
    elements = (channels + out) * side**2
    return Work(pointwise_macs=weights * side**2, parameters=weights, elements=elements, layers=1)
