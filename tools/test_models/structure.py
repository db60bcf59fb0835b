"""Operators that move elements: Concat, Split, Slice, Pad, Gather, Transpose."""

import numpy as np

from .case import case


@case("concat", 13)
def concat(m):
    """Concat of one, two and three values along each axis, counted from either end, with constants."""
    a = m.input("a", ["N", 2, 3])
    b = m.input("b", ["N", 4, 3])
    m.result("Concat", [a], "one", axis=1)
    m.result("Concat", [a, b], "channels", axis=1)
    m.result("Concat", [a, a, a], "last", axis=-1)
    m.result("Concat", [a, a], "first", axis=0)
    joined = m.node("Concat", [b, a], "inner", axis=-2)
    m.result("Concat", [joined, a], "outer", axis=1)
    m.result(
        "Concat",
        [m.constant("left", m.random([2, 2])), m.constant("right", m.random([2, 1]))],
        "constants",
        axis=1,
    )
    m.result("Concat", [m.input("i", [2], np.int64), m.constant("j", [7])], "integers", axis=0)


@case("split-opset11", 11)
def split_opset11(m):
    """Split with its sizes as an attribute, or in equal parts."""
    x = m.input("x", ["N", 6, 5])
    m.result("Split", [x], "given", outputs=["g0", "g1", "g2"], axis=1, split=[1, 2, 3])
    m.result("Split", [x], "equal", outputs=["e0", "e1"], axis=-2)
    m.result("Split", [x], "last", outputs=["l0", "l1"], axis=2, split=[2, 3])
    m.result("Split", [m.input("f", [4, 2])], "first", outputs=["f0", "f1"])


@case("split-opset13", 13)
def split_opset13(m):
    """Split with its sizes as an input, or in equal parts; a part of size 0."""
    x = m.input("x", ["N", 6, 5])
    sizes = m.constant("sizes", [1, 2, 3])
    m.result("Split", [x, sizes], "given", outputs=["g0", "g1", "g2"], axis=1)
    m.result("Split", [x], "equal", outputs=["e0", "e1", "e2"], axis=1)
    parts = m.constant("parts", [0, 6])
    m.result("Split", [x, parts], "empty", outputs=["nothing", "all"], axis=1)


@case("split-opset18", 18)
def split_opset18(m):
    """Split into a number of outputs, the last of them smaller where it does not divide."""
    x = m.input("x", ["N", 7, 4])
    m.result("Split", [x], "uneven", outputs=["u0", "u1", "u2"], axis=1, num_outputs=3)
    m.result("Split", [x], "even", outputs=["e0", "e1"], axis=2, num_outputs=2)
    m.result("Split", [x, m.constant("sizes", [3, 4])], "given", outputs=["g0", "g1"], axis=1)


@case("slice-opset9", 9)
def slice_opset9(m):
    """Slice with its limits as attributes: negative, past the end, without axes."""
    x = m.input("x", ["N", 5, 6])
    m.result("Slice", [x], "middle", axes=[1, 2], starts=[1, 2], ends=[4, 5])
    m.result("Slice", [x], "negative", axes=[2], starts=[-4], ends=[-1])
    m.result("Slice", [x], "past-end", axes=[1], starts=[2], ends=[2**63 - 1])
    m.result("Slice", [x], "no-axes", starts=[0, 1, -2], ends=[1, 4, 100])
    m.result("Slice", [x], "before-start", axes=[2], starts=[-100], ends=[2])


@case("slice-inputs", 13)
def slice_inputs(m):
    """Slice with its limits as inputs: steps of both signs, left-out axes, int32 limits, empty."""
    x = m.input("x", ["N", 7, 6])
    largest, smallest = 2**63 - 1, -(2**63)
    variants = {
        "middle": ([1, 2], [4, 5], [1, 2], [1, 1]),
        "stepped": ([0, 1], [7, 6], [1, 2], [3, 2]),
        "backwards": ([-1], [smallest], [1], [-1]),
        "backwards-stepped": ([5, 4], [0, -6], [1, 2], [-2, -3]),
        "past-both-ends": ([100, -100], [smallest, largest], [1, 2], [-3, 4]),
        "negative-axis": ([1], [-1], [-1], [2]),
        "nothing": ([3], [3], [1], [1]),
        "large-step": ([1], [largest], [1], [largest]),
    }
    for name, (starts, ends, axes, steps) in variants.items():
        parts = {"starts": starts, "ends": ends, "axes": axes, "steps": steps}
        m.result("Slice", [x, *(m.constant(f"{name}.{k}", v) for k, v in parts.items())], name)
    starts, ends = m.constant("plain.starts", [0, 2]), m.constant("plain.ends", [1, 5])
    m.result("Slice", [x, starts, ends], "no-axes")
    steps = m.constant("plain.steps", [1, 2])
    m.result("Slice", [x, starts, ends, "", steps], "steps-without-axes")
    small = [m.constant(f"small.{i}", [v], np.int32) for i, v in enumerate((1, -1, 1, 2))]
    m.result("Slice", [x, *small], "int32")


