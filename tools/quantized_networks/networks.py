"""Random small networks in floating point, of the forms that people quantise."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """A network that grows node by node; `shape` is that of the value named last."""

    def __init__(self, generator, shape):
        self.generator = generator
        self.nodes, self.initializers = [], []
        self.value, self.shape = "x", list(shape)
        self.input_shape = list(shape)
        self.outputs = []

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, shape, rows):
        scale = self.generator.choice([0.3, 1.0, 2.0]) / np.sqrt(rows)
        values = self.generator.normal(0, scale, shape)
        if self.generator.random() < 0.2:
            values = np.abs(values)  # one sign: the zero point is at an end
        return self.constant(values.astype(np.float32))

    def add(self, operator, operands, shape, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, operands, [name], name=f"{operator}{len(self.nodes)}",
                             **attributes))
        self.value, self.shape = name, list(shape)
        return name

    def model(self):
        outputs = self.outputs or [(self.value, self.shape)]
        graph = helper.make_graph(
            self.nodes, "network",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.input_shape)],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
            self.initializers)
        # Before opset 21, integers of 16 bits are quantised by operators of com.microsoft.
        opset = int(self.generator.choice([18, 21]))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 10
        onnx.checker.check_model(model, full_check=True)
        return model

    # Layers

    def conv(self, filters, kernel, stride=1, pad=0, groups=1, bias=True):
        batch, channels, *sizes = self.shape
        depth = channels // groups
        operands = [self.value, self.weight([filters, depth] + [kernel] * len(sizes),
                                            depth * kernel ** len(sizes))]
        if bias:
            operands.append(
                self.constant(self.generator.normal(0, 0.3, filters).astype(np.float32)))
        sizes = [(s + 2 * pad - kernel) // stride + 1 for s in sizes]
        self.add("Conv", operands, [batch, filters] + sizes, group=groups,
                 strides=[stride] * len(sizes), pads=[pad] * (2 * len(sizes)))

    def gemm(self, columns, bias=True):
        transposed = int(self.generator.integers(2))
        shape = [columns, self.shape[1]] if transposed else [self.shape[1], columns]
        operands = [self.value, self.weight(shape, self.shape[1])]
        if bias:
            operands.append(
                self.constant(self.generator.normal(0, 0.3, columns).astype(np.float32)))
        self.add("Gemm", operands, [self.shape[0], columns], transB=transposed)

    def matmul(self, columns):
        rows = self.shape[-1]
        self.add("MatMul", [self.value, self.weight([rows, columns], rows)],
                 self.shape[:-1] + [columns])

    def left_matmul(self, rows):
        """A constant times the value."""
        depth, columns = self.shape[-2:]
        self.add("MatMul", [self.weight([rows, depth], depth), self.value],
                 self.shape[:-2] + [rows, columns])

    def activation(self):
        kind = self.generator.choice(
            ["Relu", "Relu", "Clip", "LeakyRelu", "Sigmoid", "Tanh", "none"])
        if kind == "Clip":
            bounds = [self.constant(np.float32(0)), self.constant(np.float32(6))]
            self.add("Clip", [self.value] + bounds, self.shape)
        elif kind != "none":
            self.add(str(kind), [self.value], self.shape)

    def pool(self):
        kind = str(self.generator.choice(["MaxPool", "AveragePool"]))
        if min(self.shape[2:]) < 2:
            return
        sizes = [s // 2 for s in self.shape[2:]]
        self.add(kind, [self.value], self.shape[:2] + sizes, kernel_shape=[2] * len(sizes),
                 strides=[2] * len(sizes))

    def flatten(self):
        self.add("Flatten", [self.value], [self.shape[0], int(np.prod(self.shape[1:]))])


def cnn(generator):
    """Convolutions, plain, strided, grouped and depthwise, with residual additions and pooling."""
    channels = int(generator.integers(1, 5))
    rank = int(generator.choice([1, 2, 2, 2]))
    network = Network(generator, [2, channels] + [int(generator.integers(5, 10))] * rank)
    for _ in range(int(generator.integers(1, 4))):
        kind = generator.choice(["plain", "depthwise", "grouped", "residual", "pool", "strided"])
        channels = network.shape[1]
        if kind == "plain":
            network.conv(int(generator.integers(1, 9)), 3, pad=1, bias=generator.random() < 0.7)
        elif kind == "strided" and min(network.shape[2:]) > 2:
            network.conv(int(generator.integers(1, 9)), 3, stride=2, pad=int(generator.integers(2)))
        elif kind == "depthwise":
            network.conv(channels * int(generator.integers(1, 3)), 3, pad=1, groups=channels)
        elif kind == "grouped" and channels % 2 == 0:
            network.conv(2 * int(generator.integers(1, 4)), 1, groups=2)
        elif kind == "residual":
            before, shape = network.value, network.shape
            network.conv(channels, 3, pad=1)
            network.activation()
            network.add("Add", [network.value, before], shape)
        elif kind == "pool":
            network.pool()
        network.activation()
    if generator.random() < 0.6:
        if generator.random() < 0.5:
            network.add("GlobalAveragePool", [network.value],
                        network.shape[:2] + [1] * (len(network.shape) - 2))
        network.flatten()
        network.gemm(int(generator.integers(1, 8)), bias=generator.random() < 0.7)
    return finished(network)


def mlp(generator):
    """Gemm and MatMul with Add, a softmax or nothing behind."""
    network = Network(generator, [int(generator.integers(1, 5)), int(generator.integers(1, 20))])
    for _ in range(int(generator.integers(1, 4))):
        if generator.random() < 0.5:
            network.gemm(int(generator.integers(1, 20)), bias=generator.random() < 0.7)
        else:
            network.matmul(int(generator.integers(1, 20)))
            if generator.random() < 0.5:
                bias = generator.normal(0, 0.3, network.shape[-1]).astype(np.float32)
                network.add("Add", [network.value, network.constant(bias)], network.shape)
        network.activation()
    return finished(network)


def attention(generator):
    """One or two heads: products of two computed operands, a softmax, a residual addition."""
    heads, width = int(generator.integers(1, 3)), int(generator.integers(2, 6))
    length, depth = int(generator.integers(2, 6)), heads * width
    network = Network(generator, [int(generator.integers(1, 3)), length, depth])
    batch = network.shape[0]
    split = network.constant(np.array([0, 0, heads, width], np.int64))
    merge = network.constant(np.array([0, 0, depth], np.int64))
    parts = []
    for permutation in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
        network.value, network.shape = "x", [batch, length, depth]
        network.matmul(depth)
        network.add("Reshape", [network.value, split], [batch, length, heads, width])
        shape = [network.shape[axis] for axis in permutation]
        parts.append(network.add("Transpose", [network.value], shape, perm=permutation))
    query, key, value = parts
    network.add("MatMul", [query, key], [batch, heads, length, length])
    if generator.random() < 0.7:
        factor = network.constant(np.float32(1 / np.sqrt(width)))
        network.add("Mul", [network.value, factor], network.shape)
    network.add("Softmax", [network.value], network.shape, axis=-1)
    network.add("MatMul", [network.value, value], [batch, heads, length, width])
    network.add("Transpose", [network.value], [batch, length, heads, width], perm=[0, 2, 1, 3])
    network.add("Reshape", [network.value, merge], [batch, length, depth])
    network.matmul(depth)
    if generator.random() < 0.5:
        network.add("Add", [network.value, "x"], network.shape)
    return finished(network)


def left(generator):
    """Constants on the left, as token mixers have, and products of a value with itself."""
    network = Network(generator, [int(generator.integers(1, 4)), int(generator.integers(2, 7)),
                                  int(generator.integers(2, 7))])
    for _ in range(int(generator.integers(1, 4))):
        kind = generator.choice(["left", "left", "right", "gram"])
        if kind == "left":
            network.left_matmul(int(generator.integers(1, 7)))
        elif kind == "right":
            network.matmul(int(generator.integers(1, 7)))
        else:
            batch, rows, columns = network.shape
            before = network.value
            network.add("Transpose", [before], [batch, columns, rows], perm=[0, 2, 1])
            network.add("MatMul", [before, network.value], [batch, rows, rows])
        network.activation()
    return finished(network)


def moving(generator):
    """Convolutions with what moves elements between them."""
    network = Network(generator, [1, 4, 6, 6])
    network.conv(4, 3, pad=1)
    before, shape = network.value, network.shape
    network.activation()
    kind = generator.choice(["Concat", "Pad", "Resize", "Transpose", "Split", "Slice"])
    if kind == "Concat":
        network.add("Concat", [network.value, before], [1, 8, 6, 6], axis=1)
    elif kind == "Pad":
        pads = network.constant(np.array([0, 0, 1, 0, 0, 0, 1, 2], np.int64))
        network.add("Pad", [network.value, pads], [1, 4, 8, 8])
    elif kind == "Resize":
        sizes = network.constant(np.array([1, 4, 12, 12], np.int64))
        network.add("Resize", [network.value, "", "", sizes], [1, 4, 12, 12], mode="nearest")
    elif kind == "Transpose":
        network.add("Transpose", [network.value], shape, perm=[0, 1, 3, 2])
    elif kind == "Split":
        name = network.value
        network.nodes.append(
            helper.make_node("Split", [name], ["part0", "part1"], name="split", axis=1,
                             num_outputs=2))
        network.add("Add", ["part0", "part1"], [1, 2, 6, 6])
    else:
        ends = [network.constant(np.array(v, np.int64)) for v in ([1, 1], [5, 6], [2, 3])]
        network.add("Slice", [network.value] + ends, [1, 4, 4, 5])
    network.conv(3, 3)
    return finished(network)


def finished(network):
    """The model; now and then with a second output from the middle."""
    generator = network.generator
    if network.nodes and generator.random() < 0.2:
        network.add("Softmax" if generator.random() < 0.5 else "Sigmoid", [network.value],
                    network.shape)
    if not network.nodes:
        network.gemm(3) if len(network.shape) == 2 else network.conv(2, 1)
    return network.model()


KINDS = {"cnn": cnn, "mlp": mlp, "attention": attention, "left": left, "moving": moving}
