"""A test case: an ONNX model built node by node, and the inputs that it is run on."""

import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CASES = []


def case(name, opset, sizes=({"N": 2},)):
    """Registers a function that builds the model; `sizes` gives symbolic dimensions per data set."""

    def register(build):
        model = Model(name, opset, sizes, " ".join(build.__doc__.split()))
        build(model)
        CASES.append(model)
        return build

    return register


class Model:
    def __init__(self, name, opset, sizes, about):
        self.name = name
        self.opset = opset
        self.sizes = sizes
        self.about = about
        self.generator = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes = []
        self.initializers = []
        self.inputs = []
        self.outputs = []
        self.functions = []
        self.compared = True  # whether onnx's evaluator can do it
        self.answers = None  # what gives the outputs of inputs in place of ONNX Runtime
        self.data_prop = True  # whether onnx follows the contents of shapes
        self.declared = {}
        self.metadata = {}
        self.data = [{} for _ in sizes]

    def input(self, name, shape, type=np.float32, scale=1.0):
        """A graph input of random values; strings in the shape are symbolic dimensions."""
        element = helper.np_dtype_to_tensor_dtype(np.dtype(type))
        self.inputs.append(helper.make_tensor_value_info(name, element, shape))
        for sizes, data in zip(self.sizes, self.data):
            data[name] = self.random([sizes.get(d, d) for d in shape], type, scale)
        return name

    def random(self, shape, type=np.float32, scale=1.0):
        """Normal values of the given deviation, or integers from -9 to 9 without 0."""
        if np.issubdtype(type, np.floating):
            return (self.generator.normal(0, scale, shape)).astype(type)
        if np.dtype(type) == np.bool_:
            return self.generator.integers(0, 2, shape).astype(bool)
        low = 1 if np.issubdtype(type, np.unsignedinteger) else -9
        values = self.generator.integers(low, 10, shape)
        return np.where(values == 0, 5, values).astype(type)

    def constant(self, name, values, type=None):
        """An initializer with the given values: float32 or int64 unless told otherwise."""
        array = np.asarray(values)
        if type is None:
            type = np.float32 if np.issubdtype(array.dtype, np.floating) else np.int64
        return self.initializer(numpy_helper.from_array(array.astype(type), name))

    def initializer(self, tensor):
        self.initializers.append(tensor)
        return tensor.name

    def tensor(self, values):
        """A tensor for an attribute."""
        return numpy_helper.from_array(np.array(values, np.float32))

    def weight(self, name, shape, rows=None):
        """Random weights for so many rows that the sums stay near 1."""
        rows = rows or int(np.prod(shape[1:])) or 1
        return self.constant(name, self.random(shape, scale=1 / np.sqrt(rows)))

    def node(self, operator, inputs, name, outputs=None, **attributes):
        """A node; its outputs are named like the node unless told otherwise."""
        names = outputs or [name]
        self.nodes.append(helper.make_node(operator, inputs, names, name=name, **attributes))
        return names if outputs else name

    def output(self, *names):
        self.outputs.extend(names)

    def declare(self, name, shape):
        """The shape of an output that onnx cannot infer."""
        self.declared[name] = shape

    def result(self, operator, inputs, name, **attributes):
        """A node whose output is a graph output."""
        value = self.node(operator, inputs, name, **attributes)
        self.output(*(value if isinstance(value, list) else [value]))
        return value

    def conv(self, x, name, shape, bias=True, **attributes):
        """A Conv with random weights of the shape outputs × inputs per group × kernel."""
        parameters = [self.weight(f"{name}.weight", shape)]
        if bias:
            parameters.append(self.constant(f"{name}.bias", self.random(shape[:1], scale=0.2)))
        return self.node("Conv", [x, *parameters], name, **attributes)

    def batch_normalization(self, x, name, channels, **attributes):
        """A BatchNormalization with random statistics and a gain that may be negative."""
        parameters = {
            "scale": self.random([channels]),
            "bias": self.random([channels], scale=0.5),
            "mean": self.random([channels], scale=0.5),
            "variance": self.generator.uniform(0.3, 2, [channels]).astype(np.float32),
        }
        names = [self.constant(f"{name}.{p}", v) for p, v in parameters.items()]
        return self.node("BatchNormalization", [x, *names], name, **attributes)

    def gemm(self, x, name, inputs, outputs):
        """A Gemm with random weights and bias, its weights stored outputs × inputs."""
        weight = self.weight(f"{name}.weight", [outputs, inputs])
        bias = self.constant(f"{name}.bias", self.random([outputs], scale=0.2))
        return self.node("Gemm", [x, weight, bias], name, transB=1)

    def output_info(self, name):
        if name in self.declared:
            declared = self.declared[name]
            type, shape = declared if isinstance(declared, tuple) else (TensorProto.FLOAT, declared)
            return helper.make_tensor_value_info(name, type, shape)
        return onnx.ValueInfoProto(name=name)

    def proto(self):
        """The model, with the types of its outputs as onnx infers them."""
        opsets = [helper.make_opsetid("", self.opset)]
        version = helper.find_min_ir_version_for(opsets)
        if self.functions:  # IR version 9 has attributes with defaults
            opsets.append(helper.make_opsetid("local", 1))
            version = max(version, 9)
        for domain in sorted({node.domain for node in self.nodes} - {"", "local"}):
            opsets.append(helper.make_opsetid(domain, 1))
        inputs = list(self.inputs)
        if version < 4:  # before IR version 4 every initializer was an overridable graph input
            inputs += [
                helper.make_tensor_value_info(t.name, t.data_type, list(t.dims))
                for t in self.initializers
            ]
        graph = helper.make_graph(
            self.nodes,
            self.name,
            inputs,
            [self.output_info(name) for name in self.outputs],
            self.initializers,
        )
        model = helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=version,
            producer_name="make-test-models",
            functions=self.functions,
        )
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=self.data_prop)
        for output in inferred.graph.output:
            for dimension in output.type.tensor_type.shape.dim:
                if dimension.dim_param.startswith("unk__"):
                    dimension.Clear()
        del inferred.graph.value_info[:]
        helper.set_model_props(inferred, self.metadata)
        onnx.checker.check_model(inferred, full_check=True)
        return inferred
