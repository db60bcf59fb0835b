"""Evaluations, beside the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import aimcc

OPTIONS: dict[str, Any] = {"device": "hermes-tdp", "times": ["0", 86400], "seeds": 2}


def test_figures_are_those_of_the_command_line(digits: Path, program: str) -> None:
    printed = subprocess.run(
        [program, "evaluate", digits / "model.onnx", "--data", digits / "test.npz", "--device",
         "hermes-tdp", "--times", "0,1d", "--seeds", "2", "--json", "--quiet"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    found = aimcc.evaluate(digits / "model.onnx", digits / "test.npz", **OPTIONS)
    expected = json.loads(printed)
    # The words of a command may say the same in other ways.
    assert found.report["provenance"].pop("command")[0] == "evaluate"
    del expected["provenance"]["command"]
    assert found.report == expected


def test_reconstructions_have_no_class() -> None:
    random = np.random.default_rng(1)
    weights = random.standard_normal((8, 8)).astype(np.float32)
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
            "same",
            [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 8])],
            [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 8])],
            [onnx.numpy_helper.from_array(weights, "w")],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 17)],
    )
    found = aimcc.evaluate(model, random.standard_normal((40, 8)).astype(np.float32), **OPTIONS)
    for row in found.rows:
        assert row.accuracy is None and row.agreement is None
        assert row.cosine is not None and 0.8 < row.cosine < 1
    assert "cosine" in repr(found) and "agreement" not in repr(found)
    assert set(found.to_xarray().data_vars) == {"cosine", "decibels"}


def test_an_evaluation_can_be_repeated(digits: Path, program: str, tmp_path: Path) -> None:
    found = aimcc.evaluate(digits / "model.onnx", digits / "test.npz", **OPTIONS)
    found.save(tmp_path / "e.json")
    again = subprocess.run([program, "repeat", tmp_path / "e.json"], capture_output=True)
    assert again.returncode == 0, again.stdout.decode() + again.stderr.decode()


def test_data_have_many_forms(digits: Path, images: dict[str, Any]) -> None:
    network = aimcc.from_onnx(digits / "model.onnx")
    x, y = images["x"], images["y"]
    forms: list[Any] = [
        images,
        (x, y),
        [(x[:32], y[:32]), (x[32:], y[32:])],
        [([x[:40]], y[:40]), ([x[40:]], y[40:])],
    ]
    calibration = digits / "calibration.npz"
    rows = [
        aimcc.evaluate(network, data, calibration=calibration, **OPTIONS).rows for data in forms
    ]
    assert rows[0][0].accuracy is not None
    assert all(row == rows[0] for row in rows)


def test_a_program_is_compared_with_itself(digits: Path, images: dict[str, Any]) -> None:
    compiled = aimcc.from_onnx(digits / "model.onnx").compile(
        calibration=digits / "calibration.npz", routine="global"
    )
    found = aimcc.evaluate(compiled, images, **OPTIONS)
    assert found.fp32 is None
    assert found.report["ideal"] > 0.9


def test_tables(digits: Path, images: dict[str, Any], tmp_path: Path, program: str) -> None:
    found = aimcc.evaluate(digits / "model.onnx", images, **OPTIONS)
    lines = repr(found).splitlines()
    assert len(lines) == 2 + len(found.rows)
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[:2] == ["time", "chips"]
    assert "<td>1 d</td>" in found._repr_html_()
    found.save(tmp_path / "e.json")
    subprocess.run(
        [program, "plot", tmp_path / "e.json", "-o", tmp_path / "e.svg"],
        check=True,
        capture_output=True,
    )
    pandas = pytest.importorskip("pandas")
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.loc[86400.0, "accuracy"] == found.rows[1].accuracy
    pytest.importorskip("xarray")
    by_chip = found.to_xarray()["decibels"]
    assert by_chip.dims == ("seconds", "chip")
    means = by_chip.mean("chip").values.tolist()
    assert means == pytest.approx([row.decibels for row in found.rows])


def test_names_in_reports_are_escaped(digits: Path, images: dict[str, Any]) -> None:
    report = aimcc.evaluate(digits / "model.onnx", images, **OPTIONS).report
    report["network"] = "<script>"
    assert "<script>" not in aimcc.Evaluation(report)._repr_html_()


def test_progress_is_told_and_can_stop(digits: Path, images: dict[str, Any]) -> None:
    titles: list[str] = []

    def follow(title: str, done: float, total: int) -> bool:
        titles.append(title)
        return True

    network = aimcc.from_onnx(digits / "model.onnx")
    aimcc.evaluate(network, images, progress=follow, **OPTIONS)
    assert "evaluation: chips and times" in titles
    with pytest.raises(aimcc.Stopped):
        aimcc.evaluate(network, images, progress=lambda *_: False, **OPTIONS)

    def interrupted(*_: Any) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aimcc.evaluate(network, images, progress=interrupted, **OPTIONS)


def test_warnings_are_warnings(digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Bytes come from no folder, so that data which lie here are not meant for them.
    monkeypatch.chdir(digits)
    network = aimcc.from_onnx((digits / "model.onnx").read_bytes())
    with pytest.warns(aimcc.AimccWarning, match="random inputs"):
        network.compile()


def test_faults_of_data(digits: Path) -> None:
    x = np.zeros((8, 1, 8, 8), np.float32)
    with pytest.raises(aimcc.InputError, match="labels"):
        aimcc.evaluate(digits / "model.onnx", {"x": x, "y": np.zeros(7, np.int64)}, **OPTIONS)
    with pytest.raises(TypeError, match="int"):
        aimcc.evaluate(digits / "model.onnx", 3, **OPTIONS)
    with pytest.raises(ValueError, match="no batches"):
        aimcc.evaluate(digits / "model.onnx", iter([]), **OPTIONS)
    with pytest.raises(ValueError, match="different arrays"):
        aimcc.evaluate(digits / "model.onnx", [(x, x), x], **OPTIONS)
