"""Operators of the domains of ONNX Runtime and of training for hardware."""

import numpy as np
from onnx import TensorProto

from .case import case

MS = {"domain": "com.microsoft"}
QONNX = {"domain": "qonnx.custom_op.general"}
TYPES = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8, np.float32: TensorProto.FLOAT}


def integers(m, shape, type):
    """Integers over the whole range of a type."""
    info = np.iinfo(type)
    return m.generator.integers(info.min, info.max + 1, shape).astype(type)


def stepped(m, name, shape, type, open=True):
    """An input of integers; its first dimension is open."""
    m.input(name, ["N", *shape[1:]] if open else shape, type)
    for sizes, data in zip(m.sizes, m.data):
        data[name] = integers(m, [sizes["N"], *shape[1:]] if open else shape, type)
    return name


def step(m, name, scale, zero, type):
    return [m.constant(f"{name}.scale", np.float32(scale)), m.constant(f"{name}.zero", zero, type)]


def result(m, operator, operands, name, type, shape, **attributes):
    m.result(operator, operands, name, **attributes, **MS)
    m.declare(name, (TYPES[type], shape))


@case("qlinear-functions", 13)
def qlinear_functions(m):
    """Sums, products and functions of integers as ONNX Runtime quantizes them; scales that tie, too."""
    m.compared = False
    for type, tag in ((np.uint8, "u8"), (np.int8, "i8")):
        low = np.iinfo(type).min
        a = [stepped(m, f"a.{tag}", [2, 4, 3], type)] + step(m, f"a.{tag}", 0.0625, low + 121, type)
        b = [stepped(m, f"b.{tag}", [2, 4, 3], type)] + step(m, f"b.{tag}", 0.125, low + 90, type)
        c = step(m, f"c.{tag}", 0.25, low + 33, type)
        row = [m.constant(f"row.{tag}", integers(m, [3], type), type), *b[1:]]
        result(m, "QLinearAdd", a + b + c, f"add.{tag}", type, ["N", 4, 3])
        result(m, "QLinearAdd", b + row + c, f"add-row.{tag}", type, ["N", 4, 3])
        result(m, "QLinearMul", a + b + c, f"mul.{tag}", type, ["N", 4, 3])
        result(m, "QLinearMul", row + b + c, f"row-mul.{tag}", type, ["N", 4, 3])
        part = step(m, f"part.{tag}", 1 / 256, low, type)
        result(m, "QLinearSigmoid", a + part, f"sigmoid.{tag}", type, ["N", 4, 3])
        result(m, "QLinearLeakyRelu", a + c, f"leaky.{tag}", type, ["N", 4, 3], alpha=0.2)
        small = step(m, f"small.{tag}", 1 / 128, low, type)
        result(m, "QLinearSoftmax", a + small, f"softmax.{tag}", type, ["N", 4, 3], axis=1, opset=13)
        result(
            m, "QLinearSoftmax", a + small, f"softmax-flat.{tag}", type, ["N", 4, 3], axis=1, opset=12)
        result(m, "QLinearConcat", c + a + b + [a[0], *c], f"concat.{tag}", type, ["N", 12, 3], axis=1)


@case("qlinear-means", 13)
def qlinear_means(m):
    """Poolings and means of quantized images, channels second and last."""
    m.compared = False
    for type, tag in ((np.uint8, "u8"), (np.int8, "i8")):
        low = np.iinfo(type).min
        x = [stepped(m, f"x.{tag}", [2, 3, 6, 5], type)] + step(m, f"x.{tag}", 0.04, low + 100, type)
        y = step(m, f"y.{tag}", 0.03, low + 77, type)
        result(
            m, "QLinearAveragePool", x + y, f"pool.{tag}", type, ["N", 3, 3, 3], kernel_shape=[3, 2],
            strides=[2, 2], pads=[1, 0, 0, 1])
        result(
            m, "QLinearAveragePool", x + y, f"pool-last.{tag}", type, ["N", 2, 5, 5],
            kernel_shape=[2, 2], channels_last=1, count_include_pad=1, pads=[0, 0, 0, 0])
        result(m, "QLinearGlobalAveragePool", x + y, f"global.{tag}", type, ["N", 3, 1, 1])
        result(
            m, "QLinearGlobalAveragePool", x + y, f"global-last.{tag}", type, ["N", 1, 1, 5],
            channels_last=1)


