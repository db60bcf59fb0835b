"""The cases of the ONNX backend tests as folders of a model and its test data."""

import fcntl
import glob
import json
import os
import re
import shutil
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import onnx
from onnx import numpy_helper

from .operators import NAMED

DATA = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")


@dataclass
class Case:
    """One case: KIND/NAME, its folder, and how its outputs are compared."""

    kind: str
    short_name: str
    folder: str
    rtol: float
    atol: float
    operators: list  # of all nodes, those of subgraphs too
    row: str  # where it counts in the table

    @property
    def name(self):
        return f"{self.kind}/{self.short_name}"

    @property
    def is_expanded(self):
        return is_expanded(self.short_name)

    @property
    def is_named(self):
        return all(operator in NAMED for operator in self.operators)


def is_expanded(name):
    return "_expanded" in name


def all_cases(cache):
    """All cases; those that are not files yet are written into the folder `cache` first, by one
    process: others that use the same folder wait for it."""
    folder = os.path.join(cache, f"onnx-{onnx.__version__}-ml_dtypes-{ml_dtypes.__version__}")
    index = os.path.join(folder, "cases.json")
    os.makedirs(cache, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(index):
            write_cases(folder)
    with open(index) as file:
        cases = [Case(**case) for case in json.load(file)]
    for case in cases:
        case.folder = os.path.join(folder, case.folder)
    return sorted(cases, key=lambda case: case.name)


def write_cases(folder):
    """Writes all cases and their index to `folder`, or nothing."""
    partial = f"{folder}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    found = generate_node_cases(partial) + file_cases() + light_cases(partial)
    with open(os.path.join(partial, "cases.json"), "w") as file:
        json.dump(found, file, indent=1)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(partial, folder)


def generate_node_cases(root):
    """Writes the node cases, which the package makes in memory, as folders under `root`."""
    from onnx.backend.test.case.node import collect_testcases

    tests = collect_testcases(None)
    main = {test.name: main_operator(test) for test in tests}
    found = []
    for test in tests:
        folder = os.path.join("node", test.name)
        os.makedirs(os.path.join(root, folder))
        onnx.save(test.model, os.path.join(root, folder, "model.onnx"))
        for number, (inputs, outputs) in enumerate(test.data_sets):
            data = os.path.join(root, folder, f"test_data_set_{number}")
            os.makedirs(data)
            graph = test.model.graph
            for what, values, ports in [
                    ("input", inputs, graph.input), ("output", outputs, graph.output)]:
                for index, value in enumerate(values):
                    path = os.path.join(data, f"{what}_{index}.pb")
                    with open(path, "wb") as file:
                        file.write(serialized(value, ports[index]))
        base = re.sub(r"_expanded.*", "", test.name)
        found.append(described(
            "node", test.name, folder, test.model, test.rtol, test.atol,
            main.get(base, main[test.name])))
    return found


def main_operator(test):
    """The operator that a node case is about: that of its last node, since others prepare for it."""
    nodes = test.model.graph.node
    return nodes[-1].op_type if nodes else "-"


def serialized(value, port):
    """`value` as the type of `port` has it."""
    kind = port.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.from_list(value, port.name).SerializeToString()
    if kind == "optional_type":
        return numpy_helper.from_optional(value, port.name).SerializeToString()
    if isinstance(value, onnx.TensorProto):
        tensor = onnx.TensorProto()
        tensor.CopyFrom(value)
    else:
        tensor = numpy_helper.from_array(np.asarray(value))
    tensor.name = port.name
    return tensor.SerializeToString()


def file_cases():
    """The cases whose folders are in the wheel."""
    found = []
    for kind in ["simple", "pytorch-operator", "pytorch-converted"]:
        for folder in sorted(glob.glob(os.path.join(DATA, kind, "test_*"))):
            model = onnx.load(os.path.join(folder, "model.onnx"))
            rtol, atol = tolerance(folder)
            name = os.path.basename(folder)
            found.append(described(kind, name, folder, model, rtol, atol, kind))
    return found


def light_cases(root):
    """The real networks with synthetic weights; the package says how their inputs are made."""
    found = []
    for model_path in sorted(glob.glob(os.path.join(DATA, "light", "*.onnx"))):
        name = os.path.basename(model_path).removesuffix(".onnx")
        folder = os.path.join("light", name)
        data = os.path.join(root, folder, "test_data_set_0")
        os.makedirs(data)
        os.symlink(model_path, os.path.join(root, folder, "model.onnx"))
        graph = (model := onnx.load(model_path)).graph
        weights = {initializer.name for initializer in graph.initializer}
        inputs = [port for port in graph.input if port.name not in weights]
        for index, port in enumerate(inputs):
            shape = [size.dim_value or 1 for size in port.type.tensor_type.shape.dim]
            count = int(np.prod(shape))
            value = (np.arange(count).reshape(shape) / count).astype(np.float32)
            with open(os.path.join(data, f"input_{index}.pb"), "wb") as file:
                file.write(serialized(value, port))
        for index in range(len(graph.output)):
            shutil.copy(model_path.replace(".onnx", f"_output_{index}.pb"),
                        os.path.join(data, f"output_{index}.pb"))
        real = os.path.join(DATA, "real", "test_" + name.removeprefix("light_"))
        rtol, atol = tolerance(real)
        found.append(described("light", name, folder, model, rtol, atol, "light"))
    return found


def tolerance(folder):
    """The tolerance that the folder's data.json gives, else that of the package's runner."""
    path = os.path.join(folder, "data.json")
    given = json.load(open(path)) if os.path.exists(path) else {}
    return given.get("rtol", 1e-3), given.get("atol", 1e-7)


def described(kind, name, folder, model, rtol, atol, row):
    types = [port.type.tensor_type.elem_type for port in model.graph.output]
    if types and all(kind == onnx.TensorProto.BFLOAT16 for kind in types):
        rtol = max(rtol, 2**-6)  # as the package's runner has it
    return {"kind": kind, "short_name": name, "folder": folder, "rtol": rtol, "atol": atol,
            "operators": sorted(set(operators(model.graph))), "row": row}


def operators(graph):
    """The operators of all nodes of a graph, with those of its subgraphs."""
    for node in graph.node:
        yield (node.domain + "." if node.domain else "") + node.op_type
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from operators(attribute.g)
            for inner in attribute.graphs:
                yield from operators(inner)
