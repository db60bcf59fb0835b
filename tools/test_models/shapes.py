"""Shapes: Reshape and its kin, constants, reductions, and arithmetic on shapes."""

import numpy as np
from onnx import numpy_helper

from .case import case


@case("reshape", 13)
def reshape(m):
    """Reshape with 0 and -1, of a symbolic batch."""
    x = m.input("x", ["N", 3, 4])
    for name, shape in {
        "to-matrix": [0, -1],
        "keep-two": [0, 0, 2, 2],
        "split": [-1, 2, 6],
        "all": [-1],
        "merge": [-1, 4],
    }.items():
        m.result("Reshape", [x, m.constant(f"{name}.shape", shape)], name)
    m.result(
        "Reshape", [m.input("one", [1, 1]), m.constant("no-axes", np.zeros(0, np.int64))], "scalar"
    )


@case("reshape-allowzero", 14)
def reshape_allowzero(m):
    """Reshape with allowzero, where 0 means no elements, and without."""
    x = m.input("x", [0, 3])
    shape = m.constant("shape", [3, 0])
    m.result("Reshape", [x, shape], "zero-is-zero", allowzero=1)
    y = m.input("y", [3, 4])
    m.result("Reshape", [y, m.constant("copy", [0, 2, 2])], "zero-copies", allowzero=0)


@case("flatten", 13)
def flatten(m):
    """Flatten at every axis, counted from either end."""
    x = m.input("x", ["N", 3, 2, 2])
    m.result("Flatten", [x], "default")
    for axis in (0, 2, 3, 4, -1, -3):
        m.result("Flatten", [x], f"axis-{axis}", axis=axis)


@case("squeeze-opset11", 11)
def squeeze_opset11(m):
    """Squeeze and Unsqueeze with their axes as attributes."""
    x = m.input("x", ["N", 1, 3, 1])
    m.result("Squeeze", [x], "one", axes=[1])
    m.result("Squeeze", [x], "two", axes=[-1, 1])
    m.result("Squeeze", [m.input("y", [1, 3, 1])], "all")
    m.result("Unsqueeze", ["two"], "front", axes=[0])
    m.result("Unsqueeze", ["two"], "both-ends", axes=[-1, 0])
    m.result("Unsqueeze", ["two"], "unsorted", axes=[3, 1])


@case("squeeze-opset13", 13)
def squeeze_opset13(m):
    """Squeeze and Unsqueeze with their axes as inputs."""
    x = m.input("x", ["N", 1, 3, 1])
    m.result("Squeeze", [x, m.constant("second", [1])], "one")
    m.result("Squeeze", [x, m.constant("some", [-1, 1])], "two")
    m.result("Squeeze", [m.input("y", [1, 3, 1])], "all")
    m.result("Unsqueeze", ["two", m.constant("first", [0])], "front")
    m.result("Unsqueeze", ["two", m.constant("ends", [-1, 0])], "both-ends")
    scalar = m.constant("scalar", np.int64(5))
    m.result("Unsqueeze", [scalar, m.constant("zero", [0])], "of-scalar")


@case("constants", 12)
def constants(m):
    """Constant in each of its forms, ConstantOfShape, Identity."""
    x = m.input("x", ["N", 3])
    tensor = numpy_helper.from_array(m.random([3]), "value")
    m.result("Add", [x, m.node("Constant", [], "tensor", value=tensor)], "add-tensor")
    m.result("Add", [x, m.node("Constant", [], "float", value_float=0.5)], "add-float")
    m.result(
        "Add", [x, m.node("Constant", [], "floats", value_floats=[1.0, 2.0, 3.0])], "add-floats"
    )
    m.result("Reshape", [x, m.node("Constant", [], "ints", value_ints=[3, -1])], "by-ints")
    m.result("Constant", [], "int", value_int=7)
    m.result("ConstantOfShape", [m.constant("shape", [2, 3])], "zeros")
    filled = numpy_helper.from_array(np.array([4], np.int64), "four")
    m.result("ConstantOfShape", ["shape"], "fours", value=filled)
    scalar = m.constant("no-axes", np.zeros(0, np.int64))
    m.result("ConstantOfShape", [scalar], "scalar")
    shape = m.node("Shape", [x], "shape-of-x")
    m.result("ConstantOfShape", [shape], "like-x")
    m.result("Identity", [x], "same")
    m.result("Identity", ["shape"], "same-shape")


