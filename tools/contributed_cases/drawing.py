"""A model of one operator, drawn from a generator."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
OPSETS = (13, 15, 17, 19, 21)


class Drawing:
    """The nodes, inputs and constants of a model, and the numbers that it is run on."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.opset = int(self.choice(OPSETS))
        self.domains = {}
        self.nodes, self.constants, self.inputs, self.outputs, self.feeds = [], [], [], [], {}
        self.tolerance = (1e-4, 1e-5)
        self.steps = 0  # by how many steps few elements of an integer result may depart

    def choice(self, values):
        return values[int(self.random.integers(len(values)))]

    def chance(self, part=0.5):
        return bool(self.random.random() < part)

    def size(self, low=1, high=6):
        return int(self.random.integers(low, high + 1))

    def shape(self, rank, high=6):
        return [self.size(1, high) for _ in range(rank)]

    def normal(self, shape, scale=1.0, type=np.float32):
        return self.random.normal(0, scale, shape).astype(type)

    def integers(self, shape, type):
        """Integers over the whole range of a type, the ends more often than by chance."""
        info = np.iinfo(type)
        values = self.random.integers(info.min, info.max + 1, shape)
        ends = self.random.choice([info.min, info.max], shape)
        return np.where(self.random.random(shape) < 0.1, ends, values).astype(type)

    def scale(self, near=0.05):
        """A scale: a power of two, whose multiples tie, or any number."""
        if self.chance(0.3):
            return np.float32(2.0 ** np.round(np.log2(near) + self.random.integers(-1, 2)))
        return np.float32(near * np.exp(self.random.normal(0, 0.5)))

    def zero(self, type):
        info = np.iinfo(type)
        if self.chance(0.3):
            return np.array(self.choice([0, info.min, info.max, (info.min + info.max + 1) // 2]), type)
        return np.array(self.random.integers(info.min, info.max + 1), type)

    def input(self, array, name=None, open=False):
        name = name or f"x{len(self.inputs)}"
        array = np.asarray(array)
        shape = list(array.shape)
        if open and shape:
            shape[0] = "N"
        self.inputs.append(
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape))
        self.feeds[name] = array
        return name

    def constant(self, array, name=None):
        name = name or f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def number(self, value):
        """A constant of one element, with a dimension or without."""
        return self.constant(np.asarray(value).reshape([1] if self.chance(0.3) else []))

    def node(self, operator, operands, results=1, domain=MICROSOFT, version=1, **attributes):
        while operands and not operands[-1]:
            operands = operands[:-1]
        names = [f"y{len(self.nodes)}.{i}" for i in range(results)]
        if domain:
            self.domains[domain] = version
        self.nodes.append(helper.make_node(
            operator, operands, names, name=f"n{len(self.nodes)}", domain=domain,
            **{key: value for key, value in attributes.items() if value is not None}))
        return names if results > 1 else names[0]

    def result(self, name, type=TensorProto.FLOAT):
        self.outputs.append(helper.make_tensor_value_info(name, type, None))

    def results(self, *pairs):
        for name, type in pairs:
            self.result(name, helper.np_dtype_to_tensor_dtype(np.dtype(type)))

    def model(self):
        sets = [helper.make_opsetid("", self.opset)]
        sets += [helper.make_opsetid(name, version) for name, version in self.domains.items()]
        graph = helper.make_graph(
            self.nodes, "drawn", self.inputs, self.outputs, self.constants)
        return helper.make_model(graph, opset_imports=sets, ir_version=9)
