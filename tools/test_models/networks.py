"""Whole small networks, and what else a real file can hold."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .case import case


@case("network-residual", 17)
def network_residual(m):
    """A residual network: a plain block, and one with a strided shortcut."""
    x = m.input("image", ["N", 3, 8, 8])

    def normalized(x, name, shape, **attributes):
        y = m.conv(x, name, shape, bias=False, **attributes)
        return m.batch_normalization(y, f"{name}/norm", shape[0])

    x = m.node("Relu", [normalized(x, "stem", [4, 3, 3, 3], pads=[1] * 4)], "stem/relu")
    y = m.node("Relu", [normalized(x, "block1/conv1", [4, 4, 3, 3], pads=[1] * 4)], "block1/relu1")
    y = normalized(y, "block1/conv2", [4, 4, 3, 3], pads=[1] * 4)
    x = m.node("Relu", [m.node("Add", [y, x], "block1/add")], "block1/relu2")
    y = normalized(x, "block2/conv1", [6, 4, 3, 3], pads=[1] * 4, strides=[2, 2])
    y = m.node("Relu", [y], "block2/relu1")
    y = normalized(y, "block2/conv2", [6, 6, 3, 3], pads=[1] * 4)
    shortcut = normalized(x, "block2/shortcut", [6, 4, 1, 1], strides=[2, 2])
    x = m.node("Relu", [m.node("Add", [shortcut, y], "block2/add")], "block2/relu2")
    x = m.node("Flatten", [m.node("GlobalAveragePool", [x], "pool")], "flatten")
    m.output(m.gemm(x, "logits", 6, 5))


@case("network-row-ranges", 17)
def network_row_ranges(m):
    """Layers with a range of the input for each part of their rows, in the metadata of the model."""
    x = m.input("image", ["N", 2, 6, 6])
    x = m.node("Relu", [m.conv(x, "stem", [4, 2, 3, 3])], "stem/relu")
    x = m.gemm(m.node("Flatten", [x], "flatten"), "dense", 64, 12)
    m.output(m.node("MatMul", [x, m.weight("out.weight", [12, 5], rows=12)], "out"))
    m.metadata = {
        "aimcc.input_range.stem": "4.0, 3.5, 3.5, 3.0",
        "aimcc.input_range.dense": "3.5, 2.0, 5.0, 2.5, 4.0",
        "aimcc.output_range.dense": "6.0",
        "aimcc.input_range.out": "4.5, 5.5",
    }


@case("network-mobile", 17)
def network_mobile(m):
    """Inverted residuals: pointwise, depthwise, pointwise, with Clip and HardSwish."""
    x = m.input("image", ["N", 3, 8, 8])
    limits = [m.constant("zero", np.float32(0)), m.constant("six", np.float32(6))]
    x = m.conv(x, "stem", [4, 3, 3, 3], auto_pad="SAME_UPPER", strides=[2, 2])
    x = m.node("HardSwish", [x], "stem/hardswish")
    y = m.node("Clip", [m.conv(x, "block/expand", [12, 4, 1, 1]), *limits], "block/clip1")
    y = m.conv(y, "block/depthwise", [12, 1, 3, 3], group=12, pads=[1] * 4)
    y = m.node("Clip", [y, *limits], "block/clip2")
    y = m.conv(y, "block/project", [4, 12, 1, 1])
    x = m.node("Add", [x, y], "block/add")
    gate = m.node("ReduceMean", [x], "gate/mean", axes=[2, 3], keepdims=1)
    gate = m.node("Relu", [m.conv(gate, "gate/down", [2, 4, 1, 1])], "gate/relu")
    gate = m.node("HardSigmoid", [m.conv(gate, "gate/up", [4, 2, 1, 1])], "gate/sigmoid")
    x = m.node("Mul", [x, gate], "gate/mul")
    x = m.node(
        "Squeeze", [m.node("GlobalMaxPool", [x], "pool"), m.constant("axes", [2, 3])], "squeeze"
    )
    m.output(m.gemm(x, "logits", 4, 5))


@case("network-inception", 13)
def network_inception(m):
    """Branches of different kernels joined by Concat, and split again."""
    x = m.input("image", ["N", 4, 6, 6])
    one = m.node("Relu", [m.conv(x, "one", [2, 4, 1, 1])], "one/relu")
    three = m.node("Relu", [m.conv(x, "three", [3, 4, 3, 3], pads=[1] * 4)], "three/relu")
    pooled = m.node("MaxPool", [x], "pool", kernel_shape=[3, 3], pads=[1] * 4)
    pooled = m.conv(pooled, "pool/project", [1, 4, 1, 1])
    x = m.node("Concat", [one, three, pooled], "concat", axis=1)
    left, right = m.node("Split", [x], "split", outputs=["left", "right"], axis=1)
    left = m.conv(left, "left/conv", [2, 3, 3, 3])
    right = m.conv(right, "right/conv", [2, 3, 3, 3])
    m.result("Mul", [left, m.node("Sigmoid", [right], "right/gate")], "gated")


@case("network-upsampling", 13)
def network_upsampling(m):
    """An encoder and decoder with a skip: stride, Resize, Concat; two outputs."""
    x = m.input("image", ["N", 1, 8, 8])
    fine = m.node("Relu", [m.conv(x, "fine", [3, 1, 3, 3], pads=[1] * 4)], "fine/relu")
    coarse = m.conv(fine, "coarse", [4, 3, 3, 3], pads=[1] * 4, strides=[2, 2])
    coarse = m.node("Relu", [coarse], "coarse/relu")
    scales = m.constant("scales", [1.0, 1.0, 2.0, 2.0])
    up = m.node(
        "Resize",
        [coarse, "", scales],
        "up",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    joined = m.node("Concat", [up, fine], "join", axis=1)
    m.result("Sigmoid", [m.conv(joined, "mask/conv", [1, 7, 3, 3], pads=[1] * 4)], "mask")
    m.result("ReduceMean", [coarse], "summary", axes=[2, 3], keepdims=0)


@case("network-keywords", 13)
def network_keywords(m):
    """A network over time: Conv of one axis, pools, Transpose, a dense layer for each step."""
    x = m.input("samples", ["N", 1, 64])
    x = m.node("Relu", [m.conv(x, "conv1", [6, 1, 8], strides=[4], pads=[2, 2])], "relu1")
    x = m.node("Relu", [m.conv(x, "conv2", [8, 6, 3], dilations=[2], pads=[2, 2])], "relu2")
    x = m.node("AveragePool", [x], "pool", kernel_shape=[2], strides=[2])
    x = m.node("Transpose", [x], "steps-first", perm=[0, 2, 1])
    x = m.node("MatMul", [x, m.weight("dense.weight", [8, 5], rows=8)], "dense")
    x = m.node("Add", [x, m.constant("dense.bias", m.random([5]))], "dense/bias")
    m.result("LogSoftmax", [x], "scores", axis=-1)


@case("network-mlp", 13, sizes=({"N": 1}, {"N": 5}))
def network_mlp(m):
    """Dense layers as MatMul and Add, of any batch, with two inputs."""
    a, b = m.input("a", ["N", 10]), m.input("b", ["N", 6])
    x = m.node("Concat", [a, b], "join", axis=1)
    for number, width in enumerate((16, 12, 3), 1):
        rows = {1: 16, 2: 16, 3: 12}[number]
        x = m.node(
            "MatMul", [x, m.weight(f"w{number}", [rows, width], rows=rows)], f"dense{number}"
        )
        x = m.node("Add", [x, m.constant(f"b{number}", m.random([width]))], f"dense{number}/bias")
        if number < 3:
            x = m.node("Relu", [x], f"dense{number}/relu")
    m.output(x)


def ladder(opset):
    """Registers the same network as it is written in the given opset."""

    @case(f"network-opset{opset}", opset)
    def network(m):
        """One network in the form of this opset: padding, clipping, pooling, dropout, reduction."""
        x = m.input("image", ["N", 2, 6, 6])
        if opset < 11:
            x = m.node("Pad", [x], "pad", pads=[0, 0, 1, 1, 0, 0, 1, 1])
        else:
            x = m.node("Pad", [x, m.constant("pads", [0, 0, 1, 1, 0, 0, 1, 1])], "pad")
        x = m.batch_normalization(m.conv(x, "conv1", [4, 2, 3, 3]), "conv1/norm", 4)
        if opset < 11:
            x = m.node("Clip", [x], "clip", min=0.0, max=2.0)
        else:
            limits = [m.constant("zero", np.float32(0)), m.constant("two", np.float32(2))]
            x = m.node("Clip", [x, *limits], "clip")
        x = m.node("MaxPool", [x], "pool", kernel_shape=[2, 2], strides=[2, 2])
        x = m.node("Dropout", [x], "dropout")
        x = m.conv(x, "conv2", [5, 4, 3, 3], pads=[1] * 4)
        if opset < 18:
            x = m.node("ReduceMean", [x], "mean", axes=[2, 3], keepdims=1)
        else:
            x = m.node("ReduceMean", [x, m.constant("space", [2, 3])], "mean")
        if opset < 13:
            x = m.node("Squeeze", [x], "squeeze", axes=[2, 3])
        else:
            x = m.node("Squeeze", [x, m.constant("axes", [2, 3])], "squeeze")
        weight, bias = m.weight("dense.weight", [3, 5]), m.constant("dense.bias", m.random([3]))
        m.result(
            "Softmax", [m.node("Gemm", [x, weight, bias], "dense", transB=1)], "softmax", axis=1
        )


for opset in (7, 8, 9, 10, 11, 12, 13, 15, 18, 21, 24, 28):
    ladder(opset)


@case("initializer-encodings", 13)
def initializer_encodings(m):
    """Tensors stored as raw bytes and in every typed field, and an empty one."""
    x = m.input("x", ["N", 3])
    values = m.random([3])
    T = TensorProto
    typed = [
        ("floats", T.FLOAT, [float(v) for v in values], 1),
        ("halves", T.FLOAT16, [0.5, -1.5, 65504.0], 1),
        ("int32s", T.INT32, [-(2**31), -1, 2**31 - 1], 6),
        ("int64s", T.INT64, [-(2**63), -1, 2**63 - 1], 7),
        ("int8s", T.INT8, [-128, -1, 127], 1),
        ("uint8s", T.UINT8, [0, 128, 255], 1),
        ("bools", T.BOOL, [True, False, True], 1),
    ]
    for name, type, data, to in typed:
        tensor = m.initializer(helper.make_tensor(name, type, [3], data))
        m.result("Cast", [tensor], f"{name}-read", to=to)
    m.result("Add", [x, "floats"], "sum")
    raw = m.initializer(numpy_helper.from_array(m.random([3], np.float16), "raw-halves"))
    m.result("Cast", [raw], "raw-halves-read", to=1)
    m.initializer(helper.make_tensor("empty", T.FLOAT, [0, 3], []))
    m.result("Concat", [x, "empty"], "with-empty", axis=0)


@case("graph-edges", 17)
def graph_edges(m):
    """Nodes without names, nodes and initializers without use, a value that is output twice over."""
    x = m.input("x", ["N", 3])
    m.constant("unused", m.random([4]))
    weight = m.weight("weight", [3, 3])
    m.node("Relu", [x], "dead")
    m.nodes.append(helper.make_node("MatMul", [x, weight], ["product"]))
    m.nodes.append(helper.make_node("Relu", ["product"], ["positive"]))
    m.nodes.append(helper.make_node("Identity", ["product"], ["again"]))
    m.nodes.append(helper.make_node("Add", ["positive", "positive"], ["doubled"], name="twice"))
    m.output("positive", "doubled", "again", "product")


@case("names", 17, sizes=({"batch size": 2},))
def names(m):
    """Names with spaces, slashes, quotes, colons, line ends, other scripts, and one of 300 letters."""
    x = m.input("the input", ["batch size", 3])
    y = m.node("Relu", [x], 'model/layer.0/"Relu":0')
    y = m.node("Sigmoid", [y], "größe/入力\n☃")
    y = m.node("Tanh", [y], "n" * 300)
    m.result("Identity", [y], "%output;// #1")
