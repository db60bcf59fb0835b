"""What tests of importers share: runs of models in aimcc and in ONNX Runtime."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def program() -> str:
    """The path of the `aimcc` command, which is also what the package runs."""
    built = ROOT / ".build" / "release" / "aimcc"
    found = os.environ.get("AIMCC") or (str(built) if built.exists() else shutil.which("aimcc"))
    if not found:
        pytest.skip("the command aimcc is not built")
    os.environ["AIMCC"] = found
    return found


class Runner:
    """Runs models, in ONNX Runtime and in aimcc."""

    def __init__(self, folder: pathlib.Path, program: str) -> None:
        self.folder, self.program = folder, program

    def reference(self, model: Any, *inputs: Any) -> list[Any]:
        """The outputs of ONNX Runtime, operator by operator: fused integer products saturate."""
        runtime = pytest.importorskip("onnxruntime")
        options = runtime.SessionOptions()
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = runtime.InferenceSession(model.SerializeToString(), options)
        names = [port.name for port in session.get_inputs()]
        results: list[Any] = session.run(
            None, dict(zip(names, map(np.asarray, inputs), strict=True))
        )
        return results

    def ideal(self, model: Any, x: Any, *options: str) -> Any:
        """The first output of a simulated chip without noise and rounding."""
        onnx = pytest.importorskip("onnx")
        path, data = self.folder / "model.onnx", self.folder / "data.npz"
        onnx.save(model, path)
        np.savez(data, **{model.graph.input[0].name: np.asarray(x)})
        compiled, results = self.folder / "model.aimc", self.folder / "results.npz"
        self.run("compile", path, "--calibrate", data, "-o", compiled, "--quiet", *options)
        self.run("simulate", compiled, "--data", data, "--device", "ideal", "-o", results, "-q")
        with np.load(results) as outputs:
            return outputs[model.graph.output[0].name]

    def run(self, *arguments: object) -> str:
        """The standard output of aimcc, which must succeed."""
        command = [self.program, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def runner(tmp_path: pathlib.Path, program: str) -> Runner:
    """Runs models."""
    return Runner(tmp_path, program)
