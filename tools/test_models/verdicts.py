"""Networks whose outputs another implementation, or another order of sums, gives a little differently."""

import numpy as np

from .case import case


@case("verdicts/float16-chain", 18, sizes=({},))
def float16_chain(m):
    """Three products in half precision, which ONNX Runtime computes with other roundings between them."""
    m.compared = False
    x = m.input("x", [1, 32], np.float16)
    for number, (rows, columns) in enumerate([(32, 32), (32, 32), (32, 8)]):
        weight = m.random([rows, columns], scale=0.3).astype(np.float16)
        x = m.node("MatMul", [x, m.constant(f"w{number}", weight, np.float16)], f"product{number}")
        if number < 2:
            x = m.node("Relu", [x], f"relu{number}")
    m.result("Softmax", [x], "o")


@case("verdicts/float16-resize", 18, sizes=({},))
def float16_resize(m):
    """A linear resize in half precision, whose steps are 5·10⁻⁴ of the numbers."""
    m.compared = False
    x = m.input("x", [1, 3, 7, 9], np.float16)
    scales = m.constant("scales", np.array([1, 1, 1.7, 1.4], np.float32))
    m.result("Resize", [x, "", scales], "o", mode="linear")


@case("verdicts/quantized-ties", 13, sizes=({},))
def quantized_ties(m):
    """Products of integers whose results lie in the middle between two steps of QuantizeLinear."""
    m.compared = False
    zero = m.constant("zero", np.int8(0), np.int8)
    coarse, fine = m.constant("coarse", np.float32(0.1)), m.constant("fine", np.float32(0.02))
    result = m.constant("result", np.float32(0.004))
    x = m.input("x", [8, 24])

    def quantized(x, scale, name):
        x = m.node("QuantizeLinear", [x, scale, zero], f"{name}.quantize")
        return m.node("DequantizeLinear", [x, scale, zero], name)

    def weights(name, shape):
        codes = m.constant(f"{name}.codes", m.generator.integers(-1, 2, shape), np.int8)
        return m.node("DequantizeLinear", [codes, fine, zero], name)

    x = quantized(x, coarse, "a")
    x = m.node("MatMul", [x, weights("w1", [24, 16])], "y")
    x = quantized(x, result, "b")
    x = m.node("MatMul", [x, weights("w2", [16, 16])], "c")
    x = quantized(x, result, "d")
    m.result("Add", [x, m.constant("addend", m.random([16]))], "o")


@case("verdicts/sign-of-zero", 13, sizes=({},))
def sign_of_zero(m):
    """Sums of ±1 of which many are exactly 0, also with a power of two a column, and their signs."""
    m.data[0]["x"] = m.generator.choice([-1.0, 1.0], [4, 30]).astype(np.float32)
    data = dict(m.data[0])
    x = m.input("x", [4, 30])
    m.data[0].update(data)
    plain = m.generator.choice([-1.0, 1.0], [30, 12]).astype(np.float32)
    scaled = m.generator.choice([-1.0, 1.0], [30, 12]) * 2.0 ** -m.generator.integers(0, 5, [12])
    for name, weights in [("plain", plain), ("scaled", scaled)]:
        product = m.node("MatMul", [x, m.constant(f"{name}.w", weights)], f"{name}.product")
        m.result("Sign", [product], name)


@case("verdicts/sigmoid-far-below-zero", 13, sizes=({},))
def sigmoid_far_below_zero(m):
    """Logistic functions of −16, which ONNX Runtime computes to 10⁻⁸ of 1, not of the result."""
    x = m.input("x", [1, 8], scale=0.01)
    weight = m.constant("w", m.random([8, 4], scale=0.01))
    bias = m.constant("b", np.full([4], -16.0))
    m.result("Sigmoid", [m.node("Gemm", [x, weight, bias], "sum")], "o")


@case("verdicts/argmax", 13, sizes=({"N": 150},))
def argmax(m):
    """Classes as integers."""
    x = m.input("x", ["N", 16])
    product = m.node("MatMul", [x, m.constant("w", m.random([16, 10], scale=0.3))], "scores")
    m.result("ArgMax", [product], "classes", axis=1, keepdims=0)
