"""Convolutions."""

import numpy as np

from .case import case


@case("conv-1d", 11)
def conv_1d(m):
    """Conv over one axis: stride, pads, dilation, groups, no bias."""
    x = m.input("x", ["N", 4, 17])
    m.output(
        m.conv(x, "plain", [3, 4, 3]),
        m.conv(x, "strided", [3, 4, 5], strides=[2], pads=[1, 2]),
        m.conv(x, "dilated", [3, 4, 3], dilations=[3], pads=[3, 3]),
        m.conv(x, "grouped", [6, 2, 3], group=2),
        m.conv(x, "pointwise", [5, 4, 1], bias=False),
        m.conv(x, "whole", [2, 4, 17]),
    )


@case("conv-2d", 17)
def conv_2d(m):
    """Conv over two axes: strides, unequal pads, dilations, kernel shape left out, no bias."""
    x = m.input("x", ["N", 3, 9, 10])
    m.output(
        m.conv(x, "plain", [4, 3, 3, 3], kernel_shape=[3, 3]),
        m.conv(x, "strided", [4, 3, 3, 3], strides=[2, 3], pads=[1, 0, 2, 1]),
        m.conv(x, "dilated", [2, 3, 3, 3], dilations=[2, 3]),
        m.conv(x, "dilated-strided", [2, 3, 2, 3], dilations=[3, 2], strides=[2, 2], pads=[2] * 4),
        m.conv(x, "pointwise", [5, 3, 1, 1], bias=False),
        m.conv(x, "pointwise-strided", [5, 3, 1, 1], strides=[2, 2]),
        m.conv(x, "flat-kernel", [2, 3, 1, 5], auto_pad="NOTSET", pads=[0, 2, 0, 2]),
        m.conv(x, "whole", [1, 3, 9, 10]),
        m.conv(x, "more-pads-than-kernel", [2, 3, 2, 2], pads=[3, 2, 4, 3], strides=[3, 3]),
    )


@case("conv-groups", 17)
def conv_groups(m):
    """Grouped and depthwise Conv, with a multiplier, strides and dilations."""
    x = m.input("x", ["N", 8, 7, 7])
    m.output(
        m.conv(x, "two-groups", [6, 4, 3, 3], group=2),
        m.conv(x, "four-groups", [8, 2, 3, 3], group=4, pads=[1] * 4, strides=[2, 2]),
        m.conv(x, "depthwise", [8, 1, 3, 3], group=8, pads=[1] * 4),
        m.conv(x, "depthwise-times-two", [16, 1, 3, 3], group=8, strides=[2, 2], bias=False),
        m.conv(x, "depthwise-dilated", [8, 1, 3, 3], group=8, dilations=[2, 2]),
        m.conv(x, "grouped-pointwise", [4, 4, 1, 1], group=2),
    )


@case("conv-auto-pad", 11)
def conv_auto_pad(m):
    """Every auto_pad with odd and even kernels and with strides."""
    x = m.input("x", ["N", 2, 7, 8])
    variants = {
        "odd": ([3, 3], {}),
        "even": ([4, 2], {}),
        "odd-strided": ([3, 3], {"strides": [2, 2]}),
        "even-strided": ([4, 4], {"strides": [3, 2]}),
        "strided-past-kernel": ([1, 2], {"strides": [3, 4]}),
    }
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        for name, (kernel, attributes) in variants.items():
            name = f"{mode.lower().replace('_', '-')}-{name}"
            m.output(m.conv(x, name, [1, 2, *kernel], auto_pad=mode, **attributes))


@case("conv-auto-pad-1d", 11)
def conv_auto_pad_1d(m):
    """auto_pad over one axis, and VALID with dilations."""
    x = m.input("x", ["N", 2, 12])
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        name = mode.lower().replace("_", "-")
        m.output(m.conv(x, f"{name}-even", [2, 2, 4], auto_pad=mode))
        m.output(m.conv(x, f"{name}-strided", [2, 2, 4], auto_pad=mode, strides=[3]))
    m.output(m.conv(x, "valid-dilated", [2, 2, 4], auto_pad="VALID", dilations=[2]))


@case("conv-grouped-tall", 17, sizes=({"N": 1},))
def conv_grouped_tall(m):
    """Three groups of 270 rows each, taller than a crossbar."""
    x = m.input("x", ["N", 90, 4, 4])
    m.output(m.conv(x, "tall", [6, 30, 3, 3], group=3))


@case("conv-grouped-narrow", 17, sizes=({"N": 1},))
def conv_grouped_narrow(m):
    """Many groups that together exceed a crossbar: 40 of 18 rows and 2 columns."""
    x = m.input("x", ["N", 80, 3, 3])
    m.output(m.conv(x, "narrow", [80, 2, 3, 3], group=40, pads=[1] * 4))


