"""Runs the cases and writes their folders and the tables that list them."""

import collections
import sys

import numpy as np
import onnxruntime
from onnx import numpy_helper

from .evaluator import evaluate


def run(model, feeds):
    """What ONNX Runtime computes, on one thread, without graph optimizations."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def compare(case, model, feeds, outputs):
    """Stops where onnx's reference evaluator computes something else."""
    references = evaluate(model, feeds)
    for name, ours, reference in zip(case.outputs, outputs, references):
        reference = np.asarray(reference)
        if ours.dtype != reference.dtype or ours.shape != reference.shape:
            difference = f"{reference.dtype}{list(reference.shape)}"
        elif not np.allclose(ours, reference, rtol=1e-4, atol=1e-5, equal_nan=True):
            difference = f"values up to {np.abs(ours - reference).max()} apart"
        else:
            continue
        yield f"{case.name}: {name}: ONNX Runtime {ours.dtype}{list(ours.shape)}, onnx {difference}"


def write_tensor(path, name, array):
    path.write_bytes(numpy_helper.from_array(array, name).SerializeToString(deterministic=True))


def write_case(case, folder):
    """Writes the model and its data sets; gives the case's row in the table."""
    model = case.proto()
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    for number, feeds in enumerate(case.data):
        outputs = case.answers(feeds) if case.answers else run(model, feeds)
        differences = list(compare(case, model, feeds, outputs)) if case.compared else []
        if differences:
            sys.exit("\n".join(differences))
        data_set = folder / f"test_data_set_{number}"
        data_set.mkdir()
        for index, (name, array) in enumerate(feeds.items()):
            write_tensor(data_set / f"input_{index}.pb", name, array)
        for index, (name, array) in enumerate(zip(case.outputs, outputs)):
            write_tensor(data_set / f"output_{index}.pb", name, array)
    counts = collections.Counter(node.op_type for node in model.graph.node)
    operators = ", ".join(f"{n} {op}" if n > 1 else op for op, n in sorted(counts.items()))
    return case.name, case.opset, case.about, operators


def table(rows):
    lines = [
        "# Test models",
        "",
        "Small ONNX files made by `tools/make-test-models`: `model.onnx`, and for each `test_data_set_N`",
        "the inputs, and the outputs that ONNX Runtime computes. onnx's reference evaluator computes the same,",
        "put right in `tools/test_models/evaluator.py` where it departs from the specification. The outputs of",
        "`trained-quantization` are those of the package qonnx.",
        "",
        "`bad/` holds files that must be refused, `odd/` files that must not crash anything.",
        "",
        "| case | opset | what it shows | operators |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {opset} | {about} | {ops} |" for name, opset, about, ops in rows]
    return "\n".join(lines) + "\n"


def write_file(file, root):
    (root / file.folder).mkdir(parents=True, exist_ok=True)
    (root / file.folder / f"{file.name}.onnx").write_bytes(file.content)


HEADINGS = {
    "bad": [
        "# Bad models",
        "",
        "Each of these must be refused with a diagnostic, without a crash, without much memory or time and",
        "without an output file. Where the last column is not empty, the diagnostic names what stands there.",
        "",
        "| file | what is wrong | names |",
        "|---|---|---|",
    ],
    "odd": [
        "# Odd models",
        "",
        "Each of these may be accepted or refused, but must not crash anything. Where the specification",
        "decides, the last column says what it says.",
        "",
        "| file | what is odd | specification |",
        "|---|---|---|",
    ],
}


def fault_table(files, folder):
    rows = [
        (
            f"| {file.name}.onnx | {file.reason} | {', '.join(f'`{n}`' for n in file.names)} |"
            if folder == "bad"
            else f"| {file.name}.onnx | {file.reason} | {file.names} |"
        )
        for file in sorted(files, key=lambda file: file.name)
        if file.folder == folder
    ]
    return "\n".join(HEADINGS[folder] + rows) + "\n"
