"""What the scripts that train the networks of samples/ write beside each."""

import io
import zipfile

import numpy as np
import onnxruntime
from onnx import numpy_helper

EXPECTED_BATCH = 8  # images in test_data_set_0


def write_sample(folder, model, test_x, test_y, calibration):
    """Writes a model of input `image` and output `logits`, and its data."""
    expected = folder / "test_data_set_0"
    expected.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    write_npz(folder / "test.npz", x=test_x, y=test_y)
    write_npz(folder / "calibration.npz", x=calibration)
    x = test_x[:EXPECTED_BATCH].astype(np.float32)
    write_tensor(expected / "input_0.pb", "image", x)
    write_tensor(expected / "output_0.pb", "logits", run(model, x))


def write_npz(path, **arrays):
    """Writes an NPZ whose bytes depend on the arrays alone: NumPy's own has the time of writing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(entry, content.getvalue(), compresslevel=9)


def run(model, images):
    """What ONNX Runtime computes, on one thread, without graph optimizations."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(["logits"], {"image": images.astype(np.float32)})[0]


def write_tensor(path, name, array):
    path.write_bytes(numpy_helper.from_array(array, name).SerializeToString(deterministic=True))