@case("conv-tall-and-wide", 17, sizes=({"N": 1},))
def conv_tall_and_wide(m):
    """288 rows and 264 columns, the weights computed from constants in the graph."""
    x = m.input("x", ["N", 32, 4, 4])
    left = m.constant("left", m.random([264, 2]))
    right = m.constant("right", m.random([2, 288], scale=1 / 24))
    flat = m.node("MatMul", [left, right], "flat-weight")
    shape = m.constant("shape", [264, 32, 3, 3])
    weight = m.node("Reshape", [flat, shape], "weight")
    m.result("Conv", [x, weight], "conv", strides=[2, 2])


@case("conv-dynamic-weight", 17)
def conv_dynamic_weight(m):
    """Weights and bias that are graph inputs, so that nothing can be stored on a crossbar."""
    x = m.input("x", ["N", 3, 6, 6])
    weight = m.input("weight", [4, 3, 3, 3], scale=0.2)
    bias = m.input("bias", [4])
    m.result("Conv", [x, weight, bias], "conv", pads=[1, 1, 1, 1])


@case("conv-bias-forms", 17)
def conv_bias_forms(m):
    """Conv with its bias added afterwards, scaled afterwards, and with an empty bias name."""
    x = m.input("x", ["N", 2, 6, 6])
    conv = m.conv(x, "conv", [3, 2, 3, 3], bias=False)
    m.result("Add", [conv, m.constant("bias", m.random([3, 1, 1]))], "biased")
    scaled = m.conv(x, "to-scale", [3, 2, 3, 3])
    scaled = m.node("Mul", [m.constant("scale", m.random([1, 3, 1, 1])), scaled], "scaled")
    m.result("Sub", [scaled, m.constant("shift", np.float32(0.25))], "shifted")
    weight = m.weight("unbiased.weight", [3, 2, 3, 3])
    m.result("Conv", [x, weight, ""], "unbiased")


def transposed(m, x, variants):
    """A ConvTranspose of x for the shape of the weights and the attributes of each variant, every other with a bias."""
    for index, (name, (shape, attributes)) in enumerate(variants.items()):
        operands = [x, m.weight(f"{name}.weight", shape, rows=8)]
        if index % 2 == 0:
            operands.append(m.constant(f"{name}.bias", m.random([shape[1]], scale=0.2)))
        m.output(m.node("ConvTranspose", operands, name, **attributes))


@case("conv-transpose", 11, sizes=({"N": 1},))
def conv_transpose(m):
    """ConvTranspose: strides, pads, dilations, phases without a tap, every auto_pad."""
    x = m.input("x", ["N", 2, 3, 4])
    variants = {
        "plain": ([2, 3, 3, 3], {}),
        "strided": ([2, 2, 4, 4], {"strides": [2, 2], "pads": [1] * 4}),
        "unequal": ([2, 2, 3, 5], {"strides": [3, 2], "pads": [0, 1, 2, 1]}),
        "longer": ([2, 2, 3, 3], {"strides": [2, 2], "pads": [1] * 4, "output_padding": [1, 1]}),
        "sparse": ([2, 2, 2, 1], {"strides": [3, 4]}),
        "dilated": ([2, 2, 3, 2], {"strides": [2, 3], "dilations": [2, 2]}),
        "upper": ([2, 2, 3, 4], {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        "lower": ([2, 2, 3, 4], {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
        "valid": ([2, 2, 3, 2], {"strides": [2, 3], "auto_pad": "VALID"}),
    }
    transposed(m, x, variants)


@case("conv-transpose-open", 11, sizes=({"N": 1, "H": 3, "W": 4},))
def conv_transpose_open(m):
    """ConvTranspose with output_shape, of an image whose size the model leaves open."""
    # onnx's evaluator cannot cut off an odd number of positions.
    m.compared = False
    x = m.input("x", ["N", 2, "H", "W"])
    variants = {
        "plain": ([2, 3, 3, 3], {"strides": [2, 2], "output_shape": [6, 9]}),
        "even": ([2, 2, 4, 3], {"strides": [2, 3], "output_shape": [5, 9]}),
        "upper": (
            [2, 2, 3, 4], {"strides": [2, 2], "output_shape": [6, 7], "auto_pad": "SAME_UPPER"}),
        "lower": (
            [2, 2, 3, 4], {"strides": [2, 2], "output_shape": [6, 7], "auto_pad": "SAME_LOWER"}),
        "beyond": ([2, 2, 1, 1], {"strides": [3, 3], "output_shape": [9, 12]}),
        "longer": (
            [2, 2, 2, 3], {"strides": [3, 2], "output_shape": [7, 8], "output_padding": [1, 1]}),
    }
    transposed(m, x, variants)
