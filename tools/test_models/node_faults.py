"""Bad files whose nodes are not what their operators allow, or are of operators not supported."""

import numpy as np
from onnx import TensorProto, helper

from .wire import bad, model, one_node, tensor, value

node = helper.make_node


# MARK: Unsupported operators


def unsupported():
    nodes = [
        node("Relu", ["x"], ["a"], name="fine"),
        node("Frobnicate", ["a"], ["b"], name="branch/frobnicate", domain="com.example", level=3),
        node("StringNormalizer", ["s"], ["t"], name="text/normalize"),
        node("Quux", ["b", "a"], ["y"], name="tail/quux", domain="org.example.other"),
    ]
    result = model(nodes, ["x", value("s", [4], TensorProto.STRING)], ["y"])
    result.opset_import.append(helper.make_opsetid("com.example", 1))
    result.opset_import.append(helper.make_opsetid("org.example.other", 2))
    return result


bad(
    "unsupported-three-nodes",
    unsupported(),
    "three nodes of operators that are not supported, in three domains",
    "branch/frobnicate",
    "Frobnicate",
    "text/normalize",
    "StringNormalizer",
    "tail/quux",
    "Quux",
)
def transposed_behind_unsupported():
    nodes = [
        node("Frobnicate", ["x"], ["a"], name="front/frobnicate", domain="com.example"),
        node("ConvTranspose", ["a", "w"], ["y"], name="up", output_shape=[9, 9], strides=[2, 2]),
    ]
    x, y = value("x", [1, 1, 4, 4]), value("y", [1, 1, 9, 9])
    result = model(nodes, [x], [y], [tensor("w", np.full([1, 1, 3, 3], 0.5))])
    result.opset_import.append(helper.make_opsetid("com.example", 1))
    return result


bad(
    "convtranspose-behind-unsupported",
    transposed_behind_unsupported(),
    "a ConvTranspose with output_shape behind an operator that is not supported",
    "front/frobnicate",
    "Frobnicate",
)



def transposed(shape, output_shape):
    """A ConvTranspose of an x of a shape."""
    up = node("ConvTranspose", ["x", "w"], ["y"], name="culprit", output_shape=output_shape, strides=[2, 2])
    weights = tensor("w", np.full([1, 1, 3, 3], 0.5))
    return model([up], [value("x", shape)], [value("y", None)], [weights])


bad(
    "convtranspose-output-shape-short",
    transposed([1, 1, 4, 4], [9]),
    "a ConvTranspose with an output_shape of one dimension for an image",
    "culprit",
    "output_shape",
    "[9]",
)
bad(
    "convtranspose-output-shape-empty",
    transposed([1, 1, "h", 4], [-1, 7]),
    "a ConvTranspose with an output_shape of −1, of an image of open height",
    "culprit",
    "output_shape",
    "-1",
)
bad(
    "convtranspose-output-shape-huge",
    transposed([1, 1, "h", 4], [5, -(2**63)]),
    "a ConvTranspose with an output_shape of −2⁶³, of an image of open height",
    "culprit",
    "output_shape",
)
bad(
    "convtranspose-output-shape-unknown",
    transposed(None, [6, 7]),
    "a ConvTranspose with an output_shape, of a tensor of an unknown number of dimensions",
    "culprit",
    "unknown number of dimensions",
)
bad(
    "operator-unknown",
    one_node("Rleu", ["x"]),
    "an operator that does not exist",
    "culprit",
    "Rleu",
)
bad("operator-empty", one_node("", ["x"]), "a node without an operator", "culprit")
bad(
    "operator-domain-not-imported",
    one_node("Relu", ["x"], domain="com.example"),
    "an operator of a domain that is not imported",
    "culprit",
    "com.example",
)
bad(
    "operator-too-new",
    one_node("HardSwish", ["x"], opset=13),
    "HardSwish in opset 13; it came with 14",
    "culprit",
    "HardSwish",
)
bad(
    "operator-too-old",
    one_node("Upsample", ["x", "scales"], tensor("scales", [1.0, 2.0]), opset=13),
    "Upsample in opset 13; it went with 10",
    "culprit",
    "Upsample",
)


# MARK: Inputs and attributes

