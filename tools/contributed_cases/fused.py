"""What ONNX Runtime's optimizer makes of products, sums and activations."""

import numpy as np

from .quantized import broadcast

CONV = ["Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid"]
GEMM = CONV[:4] + ["HardSigmoid", "Elu", "Softplus", "Softsign", "ThresholdedRelu"]
PARAMETERS = {
    "LeakyRelu": [0.1], "Clip": [-0.5, 0.75], "HardSigmoid": [0.3, 0.4], "Elu": [0.7],
    "ThresholdedRelu": [0.2]}


def gelu(d):
    d.results((d.node("Gelu", [d.input(d.normal(d.shape(d.size(1, 4)), 2))]), np.float32))


def fast_gelu(d):
    shape = d.shape(d.size(1, 4))
    x = d.input(d.normal(shape, 2))
    bias = d.constant(d.normal(shape[-1:])) if d.chance() else ""
    d.tolerance = (1e-4, 2e-5)
    d.results((d.node("FastGelu", [x, bias]), np.float32))


def bias_gelu(d):
    shape = d.shape(d.size(1, 4))
    bias = d.normal(shape[-1:])
    operands = [d.input(d.normal(shape, 2)), d.constant(bias) if d.chance() else d.input(bias)]
    d.results((d.node("BiasGelu", operands), np.float32))


def quick_gelu(d):
    alpha = d.choice([None, 1.0, 0.5, -1.702, 1.702])
    x = d.input(d.normal(d.shape(d.size(1, 4)), 2))
    d.results((d.node("QuickGelu", [x], alpha=alpha), np.float32))


def fused_conv(d):
    rank = d.size(1, 2)
    groups = d.choice([1, 1, 2])
    kernel = [d.size(1, 3) for _ in range(rank)]
    inputs, outputs = groups * d.size(1, 3), groups * d.size(1, 3)
    x = d.input(d.normal([d.size(1, 2), inputs, *[d.size(4, 8) for _ in range(rank)]]))
    weights = d.constant(d.normal([outputs, inputs // groups, *kernel], 0.4))
    bias = d.constant(d.normal([outputs])) if d.chance(0.7) else ""
    name = d.choice(CONV + [None])
    attributes = {"activation": name, "activation_params": PARAMETERS.get(name), "group": groups}
    if d.chance():
        attributes["pads"] = [int(d.random.integers(0, n)) for n in kernel + kernel]
    if d.chance():
        attributes["strides"] = [d.size(1, 2) for _ in kernel]
    if d.chance():
        attributes["kernel_shape"] = kernel
    addend = ""
    if d.chance(0.3):
        product = d.node("Conv", [x, weights, bias], domain="", **{
            k: v for k, v in attributes.items() if not k.startswith("activation")})
        addend = d.node("Mul", [product, d.constant(np.float32(-0.4))], domain="")
    d.results((d.node("FusedConv", [x, weights, bias, addend], **attributes), np.float32))


def fused_gemm(d):
    m, k, n = d.size(), d.size(1, 20), d.size()
    turned = d.chance(), d.chance()
    a = d.input(d.normal([k, m] if turned[0] else [m, k]))
    b = d.normal([n, k] if turned[1] else [k, n])
    b = d.constant(b) if d.chance(0.8) else d.input(b)
    bias = d.choice([None, [n], [1, n], [m, n], [m, 1], [1], []])
    c = "" if bias is None else d.constant(d.normal(bias))
    name = d.choice(GEMM)
    parameters = PARAMETERS.get(name, []) if d.chance(0.8) or name == "ThresholdedRelu" else []
    attributes = dict(zip(["activation_alpha", "activation_beta"], parameters))
    d.results((
        d.node(
            "FusedGemm", [a, b, c], transA=int(turned[0]), transB=int(turned[1]), activation=name,
            alpha=d.choice([None, 0.5]), beta=d.choice([None, -1.5]), **attributes),
        np.float32))


def fused_mat_mul(d):
    """Factors of one rank, in the orders of dimensions that the attributes say."""
    rank = d.choice([2, 3, 4])
    batch = d.shape(rank - 2, 3)
    m, k, n = d.size(), d.size(), d.size()
    batch_turned = rank > 2 and d.chance(0.3)
    turned = d.chance(), d.chance()

    def order(rows, columns, is_turned):
        matrix = [columns, rows] if is_turned else [rows, columns]
        return [matrix[0], *batch, matrix[1]] if batch_turned else [*batch, *matrix]

    a = d.input(d.normal(order(m, k, turned[0])))
    b = d.normal(order(k, n, turned[1]))
    b = d.constant(b) if d.chance() else d.input(b)
    d.results((
        d.node(
            "FusedMatMul", [a, b], alpha=d.choice([None, 0.125, -2.0]), transA=int(turned[0]),
            transB=int(turned[1]), transBatchA=int(batch_turned), transBatchB=int(batch_turned)),
        np.float32))


def fused_mat_mul_broadcast(d):
    shape, other = broadcast(d)
    k = d.size()
    a, b = d.input(d.normal([*shape, d.size(), k])), d.input(d.normal([*other, k, d.size()]))
    d.results((d.node("FusedMatMul", [a, b], alpha=0.5), np.float32))


ALL = [
    gelu, fast_gelu, bias_gelu, quick_gelu, fused_conv, fused_gemm, fused_mat_mul,
    fused_mat_mul_broadcast,
]