@case("dropout-opset7", 7)
def dropout_opset7(m):
    """Dropout of opset 7, which does nothing in inference, between layers."""
    x = m.input("x", ["N", 4])
    dropped = m.node("Dropout", [x], "dropout", ratio=0.9)
    weight, bias = m.weight("weight", [4, 3], rows=4), m.constant("bias", m.random([3]))
    m.result("Gemm", [dropped, weight, bias], "dense")


@case("dropout-opset13", 13)
def dropout_opset13(m):
    """Dropout with its ratio as an input, with a mask that nobody reads, and told that this is no training."""
    x = m.input("x", ["N", 4])
    ratio = m.constant("ratio", np.float32(0.9))
    m.result("Dropout", [x], "plain")
    m.node("Dropout", [x, ratio], "given", outputs=["given", "unused-mask"])
    m.output("given")
    training = m.constant("training", np.array(False), np.bool_)
    m.result("Dropout", [x, ratio, training], "not-training")
    m.result("Dropout", [x, "", training], "no-ratio")


@case("shape", 15)
def shape(m):
    """Shape of a symbolic batch, whole and in part."""
    x = m.input("x", ["N", 3, 4, 5])
    m.result("Shape", [x], "whole")
    m.result("Shape", [x], "from-1", start=1)
    m.result("Shape", [x], "middle", start=-3, end=-1)
    m.result("Shape", [x], "past-end", start=2, end=100)
    m.result("Shape", [m.input("s", [])], "of-scalar")


@case("shape-arithmetic", 13, sizes=({"N": 1}, {"N": 3}))
def shape_arithmetic(m):
    """Shape, Gather, Unsqueeze, Concat, Reshape as exporters write a flatten; run with two batches."""
    x = m.input("x", ["N", 3, 4, 4])
    y = m.conv(x, "conv", [5, 3, 3, 3])
    shape = m.node("Shape", [y], "shape")
    batch = m.node("Gather", [shape, m.constant("zero", np.int64(0))], "batch", axis=0)
    batch = m.node("Unsqueeze", [batch, m.constant("axis", [0])], "batch-axis")
    target = m.node("Concat", [batch, m.constant("rest", [-1])], "target", axis=0)
    flat = m.node("Reshape", [y, target], "flatten")
    m.output(m.gemm(flat, "dense", 20, 3))


@case("shape-arithmetic-opset11", 11, sizes=({"N": 1}, {"N": 3}))
def shape_arithmetic_opset11(m):
    """A channel shuffle whose shapes come from Slice, Div, Cast and Constant nodes."""
    x = m.input("x", ["N", 4, 2, 3])
    shape = m.node("Shape", [x], "shape")
    begin, end = m.constant("begin", [0]), m.constant("end", [1])
    batch = m.node("Slice", [shape, begin, end, begin], "batch")
    channels = m.node("Gather", [shape, m.constant("one", [1])], "channels")
    groups = m.node("Div", [channels, m.constant("two", [2])], "half")
    again = m.node("Cast", [m.node("Cast", [groups], "float", to=1)], "whole", to=7)
    value = numpy_helper.from_array(np.array([2], np.int64), "value")
    split = m.node("Constant", [], "split", value=value)
    tail = m.node("Slice", [shape, m.constant("from", [2]), m.constant("until", [2**31])], "tail")
    grouped = m.node("Concat", [batch, split, again, tail], "grouped", axis=0)
    y = m.node("Reshape", [x, grouped], "to-groups")
    y = m.node("Transpose", [y], "shuffle", perm=[0, 2, 1, 3, 4])
    m.result("Reshape", [y, shape], "shuffled")
    m.declare("shuffled", ["N", 4, 2, 3])


@case("reduce-mean-opset11", 11)
def reduce_mean_opset11(m):
    """ReduceMean with its axes as an attribute."""
    x = m.input("x", ["N", 3, 4, 5])
    m.result("ReduceMean", [x], "all")
    m.result("ReduceMean", [x], "all-dropped", keepdims=0)
    m.result("ReduceMean", [x], "space", axes=[2, 3])
    m.result("ReduceMean", [x], "space-dropped", axes=[-1, -2], keepdims=0)
    m.result("ReduceMean", [x], "channels", axes=[1])
    m.result("ReduceMean", [x], "outer", axes=[0, 3], keepdims=0)