bad(
    "several-faults",
    model(
        [
            node("Relu", ["x", "x"], ["a"], name="first"),
            node("Concat", ["x", "x"], ["b"], name="second"),
            node("Softmax", ["x"], ["c"], name="third", axis=9),
            node("Max", ["a", "b", "c"], ["y"], name="fine"),
        ],
        ["x"],
        ["y"],
    ),
    "three nodes with a fault each, all to be listed",
    "first",
    "second",
    "third",
)
bad("inputs-too-many", one_node("Relu", ["x", "x", "x"]), "Relu of three inputs", "culprit", "Relu")
bad("inputs-too-few", one_node("Add", ["x"]), "Add of one input", "culprit", "Add")
outputs = model([node("Relu", ["x"], ["y", "z"], name="culprit")], ["x"], ["y", "z"])
bad("outputs-too-many", outputs, "Relu with two outputs", "culprit", "Relu")
bad(
    "attribute-missing",
    one_node("Concat", ["x", "x"]),
    "Concat without its axis",
    "culprit",
    "axis",
)
bad(
    "attribute-unknown",
    one_node("Relu", ["x"], bogus=1),
    "Relu with an attribute `bogus`",
    "culprit",
    "bogus",
)
bad(
    "attribute-wrong-type",
    one_node("Concat", ["x", "x"], axis=1.0),
    "Concat with an axis that is a float",
    "culprit",
    "axis",
)
twice = one_node("Concat", ["x", "x"], axis=1)
twice.graph.node[0].attribute.append(helper.make_attribute("axis", 0))
bad("attribute-twice", twice, "Concat with two axes", "culprit", "axis")
mislabelled = one_node("Concat", ["x", "x"], axis=1)
mislabelled.graph.node[0].attribute[0].type = 3  # a string
bad(
    "attribute-mislabelled",
    mislabelled,
    "an attribute that says string and holds an integer",
    "culprit",
    "axis",
)
reference = one_node("Concat", ["x", "x"])
reference.graph.node[0].attribute.add(name="axis", ref_attr_name="outer", type=2)
bad(
    "attribute-reference",
    reference,
    "an attribute that refers to a function's, outside of one",
    "culprit",
    "axis",
)
bad(
    "attribute-value-unknown",
    one_node("Pad", ["x", "pads"], tensor("pads", [0, 1, 0, 1]), mode="mirror"),
    "Pad with a mode that does not exist",
    "culprit",
    "mirror",
)
bad(
    "types-mixed",
    one_node("Add", ["x", "whole"], tensor("whole", [1, 2, 3, 4])),
    "float32 plus int64",
    "culprit",
)
bad(
    "types-not-allowed",
    one_node("Sigmoid", ["whole"], tensor("whole", [1, 2, 3, 4])),
    "Sigmoid of int64",
    "culprit",
)


# MARK: Shapes and axes


def image(operator, inputs, *initializers, **attributes):
    """A model of one node, named `culprit`, of a float N×2×5×5 `x`."""
    nodes = [node(operator, inputs, ["y"], name="culprit", **attributes)]
    return model(nodes, [value("x", ["N", 2, 5, 5])], [value("y", [None] * 4)], initializers)


def kernel(*shape):
    return tensor("w", np.full(shape, 0.1))