@case("q-gemm", 13)
def q_gemm(m):
    """Products of integers with scales: a transposed B with a scale each column, and f32 results."""
    m.compared = False
    for type, tag in ((np.uint8, "u8"), (np.int8, "i8")):
        low = np.iinfo(type).min
        a = [stepped(m, f"a.{tag}", [2, 24], type)] + step(m, f"a.{tag}", 0.02, low + 128, type)
        weights = m.constant(f"b.{tag}", integers(m, [10, 24], np.int8) // 2, np.int8)
        scales = m.constant(f"b.{tag}.scales", np.abs(m.random([10], scale=0.01)) + 0.002)
        zeros = m.constant(f"b.{tag}.zeros", [0] * 10, np.int8)
        bias = m.constant(f"c.{tag}", m.generator.integers(-9000, 9000, [10]), np.int32)
        operands = a + [weights, scales, zeros]
        y = step(m, f"y.{tag}", 0.2, low + 100, type)
        result(m, "QGemm", operands + [bias] + y, f"gemm.{tag}", type, ["N", 10], transB=1)
        result(
            m, "QGemm", operands + [bias], f"gemm-f32.{tag}", np.float32, ["N", 10], transB=1, alpha=0.5)


@case("fused-products", 17)
def fused_products(m):
    """Products with activations, addends and orders of dimensions, as ONNX Runtime fuses them."""
    m.compared = False
    x = m.input("x", ["N", 3, 6, 6])
    weight, bias = m.weight("conv.weight", [4, 3, 3, 3]), m.constant("conv.bias", m.random([4]))
    pads = {"pads": [1, 1, 1, 1], **MS}
    hidden = m.node(
        "FusedConv", [x, weight, bias], "conv-leaky", activation="LeakyRelu",
        activation_params=[0.2], **pads)
    second = m.weight("second.weight", [4, 4, 1, 1])
    added = m.node("FusedConv", [hidden, second, "", hidden], "conv-added", activation="Relu", **MS)
    m.result(
        "FusedConv", [added, second], "conv-clip", activation="Clip",
        activation_params=[-0.5, 0.5], **MS)
    m.declare("conv-clip", ["N", 4, 6, 6])
    flat = m.node("Flatten", [x], "flat")
    dense = m.constant("dense.weight", m.random([8, 108], scale=0.1))
    y = m.node("FusedGemm", [flat, dense, m.constant("dense.bias", m.random([8]))], "gemm-tanh",
               transB=1, activation="Tanh", **MS)
    m.result("FusedGemm", [y, m.weight("last", [8, 5], rows=8)], "gemm-elu", activation="Elu",
             activation_alpha=0.7, **MS)
    m.declare("gemm-elu", ["N", 5])
    rows = m.node("Reshape", [x, m.constant("rows", [0, 3, 36])], "reshape")
    m.result("FusedMatMul", [rows, rows], "scores", alpha=0.25, transB=1, **MS)
    m.declare("scores", ["N", 3, 3])
    m.result("FusedMatMul", [m.weight("turned", [36, 4], rows=36), rows], "turned-both", transA=1,
             transB=1, **MS)
    m.declare("turned-both", ["N", 4, 3])


@case("gelus", 17)
def gelus(m):
    """The forms of Gelu of ONNX Runtime's optimizer."""
    m.compared = False
    x = m.input("x", ["N", 4, 6], scale=2)
    bias = m.constant("bias", m.random([6]))
    for operator, operands, attributes in (
        ("Gelu", [x], {}), ("FastGelu", [x], {}), ("FastGelu", [x, bias], {}),
        ("BiasGelu", [x, bias], {}), ("QuickGelu", [x], {}), ("QuickGelu", [x], {"alpha": 1.0}),
    ):
        name = f"{operator}-{len(operands)}{len(attributes)}"
        m.result(operator, operands, name, **attributes, **MS)
        m.declare(name, ["N", 4, 6])


@case("trained-quantization", 13)
def trained_quantization(m):
    """Quant, BipolarQuant and Trunc of Brevitas and QONNX around a convolution, as qonnx executes them."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    m.compared = False
    # Batch dimensions are fixed: qonnx executes no others.
    x = m.input("x", [1, 3, 6, 6], scale=2)

    def quant(x, name, scale, bits, zero=0.0, **attributes):
        operands = [m.constant(f"{name}.{part}", np.float32(value)) for part, value in (
            ("scale", scale), ("zero", zero), ("bits", bits))]
        attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND", **attributes}
        return m.node("Quant", [x, *operands], name, **attributes, **QONNX)

    def output(x, shape):
        m.output(x)
        m.declare(x, shape)

    weight = quant(
        m.weight("weight", [4, 3, 3, 3]), "weight-quant",
        np.abs(m.random([4, 1, 1, 1], scale=0.02)) + 0.01, 4, narrow=1)
    inner = quant(x, "input-quant", 2**-5, 8)
    conv = m.node("Conv", [inner, weight], "conv", pads=[1, 1, 1, 1])
    relu = m.node("Relu", [conv], "relu")
    output(quant(relu, "relu-quant", 0.03125, 4, signed=0), [1, 4, 6, 6])
    for mode in ("CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"):
        output(quant(inner, f"quant-{mode.lower()}", 0.25, 6, 3.0, rounding_mode=mode), [1, 3, 6, 6])
    output(quant(x, "quant-one", 0.5, 1), [1, 3, 6, 6])
    m.result("BipolarQuant", [x, m.constant("bipolar.scale", 0.75)], "bipolar", **QONNX)
    m.declare("bipolar", [1, 3, 6, 6])
    parts = [m.constant(f"trunc.{i}", np.float32(v)) for i, v in enumerate((2**-5, 0, 8, 4))]
    m.result("Trunc", [inner, *parts], "trunc", rounding_mode="FLOOR", **QONNX)
    m.declare("trunc", [1, 3, 6, 6])

    def answers(feeds):
        found = execute_onnx(ModelWrapper(m.proto()).transform(InferShapes()), feeds)
        return [np.asarray(found[name], np.float32) for name in m.outputs]

    m.answers = answers


@case("transformer-layer", 17)
def transformer_layer(m):
    """A layer of BERT as ONNX Runtime's optimizer fuses it: embeddings, attention with a mask, sums."""
    m.compared = False
    batch, length, width = 2, 5, 12

    def vector(name, count=width):
        return m.constant(name, m.random([count], scale=0.5) + 1)

    def embedding(name, count):
        return m.constant(name, m.random([count, width], scale=0.5))

    def ids(name, count):
        m.input(name, [batch, length], np.int32)
        for data in m.data:
            data[name] = m.generator.integers(0, count, [batch, length]).astype(np.int32)
        return name

    words, kinds, mask = ids("words", 20), ids("kinds", 2), ids("mask", 2)
    for data in m.data:
        data["mask"][:, 0] = 1
    hidden, count = m.node(
        "EmbedLayerNormalization",
        [words, kinds, embedding("word", 20), embedding("position", 8), embedding("kind", 2),
         vector("embed.gain"), vector("embed.offset"), mask],
        "embed", outputs=["embedded", "count"], **MS)
    weights = m.constant("qkv.weight", m.random([width, 3 * width], scale=0.3))
    bias = m.constant("qkv.bias", m.random([3 * width], scale=0.2))
    attention = m.node(
        "Attention", [hidden, weights, bias, mask], "attention", num_heads=3, **MS)
    dense = m.node("MatMul", [attention, m.weight("dense.weight", [width, width])], "dense")
    first, _, _, total = m.node(
        "SkipLayerNormalization", [dense, hidden, vector("gain"), vector("offset"), vector("bias")],
        "skip", outputs=["first", "", "", "total"], **MS)
    up = m.node("MatMul", [first, m.weight("up.weight", [width, 24], rows=width)], "up.product")
    up = m.node("BiasGelu", [up, m.constant("up.bias", m.random([24]))], "up", **MS)
    down = m.node("MatMul", [up, m.weight("down.weight", [24, width], rows=24)], "down")
    m.result("SkipSimplifiedLayerNormalization", [down, first, vector("last")], "result", **MS)
    m.output(count, total)
    m.declare("result", [batch, length, width])
    m.declare("count", (TensorProto.INT32, [batch]))
    m.declare("total", [batch, length, width])


@case("attentions", 17)
def attentions(m):
    """Attention of several inputs, with a past, in groups of heads, and turned pairs."""
    m.compared = False
    q = m.input("q", [2, 3, 16])
    k = m.input("k", [2, 4, 16])
    v = m.input("v", [2, 4, 8])
    lengths = m.constant("lengths", [2, 4], np.int32)
    bias = m.constant("bias", m.random([40], scale=0.3))
    m.result("MultiHeadAttention", [q, k, v, bias, lengths], "cross", num_heads=4, **MS)
    m.declare("cross", [2, 3, 8])
    past = [m.input(f"past.{name}", [2, 2, 3, 8]) for name in "kv"]
    outputs = ["self", "present.k", "present.v"]
    m.result(
        "MultiHeadAttention", [q, q, q, "", "", "", *past], "past-attention", outputs=outputs,
        num_heads=2, unidirectional=1, **MS)
    for name, shape in zip(outputs, ([2, 3, 16], [2, 2, 6, 8], [2, 2, 6, 8])):
        m.declare(name, shape)
    g = m.input("g", [2, 3, 32])
    angles = m.random([8, 8])
    tables = [m.constant(name, f(angles)) for name, f in (("cos", np.cos), ("sin", np.sin))]
    positions = m.constant("positions", [[0, 1, 2], [4, 2, 0]])
    turned = m.node("RotaryEmbedding", [g, positions, *tables], "turned", num_heads=2, **MS)
    bounds = [m.constant(f"slice.{name}", [value]) for name, value in (("from", 0), ("to", 16), ("axis", 2))]
    key = m.node("Slice", [turned, *bounds], "half")
    total = [m.constant("last", [2, 2], np.int32), m.constant("total", 3, np.int32)]
    m.result(
        "GroupQueryAttention", [turned, key, key, "", "", *total, *tables], "grouped", num_heads=2,
        kv_num_heads=1, do_rotary=1, local_window_size=2, **MS)
    m.declare("grouped", [2, 3, 32])


@case("packed-products", 17)
def packed_products(m):
    """Products with weights of 2, 4 and 8 bits, and of integers that are scaled."""
    m.compared = False
    x = m.input("x", [2, 40])
    for bits, zeros in ((2, "none"), (4, "packed"), (4, "numbers"), (8, "packed")):
        def bytes(name, shape):
            values = m.generator.integers(0, 256, shape)
            return m.constant(f"{name}.{tag}", values, np.uint8)

        tag = f"{bits}.{zeros}"
        scales = m.constant(f"scales.{tag}", np.abs(m.random([6, 3], scale=0.02)) + 0.01)
        operands = [x, bytes("weights", [6, 3, 2 * bits]), scales]
        if zeros == "packed":
            operands.append(bytes("zeros", [6, -(-3 * bits // 8)]))
        elif zeros == "numbers":
            operands.append(m.constant("zero-numbers", m.generator.integers(0, 16, [6, 3]), np.float32))
        m.result("MatMulNBits", operands, f"product.{tag}", K=40, N=6, bits=bits, block_size=16, **MS)
        m.declare(f"product.{tag}", [2, 6])
    weights = m.constant("weights", integers(m, [40, 6], np.int8) // 2, np.int8)
    scales = m.constant("scales", np.abs(m.random([6], scale=0.02)) + 0.01)
    # One range for all rows, which are no batch then.
    rows = m.input("rows", [2, 40])
    m.result(
        "DynamicQuantizeMatMul", [rows, weights, scales, "", m.constant("bias", m.random([6]))],
        "dynamic", **MS)
    m.declare("dynamic", [2, 6])
    a = stepped(m, "a", [2, 40], np.uint8, open=False)
    m.result(
        "MatMulIntegerToFloat",
        [a, weights, m.constant("a.scale", 0.03), scales, m.constant("a.zero", 90, np.uint8)],
        "integers", **MS)
    m.declare("integers", [2, 6])