@case("reduce-mean-opset18", 18)
def reduce_mean_opset18(m):
    """ReduceMean with its axes as an input, empty, or left out."""
    x = m.input("x", ["N", 3, 4, 5])
    m.result("ReduceMean", [x], "all")
    m.result("ReduceMean", [x], "nothing", noop_with_empty_axes=1)
    m.result("ReduceMean", [x, m.constant("space", [2, -1])], "space-kept")
    m.result("ReduceMean", [x, m.constant("channel", [1])], "channels", keepdims=0)
    m.result("ReduceMean", [x, m.constant("none", np.zeros(0, np.int64))], "empty", keepdims=0)


@case("scalars-and-empty", 13)
def scalars_and_empty(m):
    """Values without axes and values without elements."""
    s = m.input("s", [])
    e = m.input("e", [0, 3])
    m.result("Add", [s, s], "scalar-sum")
    m.result("Mul", [s, m.constant("row", m.random([3]))], "scalar-by-row")
    m.result("Relu", [e], "empty-relu")
    m.result("Add", [e, s], "empty-sum")
    m.result("Concat", [e, m.constant("full", m.random([2, 3]))], "empty-concat", axis=0)
    m.result("Transpose", [e], "empty-transpose")
    m.result("MatMul", [e, m.constant("weight", m.random([3, 2]))], "empty-product")
    m.result("Shape", [e], "empty-shape")


@case("open-axes", 15, sizes=({"a": 3, "b": 3}, {"a": 3, "b": 3}))
def open_axes(m):
    """Two inputs that each name their own batch, as tf2onnx writes them: joined, flattened by a computed
    shape, and with rows that are made for every sample."""
    a, b = m.input("x", ["a", 4]), m.input("z", ["b", 3])
    joined = m.node("Concat", [a, b], "joined", axis=1)
    shape = m.node("Shape", [joined], "shape")
    rows = m.node("Expand", [m.constant("row", m.random([1, 7])), shape], "rows")
    y = m.node("Reshape", [m.node("Mul", [joined, rows], "scaled"), shape], "same")
    m.output(m.gemm(y, "dense", 7, 3))


@case("open-first-axis", 15, sizes=({"rows": 4}, {"rows": 4}))
def open_first_axis(m):
    """An open first axis along which elements meet: sums, differences, softmax and a convolution."""
    x = m.input("x", ["rows", 6])
    m.result("Softmax", [x], "softmax", axis=0)
    mean = m.node("ReduceMean", [x], "mean", axes=[0])
    m.result("Sub", [x, mean], "less-mean")
    turned = m.node("Transpose", [x], "turned", perm=[1, 0])
    image = m.node("Unsqueeze", [turned, m.constant("front", np.array([0], np.int64))], "image")
    y = m.conv(image, "conv", [5, 6, 3], pads=[1, 1])
    m.result("Transpose", [y], "back", perm=[2, 0, 1])


@case("sequences", 13)
def sequences(m):
    """Sequences of tensors of known sizes: split, chosen, constructed, changed, counted and joined."""
    x = m.input("x", ["N", 12])
    number = lambda name, value: m.constant(name, np.array(value, np.int64))
    parts = m.node("SplitToSequence", [x, number("three", 3)], "parts", axis=1)
    first = m.node("SequenceAt", [parts, number("zero", 0)], "first")
    last = m.node("SequenceAt", [parts, number("last", -1)], "last-part")
    m.result("Add", [first, last], "sum")
    uneven = m.node("SplitToSequence", [x, number("sizes", [5, 1, 6])], "uneven", axis=1)
    m.result("SequenceAt", [uneven, number("two", 2)], "six")
    made = m.node("SequenceConstruct", [first, last], "made")
    more = m.node("SequenceInsert", [made, m.node("Relu", [first], "relu"), number("one", 1)], "more")
    fewer = m.node("SequenceErase", [more, number("minus", -1)], "fewer")
    m.result("ConcatFromSequence", [fewer], "joined", axis=1)
    m.result("ConcatFromSequence", [more], "stacked", axis=1, new_axis=1)
    columns = m.node("SplitToSequence", [x], "columns", axis=1, keepdims=0)
    m.result("SequenceAt", [columns, number("four", 4)], "column")