conv = ["x", "w"]
bad(
    "conv-channels",
    image("Conv", conv, kernel(3, 4, 3, 3)),
    "weights for 4 channels, not 2",
    "culprit",
)
bad(
    "conv-rank",
    image("Conv", conv, kernel(3, 2, 3)),
    "weights of three axes for an image",
    "culprit",
)
bad(
    "conv-groups-zero",
    image("Conv", conv, kernel(3, 2, 3, 3), group=0),
    "no groups",
    "culprit",
    "group",
)
bad(
    "conv-groups-uneven",
    image("Conv", conv, kernel(3, 1, 3, 3), group=2),
    "3 outputs in 2 groups",
    "culprit",
    "group",
)
bad(
    "conv-stride-zero",
    image("Conv", conv, kernel(3, 2, 3, 3), strides=[0, 1]),
    "a stride of 0",
    "culprit",
    "strides",
)
bad(
    "conv-stride-negative",
    image("Conv", conv, kernel(3, 2, 3, 3), strides=[-1, 1]),
    "a stride of −1",
    "culprit",
    "strides",
)
bad(
    "conv-dilation-zero",
    image("Conv", conv, kernel(3, 2, 3, 3), dilations=[0, 1]),
    "a dilation of 0",
    "culprit",
    "dilations",
)
bad(
    "conv-pads-short",
    image("Conv", conv, kernel(3, 2, 3, 3), pads=[1, 1]),
    "two pads for two axes, not four",
    "culprit",
    "pads",
)
bad(
    "conv-pads-huge",
    image("Conv", conv, kernel(3, 2, 3, 3), pads=[2**63 - 1] * 4),
    "pads of 2⁶³−1",
    "culprit",
    "pads",
)
bad(
    "conv-dilation-huge",
    image("Conv", conv, kernel(3, 2, 3, 3), dilations=[2**62, 2**62]),
    "dilations of 2⁶²",
    "culprit",
)
bad(
    "conv-kernel-shape",
    image("Conv", conv, kernel(3, 2, 3, 3), kernel_shape=[5, 5]),
    "kernel_shape against the weights",
    "culprit",
    "kernel_shape",
)
bad(
    "conv-kernel-large",
    image("Conv", conv, kernel(3, 2, 7, 7)),
    "a kernel larger than the image",
    "culprit",
)
bad("conv-kernel-empty", image("Conv", conv, kernel(3, 2, 0, 3)), "a kernel of 0×3", "culprit")
biased = image("Conv", [*conv, "b"], kernel(3, 2, 3, 3), tensor("b", [0.5] * 4))
bad("conv-bias", biased, "4 biases for 3 outputs", "culprit")
bad(
    "conv-auto-pad",
    image("Conv", conv, kernel(3, 2, 3, 3), auto_pad="SAME"),
    "an auto_pad that does not exist",
    "culprit",
    "auto_pad",
)
bad(
    "pool-kernel-missing",
    image("MaxPool", ["x"]),
    "MaxPool without kernel_shape",
    "culprit",
    "kernel_shape",
)
bad(
    "pool-kernel-zero",
    image("AveragePool", ["x"], kernel_shape=[0, 2]),
    "AveragePool over nothing",
    "culprit",
    "kernel_shape",
)
bad("pool-rank", one_node("MaxPool", ["x"], kernel_shape=[2]), "MaxPool of two axes", "culprit")
bad(
    "batchnorm-channels",
    image("BatchNormalization", ["x", "s", "s", "s", "s"], tensor("s", [1.0, 1.0, 1.0])),
    "3 scales for 2 channels",
    "culprit",
)
bad("gemm-shapes", one_node("Gemm", ["x", "w"], kernel(5, 3)), "N×4 times 5×3", "culprit")
bad("gemm-rank", image("Gemm", conv, kernel(5, 3)), "Gemm of an image", "culprit")
bad(
    "gemm-bias",
    one_node("Gemm", ["x", "w", "b"], kernel(4, 3), tensor("b", [0.5] * 2)),
    "2 biases for 3 columns",
    "culprit",
)
bad("matmul-shapes", one_node("MatMul", ["x", "w"], kernel(3, 4)), "N×4 times 3×4", "culprit")
bad("matmul-scalar", one_node("MatMul", ["x", "w"], kernel()), "MatMul by a number", "culprit")
bad("broadcast", one_node("Add", ["x", "w"], kernel(3)), "N×4 plus 3", "culprit")
bad(
    "concat-shapes",
    one_node("Concat", ["x", "w"], kernel(2, 3), axis=0),
    "N×4 and 2×3 along the first axis",
    "culprit",
)
bad("axis-past-end", one_node("Softmax", ["x"], axis=2), "axis 2 of two", "culprit", "axis")
bad("axis-before-start", one_node("Softmax", ["x"], axis=-3), "axis −3 of two", "culprit", "axis")
bad("axis-smallest", one_node("Softmax", ["x"], axis=-(2**63)), "axis −2⁶³", "culprit", "axis")
bad(
    "axes-twice",
    image("ReduceMean", ["x"], axes=[2, -2]),
    "one axis given twice",
    "culprit",
    "axes",
)
bad(
    "transpose-twice",
    one_node("Transpose", ["x"], perm=[1, 1]),
    "one axis twice in the order",
    "culprit",
    "perm",
)
bad(
    "transpose-short",
    image("Transpose", ["x"], perm=[1, 0]),
    "an order of two axes for four",
    "culprit",
    "perm",
)
bad(
    "flatten-axis",
    one_node("Flatten", ["x"], axis=3),
    "Flatten at axis 3 of two",
    "culprit",
    "axis",
)


# MARK: Constants that decide shapes


def constant(operator, values, *before, **attributes):
    return one_node(operator, ["x", *before, "c"], tensor("c", values), **attributes)