@case("pad-opset7", 7)
def pad_opset7(m):
    """Pad with its sizes as an attribute: constant, reflect, edge, and negative sizes, which crop."""
    x = m.input("x", ["N", 2, 4, 5])
    m.result("Pad", [x], "zeros", pads=[0, 0, 1, 2, 0, 0, 2, 0])
    m.result("Pad", [x], "value", pads=[0, 1, 0, 0, 0, 0, 0, 1], value=1.5, mode="constant")
    m.result("Pad", [x], "reflect", pads=[0, 0, 2, 1, 0, 0, 1, 3], mode="reflect")
    m.result("Pad", [x], "edge", pads=[0, 0, 2, 0, 0, 0, 1, 3], mode="edge")
    m.result("Pad", [x], "crop", pads=[0, 0, -1, 1, 0, 0, 0, -2])


@case("pad-inputs", 18)
def pad_inputs(m):
    """Pad with its sizes as an input: constant, reflect, edge, with axes, with a value, integers."""
    x = m.input("x", ["N", 2, 4, 5])
    pads = m.constant("pads", [0, 0, 2, 1, 0, 0, 1, 3])
    value = m.constant("half", np.float32(-0.5))
    m.result("Pad", [x, pads], "zeros")
    m.result("Pad", [x, pads, value], "value", mode="constant")
    m.result("Pad", [x, pads], "reflect", mode="reflect")
    m.result("Pad", [x, pads], "edge", mode="edge")
    some, axes = m.constant("some", [1, 0, 2, 3]), m.constant("chosen", [3, -2])
    m.result("Pad", [x, some, value, axes], "axes")
    m.result("Pad", [x, some, "", axes], "axes-edge", mode="edge")
    m.result("Pad", [x, m.constant("crop-sizes", [0, 0, -1, 1, 0, 0, 0, -2])], "crop")
    whole = m.input("whole", [2, 3], np.int64)
    m.result(
        "Pad",
        [whole, m.constant("around", [1, 1, 0, 2]), m.constant("nine", np.int64(9))],
        "integers",
    )


@case("pad-conv", 13)
def pad_conv(m):
    """Pad before Conv and pools, where it may be folded into the layer, or may not."""
    x = m.input("x", ["N", 2, 5, 5])
    pads = m.constant("pads", [0, 0, 1, 1, 0, 0, 2, 0])
    zeros = m.node("Pad", [x, pads], "zeros")
    m.output(m.conv(zeros, "conv", [3, 2, 3, 3]))
    m.result("MaxPool", [zeros], "max-pool", kernel_shape=[3, 3])
    ones = m.node("Pad", [x, pads, m.constant("one", np.float32(1))], "ones")
    m.output(m.conv(ones, "conv-of-ones", [3, 2, 3, 3], pads=[1] * 4))
    edge = m.node("Pad", [x, pads], "edge", mode="edge")
    m.output(m.conv(edge, "conv-of-edge", [3, 2, 3, 3]))


@case("gather", 13)
def gather(m):
    """Gather along each axis, with one index, with many, with negative ones, from constants."""
    x = m.input("x", ["N", 4, 5])
    m.result("Gather", [x, m.constant("some", [0, 3, 1, 1])], "some-1", axis=1)
    m.result("Gather", [x, m.constant("negative", [-1, -5, 2])], "negative-2", axis=-1)
    m.result("Gather", [x, m.constant("one", np.int64(1))], "one-0")
    m.result("Gather", [x, m.constant("square", [[0, 1], [2, 3]])], "square-1", axis=1)
    table = m.constant("table", m.random([10, 3]))
    indices = m.input("indices", ["N", 4], np.uint8)
    whole = m.node("Cast", [indices], "whole", to=6)
    m.result("Gather", [table, whole], "embedding")


@case("transpose", 13)
def transpose(m):
    """Transpose: every axis reversed by default, and given orders, also of a single axis."""
    x = m.input("x", ["N", 2, 3, 4])
    m.result("Transpose", [x], "reversed")
    m.result("Transpose", [x], "to-last", perm=[0, 2, 3, 1])
    m.result("Transpose", [x], "same", perm=[0, 1, 2, 3])
    back = m.node("Transpose", ["to-last"], "back", perm=[0, 3, 1, 2])
    m.output(m.conv(back, "conv", [3, 2, 3, 3]))
    m.result("Transpose", [m.input("v", [4])], "one-axis")
    m.result("Transpose", [m.input("i", [2, 3], np.int64)], "integers", perm=[1, 0])
