"""Single products of integers with every form of zero points, and what they are by definition.

ONNX Runtime takes fewer forms than the operators have; NumPy's integers are exact, or wrap.
"""

import numpy as np
from onnx import helper, numpy_helper

TYPES = [np.uint8, np.int8]
LONG = [np.int32, np.uint32, np.int64, np.uint64]


class Product:
    """A model of one node, its inputs, and a place for what it computes."""

    def __init__(self, generator, operator):
        self.generator = generator
        self.operator = operator
        self.inputs, self.initializers, self.names = {}, [], []

    def whole(self, shape, type):
        """Random integers of a type, now and then at the ends of its range only."""
        range = np.iinfo(type)
        if self.generator.random() < 0.2:
            return self.generator.choice(np.array([range.min, range.max], type), shape)
        return self.generator.integers(range.min, range.max, shape, dtype=type, endpoint=True)

    def operand(self, array, constant):
        name = f"p{len(self.names)}"
        self.names.append(name)
        array = np.asarray(array)
        if constant:
            self.initializers.append(numpy_helper.from_array(array, name))
        else:
            self.inputs[name] = array
        return array

    def missing(self):
        self.names.append("")

    def zero_point(self, type, sizes, constant):
        """A zero point: none, a scalar, a vector of one, or one for each of `sizes`, if it is given."""
        form = self.generator.choice(["none", "scalar", "one", "each"])
        if form == "none":
            self.missing()
            return np.zeros([], type)
        shape = {"scalar": [], "one": [1], "each": [sizes] if sizes else []}[str(form)]
        return self.operand(self.whole(shape, type), constant)

    def model(self, result, **attributes):
        names = self.names
        while names and not names[-1]:
            names = names[:-1]
        kind = helper.np_dtype_to_tensor_dtype
        graph = helper.make_graph(
            [helper.make_node(self.operator, names, ["y"], name="product", **attributes)], "product",
            [helper.make_tensor_value_info(n, kind(a.dtype), a.shape)
             for n, a in self.inputs.items()],
            [helper.make_tensor_value_info("y", kind(result.dtype), result.shape)],
            self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
        model.ir_version = 10
        return model, self.inputs, [result]


def column(vector):
    """A zero point of rows, to be subtracted from the last two dimensions."""
    return vector.astype(np.int64).reshape([-1, 1]) if vector.ndim else vector.astype(np.int64)


def requantised(sums, factor, zero, type):
    range = np.iinfo(type)
    scaled = sums.astype(np.float32) * factor
    return np.clip(np.rint(scaled) + zero.astype(np.float32), range.min, range.max).astype(type)


def matrices(product, generator):
    """Two matrices, or batches of them, of which one may be constant, and their zero points."""
    rows, inner, columns = (int(generator.integers(1, 7)) for _ in range(3))
    if generator.random() < 0.1:
        inner = 300  # sums beyond what f32 holds exactly
    batch = [int(generator.integers(1, 4))] * int(generator.integers(2))
    types = [TYPES[int(generator.integers(2))] for _ in range(2)]
    constant = [bool(generator.random() < 0.4), bool(generator.random() < 0.4)]
    if all(constant):
        constant[0] = False
    a = product.whole(batch + [rows, inner], types[0])
    b = product.whole((batch if generator.random() < 0.5 else []) + [inner, columns], types[1])
    return a, b, types, constant


def matmul_integer(generator):
    product = Product(generator, "MatMulInteger")
    a, b, types, constant = matrices(product, generator)
    product.operand(a, constant[0])
    product.operand(b, constant[1])
    is_known = bool(generator.random() < 0.7)
    left = product.zero_point(types[0], a.shape[-2], is_known)
    right = product.zero_point(types[1], b.shape[-1], is_known)
    sums = (a.astype(np.int64) - column(left)) @ (b.astype(np.int64) - right.astype(np.int64))
    return product.model(sums.astype(np.int32))


def scale(product, generator, sizes):
    shape = [sizes] if sizes and generator.random() < 0.4 else []
    return product.operand(generator.uniform(0.001, 0.1, shape).astype(np.float32), True)


def qlinear_matmul(generator):
    product = Product(generator, "QLinearMatMul")
    a, b, types, constant = matrices(product, generator)
    parts = []
    for array, type, sizes, is_constant in (
            (a, types[0], None, constant[0]), (b, types[1], b.shape[-1], constant[1])):
        product.operand(array, is_constant)
        factor = scale(product, generator, sizes)
        parts.append((factor, product.operand(product.whole(factor.shape, type), True)))
    result = scale(product, generator, None)
    zero = product.operand(product.whole([], types[0]), True)
    sums = (a.astype(np.int64) - column(parts[0][1])) @ (
        b.astype(np.int64) - parts[1][1].astype(np.int64))
    factor = parts[0][0] * parts[1][0] / result
    return product.model(requantised(sums, factor, zero, types[0]))


def convolved(x, w, pads, groups):
    """The sums of a convolution without stride, of integers that are less their zero points."""
    x = np.pad(x, [(0, 0), (0, 0), (pads, pads), (pads, pads)])
    depth, filters = w.shape[1], w.shape[0] // groups
    sizes = [x.shape[axis + 2] - w.shape[axis + 2] + 1 for axis in range(2)]
    sums = np.zeros([x.shape[0], w.shape[0], *sizes], np.int64)
    for group in range(groups):
        of_group = slice(group * filters, (group + 1) * filters)
        part = x[:, group * depth:(group + 1) * depth]
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                sums[:, of_group] += np.einsum(
                    "nchw,oc->nohw", part[:, :, i:i + sizes[0], j:j + sizes[1]],
                    w[of_group, :, i, j])
    return sums


def images(product, generator):
    groups = int(generator.choice([1, 1, 2]))
    channels, filters = groups * int(generator.integers(1, 4)), groups * int(generator.integers(1, 4))
    types = [TYPES[int(generator.integers(2))] for _ in range(2)]
    x = product.whole([int(generator.integers(1, 3)), channels, 5, 4], types[0])
    w = product.whole([filters, channels // groups, int(generator.integers(1, 4)), 2], types[1])
    return x, w, types, groups, int(generator.integers(2))


def conv_integer(generator):
    product = Product(generator, "ConvInteger")
    x, w, types, groups, pads = images(product, generator)
    product.operand(x, False)
    product.operand(w, bool(generator.random() < 0.6))
    left = product.zero_point(types[0], None, True)
    right = product.zero_point(types[1], w.shape[0], True)
    sums = convolved(
        x.astype(np.int64) - left.astype(np.int64),
        w.astype(np.int64) - right.astype(np.int64).reshape([-1, 1, 1, 1]), pads, groups)
    return product.model(sums.astype(np.int32), group=groups, pads=[pads] * 4)


def qlinear_conv(generator):
    product = Product(generator, "QLinearConv")
    x, w, types, groups, pads = images(product, generator)
    product.operand(x, False)
    first = scale(product, generator, None)
    left = product.operand(product.whole([], types[0]), True)
    product.operand(w, bool(generator.random() < 0.6))
    second = scale(product, generator, w.shape[0])
    right = product.operand(product.whole(second.shape, types[1]), True)
    result = scale(product, generator, None)
    zero = product.operand(product.whole([], types[0]), True)
    sums = convolved(
        x.astype(np.int64) - left.astype(np.int64),
        w.astype(np.int64) - right.astype(np.int64).reshape([-1, 1, 1, 1]), pads, groups)
    if generator.random() < 0.5:
        bias = generator.integers(-5000, 5000, w.shape[0]).astype(np.int32)
        product.operand(bias, True)
        sums += bias.reshape([1, -1, 1, 1])
    factor = first * (second.reshape([1, -1, 1, 1]) if second.ndim else second) / result
    return product.model(
        requantised(sums, factor, zero, types[0]), group=groups, pads=[pads] * 4)


def long_matmul(generator):
    product = Product(generator, "MatMul")
    type = LONG[int(generator.integers(4))]
    shapes = [[3, 4], [4, 2]] if generator.random() < 0.5 else [[2, 1, 3, 4], [2, 4, 2]]
    a, b = (product.whole(shape, type) for shape in shapes)
    product.operand(a, False)
    product.operand(b, bool(generator.integers(2)))
    return product.model(a @ b)


def long_gemm(generator):
    product = Product(generator, "Gemm")
    type = LONG[int(generator.integers(4))]
    trans_a, trans_b = (int(generator.integers(2)) for _ in range(2))
    a = product.operand(product.whole([4, 3] if trans_a else [3, 4], type), False)
    b = product.operand(product.whole([2, 4] if trans_b else [4, 2], type),
                        bool(generator.integers(2)))
    alpha, beta = int(generator.integers(1, 4)), int(generator.integers(0, 3))
    y = (a.T if trans_a else a) @ (b.T if trans_b else b) * type(alpha)
    if generator.random() < 0.6:
        shape = [[3, 2], [2], [1, 2], []][int(generator.integers(4))]
        c = product.operand(product.whole(shape, type), bool(generator.integers(2)))
        y = y + c * type(beta)
    return product.model(y, transA=trans_a, transB=trans_b, alpha=float(alpha), beta=float(beta))


PRODUCTS = [matmul_integer, qlinear_matmul, conv_integer, qlinear_conv, long_matmul, long_gemm]


def random_product(number):
    """A product, its inputs and its outputs."""
    generator = np.random.default_rng([number, 1])
    with np.errstate(over="ignore"):
        return PRODUCTS[number % len(PRODUCTS)](generator)
