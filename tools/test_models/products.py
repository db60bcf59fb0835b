"""Matrix products: Gemm and MatMul."""

import numpy as np
from onnx import numpy_helper

from .case import case


@case("gemm", 13)
def gemm(m):
    """Constant weights with transA, transB, alpha, beta and every shape of the third input."""
    x = m.input("x", ["N", 6])
    t = m.input("t", [6, "N"])
    right = m.weight("right", [6, 5], rows=6)
    transposed = m.weight("transposed", [5, 6])
    row = m.constant("row", m.random([5]))
    m.result("Gemm", [x, right], "plain")
    m.result("Gemm", [x, right, row], "row-bias")
    m.result("Gemm", [x, transposed, row], "trans-b", transB=1)
    m.result("Gemm", [t, right, row], "trans-a", transA=1)
    m.result("Gemm", [t, transposed, row], "trans-both", transA=1, transB=1, alpha=0.5, beta=-2.0)
    m.result("Gemm", [x, right, row], "alpha", alpha=-1.5)
    m.result("Gemm", [x, right, row], "beta", beta=0.25)
    m.result("Gemm", [x, right, row], "no-beta", beta=0.0)
    m.result("Gemm", [x, right, m.constant("scalar", np.float32(0.7))], "scalar-bias")
    m.result("Gemm", [x, right, m.constant("matrix", m.random([1, 5]))], "matrix-bias")
    m.result("Gemm", [x, right, m.constant("one", m.random([1]))], "one-bias")


@case("gemm-opset7", 7)
def gemm_opset7(m):
    """Gemm before its bias was optional, and with initializers that are graph inputs too."""
    x = m.input("x", ["N", 6])
    weight = m.weight("weight", [6, 4], rows=6)
    hidden = m.node("Gemm", [x, weight, m.constant("bias", m.random([4]))], "dense1", alpha=2.0)
    second = m.weight("weight2", [3, 4])
    m.result("Gemm", [hidden, second, m.constant("bias2", m.random([3]))], "dense2", transB=1)


@case("gemm-dynamic", 13)
def gemm_dynamic(m):
    """Gemm of graph inputs alone, and with the constant on the left."""
    a = m.input("a", [4, 3])
    b = m.input("b", [3, 5])
    c = m.input("c", [4, 1])
    m.result("Gemm", [a, b, c], "dynamic", alpha=0.5, beta=2.0)
    m.result("Gemm", [b, a, m.constant("bias", m.random([5, 4]))], "transposed", transA=1, transB=1)
    left = m.weight("left", [2, 3])
    m.result("Gemm", [left, b], "constant-left")
    m.result("Gemm", [m.weight("left-transposed", [3, 2]), b], "constant-left-transposed", transA=1)


@case("gemm-tall", 17)
def gemm_tall(m):
    """264 rows, taller than a crossbar."""
    m.output(m.gemm(m.input("x", ["N", 264]), "tall", 264, 12))


@case("gemm-wide", 17)
def gemm_wide(m):
    """264 columns, wider than a crossbar."""
    m.output(m.gemm(m.input("x", ["N", 12]), "wide", 12, 264))


@case("gemm-tall-and-wide", 17)
def gemm_tall_and_wide(m):
    """520 rows and 300 columns, the weights an outer product that the graph computes from constants."""
    x = m.input("x", ["N", 520])
    column = m.constant("column", m.random([520, 1]))
    row = m.constant("row", m.random([1, 300], scale=1 / 24))
    weight = m.node("Mul", [column, row], "weight")
    bias = m.constant("bias", m.random([300], scale=0.2))
    dense = m.node("Gemm", [x, weight, bias], "dense")
    m.result("Relu", [dense], "relu")


@case("matmul-constant-right", 13)
def matmul_constant_right(m):
    """MatMul by a constant matrix or vector, of inputs of one to four axes."""
    weight = m.weight("weight", [5, 4], rows=5)
    vector = m.weight("vector", [5], rows=5)
    for name, shape in (("v", [5]), ("x", ["N", 5]), ("s", ["N", 3, 5]), ("h", ["N", 2, 3, 5])):
        m.input(name, shape)
        m.result("MatMul", [name, weight], f"{name}-by-matrix")
        m.result("MatMul", [name, vector], f"{name}-by-vector")
    biased = m.node("MatMul", ["s", weight], "to-bias")
    m.result("Add", [m.constant("bias", m.random([4])), biased], "biased")
    m.result("MatMul", ["h", m.weight("stack", [2, 5, 3], rows=5)], "h-by-stack")