bad("reshape-two-unknown", constant("Reshape", [-1, -1]), "two dimensions of −1", "culprit")
bad("reshape-negative", constant("Reshape", [-2, 4]), "a dimension of −2", "culprit")
bad("reshape-uneven", constant("Reshape", [0, 3]), "N×4 as N×3", "culprit")
bad("reshape-huge", constant("Reshape", [2**62, 2**62]), "N×4 as 2⁶²×2⁶²", "culprit")
bad(
    "reshape-copies-nothing",
    constant("Reshape", [0, 0, 0]),
    "a 0 where there is nothing to copy",
    "culprit",
)
bad("split-sum", constant("Split", [1, 2], axis=1), "parts of 1 and 2 of 4", "culprit")
bad("split-negative", constant("Split", [-1, 5], axis=1), "parts of −1 and 5", "culprit")
bad("squeeze-not-one", constant("Squeeze", [1]), "Squeeze of an axis of 4", "culprit")
bad("unsqueeze-twice", constant("Unsqueeze", [1, 1]), "Unsqueeze at one axis twice", "culprit")
bad("gather-past-end", constant("Gather", [4], axis=1), "index 4 of 4", "culprit")
bad("gather-before-start", constant("Gather", [-5], axis=1), "index −5 of 4", "culprit")
bad(
    "slice-step-zero",
    one_node(
        "Slice",
        ["x", "zero", "one", "one", "zero"],
        tensor("zero", [0]),
        tensor("one", [1]),
    ),
    "a step of 0",
    "culprit",
)
bad("pad-short", constant("Pad", [1, 1]), "two pads for two axes, not four", "culprit")
bad("pad-huge", constant("Pad", [0, 2**62, 0, 2**62]), "pads of 2⁶²", "culprit")
bad("pad-cropped-away", constant("Pad", [0, -3, 0, -3]), "more cropped than there is", "culprit")
bad("clip-not-scalar", constant("Clip", [0.0, 1.0]), "two limits for Clip", "culprit")


def resize(**given):
    inputs = ["x", "", "", ""]
    for index, name in ((2, "scales"), (3, "sizes")):
        inputs[index] = name if name in given else ""
    while not inputs[-1]:
        inputs.pop()
    attributes = {k: v for k, v in given.items() if k not in ("scales", "sizes")}
    initializers = [tensor(k, v) for k, v in given.items() if k in ("scales", "sizes")]
    return image("Resize", inputs, *initializers, **attributes)


bad("resize-neither", resize(), "neither scales nor sizes", "culprit")
bad(
    "resize-both",
    resize(scales=[1.0, 1.0, 2.0, 2.0], sizes=[1, 2, 9, 9]),
    "both scales and sizes",
    "culprit",
)
bad("resize-zero", resize(scales=[1.0, 1.0, 0.0, 1.0]), "a scale of 0", "culprit")
bad("resize-nan", resize(scales=[1.0, 1.0, np.nan, 1.0]), "a scale that is not a number", "culprit")
bad("resize-infinite", resize(scales=[1.0, 1.0, np.inf, 1.0]), "an infinite scale", "culprit")
bad("resize-huge", resize(scales=[1.0, 1.0, 1e30, 1e30]), "scales of 10³⁰", "culprit")
bad("resize-short", resize(scales=[2.0, 2.0]), "two scales for four axes", "culprit")
bad("resize-negative", resize(sizes=[1, 2, -9, 9]), "a size of −9", "culprit")


def filled(*shape):
    nodes = [
        node("ConstantOfShape", ["shape"], ["large"], name="culprit"),
        node("Add", ["x", "large"], ["y"], name="add"),
    ]
    return model(nodes, ["x"], [value("y", [None, None])], [tensor("shape", list(shape), np.int64)])


bad("constant-of-shape-huge", filled(2**40, 4), "a constant of 2⁴⁰×4 elements", "culprit")
bad("constant-of-shape-wrapping", filled(2**62, 2**62), "a constant of 2¹²⁴ elements", "culprit")
bad("constant-of-shape-negative", filled(-1, 4), "a constant of −1×4", "culprit")
bad(
    "constant-of-two-values",
    model(
        [
            node("Constant", [], ["c"], name="culprit", value_int=1, value_float=1.0),
            node("Add", ["x", "c"], ["y"], name="add"),
        ],
        ["x"],
        ["y"],
    ),
    "a Constant with two values",
    "culprit",
)
bad(
    "constant-of-none",
    model(
        [node("Constant", [], ["c"], name="culprit"), node("Add", ["x", "c"], ["y"], name="add")],
        ["x"],
        ["y"],
    ),
    "a Constant without a value",
    "culprit",
)
bad("cast-unknown", one_node("Cast", ["x"], to=99), "a Cast to element type 99", "culprit", "99")
bad(
    "cast-to-strings",
    one_node("Cast", ["x"], to=TensorProto.STRING),
    "a Cast to strings",
    "culprit",
)
bad(
    "dropout-training",
    one_node(
        "Dropout",
        ["x", "ratio", "on"],
        tensor("ratio", np.float32(0.5)),
        tensor("on", True, np.bool_),
    ),
    "Dropout told to train",
    "culprit",
)