@case("matmul-constant-left", 13)
def matmul_constant_left(m):
    """MatMul of a constant matrix or vector by inputs of one to four axes."""
    weight = m.weight("weight", [4, 5])
    vector = m.weight("vector", [5], rows=5)
    for name, shape in (("v", [5]), ("x", [5, "N"]), ("s", ["N", 5, 3]), ("h", ["N", 2, 5, 3])):
        m.input(name, shape)
        m.result("MatMul", [weight, name], f"matrix-by-{name}")
        m.result("MatMul", [vector, name], f"vector-by-{name}")
    m.result("MatMul", [m.weight("stack", [2, 4, 5]), "h"], "stack-by-h")


@case("matmul-dynamic", 13)
def matmul_dynamic(m):
    """MatMul of two inputs: matrices, vectors, batches, batches that broadcast."""
    a = m.input("a", ["N", 3, 4])
    b = m.input("b", ["N", 4, 5])
    h = m.input("h", [3, 1, 2, 4])
    k = m.input("k", [2, 4, 3])
    v = m.input("v", [4])
    matrix = m.input("matrix", [4, 2])
    m.result("MatMul", [a, b], "batched")
    m.result("MatMul", [h, k], "broadcast")
    m.result("MatMul", [a, matrix], "by-matrix")
    m.result("MatMul", [a, v], "by-vector")
    m.result("MatMul", [v, k], "vector-by-batch")
    m.result("MatMul", [v, v], "scalar")


@case("matmul-integer-types", 13)
def matmul_integer_types(m):
    """MatMul of int64 and int32, which is exact."""
    a = m.input("a", [2, 3], np.int64)
    b = m.input("b", [3, 2], np.int64)
    c = m.input("c", [2, 3], np.int32)
    m.result("MatMul", [a, b], "int64")
    m.result("MatMul", [c, m.constant("d", m.random([3, 4], np.int32), np.int32)], "int32")


@case("weights-from-nodes", 17)
def weights_from_nodes(m):
    """Weights that are not initializers: Constant, Transpose, Cast from float16 and int8, Identity, shared."""
    x = m.input("x", ["N", 6])
    value = numpy_helper.from_array(m.random([6, 4], scale=0.4), "value")
    constant = m.node("Constant", [], "constant", value=value)
    h = m.node("MatMul", [x, constant], "by-constant")
    turned = m.node("Transpose", [m.weight("stored", [4, 4])], "transpose")
    h = m.node("MatMul", [h, turned], "by-transpose")
    half = m.constant("half", m.random([4, 4], scale=0.5), np.float16)
    h = m.node("MatMul", [h, m.node("Cast", [half], "from-half", to=1)], "by-half")
    small = m.node("Cast", [m.constant("small", m.random([4, 4]), np.int8)], "from-int8", to=1)
    scaled = m.node("Mul", [small, m.constant("scale", 0.125)], "scaled")
    h = m.node("Gemm", [h, scaled], "by-int8", transB=1)
    shared = m.node("Identity", [m.weight("shared", [4, 4])], "identity")
    h = m.node("MatMul", [h, shared], "by-shared")
    m.result("Gemm", [h, shared], "by-shared-transposed", transB=1)


@case("matmul-of-one-input", 17)
def matmul_of_one_input(m):
    """Queries, keys and values of one attention head, which take fewer crossbars side by side."""
    x = m.input("x", ["N", 3, 8])
    q, k, v = (m.node("MatMul", [x, m.weight(f"w{p}", [8, 100], rows=8)], p) for p in "qkv")
    k = m.node("Add", [k, m.constant("bias", m.random([100]))], "k.biased")
    scores = m.node("MatMul", [q, m.node("Transpose", [k], "k.turned", perm=[0, 2, 1])], "scores")
    weights = m.node("Softmax", [scores], "weights", axis=-1)
    m.output(m.node("MatMul", [weights, v], "mixed"))


@case("attention-open", 23, sizes=({"N": 2, "S": 3, "D": 4, "W": 6},))
def attention_open(m):
    """Attention without scale, the size of whose heads the model leaves open, in both forms of its operands."""
    heads = [m.input(name, ["N", 2, "S", "D"]) for name in ("query", "key", "value")]
    m.output(m.node("Attention", heads, "heads"))
    flat = [m.input(name, ["N", "S", "W"]) for name in ("queries", "keys", "values")]
    m.output(m.node("Attention", flat, "flat", q_num_heads=3, kv_num_heads=3, is_causal=1))
