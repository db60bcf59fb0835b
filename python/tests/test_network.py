"""Networks and programs, beside the command line and ONNX Runtime."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aimcc


def test_ports_and_outputs_are_those_of_onnx_runtime(digits: Path, images: dict[str, Any]) -> None:
    runtime = pytest.importorskip("onnxruntime")
    network = aimcc.from_onnx(digits / "model.onnx")
    assert network.inputs == [aimcc.Port("image", "f32", ("N", 1, 8, 8))]
    assert network.outputs == [aimcc.Port("logits", "f32", ("N", 10))]
    session = runtime.InferenceSession(str(digits / "model.onnx"))
    expected = session.run(None, {"image": images["x"].astype(np.float32)})[0]
    found = network.run(images["x"])["logits"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_what_is_read_has_the_form_of_its_schema(digits: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((digits.parents[1] / "Specs" / "schemas" / "network.json").read_text())
    network = aimcc.from_onnx(digits / "model.onnx")
    reports = [
        network.description,
        network.compile(calibration=digits / "calibration.npz").description,
    ]
    for report in reports:
        jsonschema.validate(report, schema)


def test_bytes_and_paths_are_one_network(digits: Path, images: dict[str, Any]) -> None:
    content = (digits / "model.onnx").read_bytes()
    from_bytes = aimcc.from_onnx(content).run(images["x"])["logits"]
    from_path = aimcc.from_onnx(digits / "model.onnx").run(images["x"])["logits"]
    assert from_bytes.tobytes() == from_path.tobytes()


def test_program_is_that_of_the_command_line(digits: Path, program: str, tmp_path: Path) -> None:
    calibration = str(digits / "calibration.npz")
    options = ["--copies", "2", "--routine", "refit", "--set", "adc.bits=9"]
    subprocess.run(
        [program, "compile", digits / "model.onnx", "--calibrate", calibration, *options, "-o",
         tmp_path / "net.aimc", "--quiet"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    compiled = aimcc.from_onnx(digits / "model.onnx").compile(
        calibration=calibration, copies=2, routine="refit", set={"adc.bits": 9}
    )
    assert compiled.to_bytes() == (tmp_path / "net.aimc").read_bytes()
    compiled.save(tmp_path / "saved.aimc")
    assert aimcc.read_program(tmp_path / "saved.aimc").inputs == compiled.inputs
    assert compiled.report["crossbarsUsed"] > 0


def test_simulation_is_that_of_the_command_line(
    digits: Path, images: dict[str, Any], program: str, tmp_path: Path
) -> None:
    compiled = aimcc.from_onnx(digits / "model.onnx").compile(
        calibration=digits / "calibration.npz", routine="global"
    )
    compiled.save(tmp_path / "net.aimc")
    np.savez(tmp_path / "data.npz", x=images["x"], y=images["y"])
    printed = subprocess.run(
        [program, "simulate", "net.aimc", "--data", "data.npz", "--device", "hermes-tdp",
         "--time", "1d", "--seed", "3", "--output", "out.npz", "--json", "--quiet"],
        check=True, capture_output=True, cwd=tmp_path,
    ).stdout  # fmt: skip
    outputs, report = compiled.simulation(images, device="hermes-tdp", time="1d", seed=3)
    with np.load(tmp_path / "out.npz") as expected:
        assert outputs["logits"].tobytes() == expected["logits"].tobytes()
    expected_report = json.loads(printed)
    for untimed in (report, expected_report):
        del untimed["seconds"]
    assert report == expected_report


def test_outputs_live_longer_than_the_result(digits: Path, images: dict[str, Any]) -> None:
    logits = aimcc.from_onnx(digits / "model.onnx").run(images["x"])["logits"]
    copy = logits.copy()
    for _ in range(50):
        aimcc.from_onnx(digits / "model.onnx").run(images["x"])
    assert logits.tobytes() == copy.tobytes()
    assert not logits.flags.writeable


def test_an_output_that_is_an_input_is_a_copy(images: dict[str, Any]) -> None:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    x, y = (helper.make_tensor_value_info(name, kind, [4]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", [x], [y])
    network = aimcc.from_onnx(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]))
    given = np.arange(4, dtype=np.float32)
    found = network.run(given)["y"]
    given[:] = -1
    assert found.tolist() == [0, 1, 2, 3]


def test_threads_share_a_network(digits: Path, images: dict[str, Any]) -> None:
    network = aimcc.from_onnx(digits / "model.onnx")
    alone = network.run(images["x"])["logits"].tobytes()
    found: list[bytes] = []

    def work() -> None:
        compiled = network.compile(calibration=digits / "calibration.npz")
        compiled.simulate(images["x"])
        found.append(network.run(images["x"])["logits"].tobytes())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"copie": 2}, aimcc.UsageError, "--copies"),
        ({"copies": "many"}, aimcc.UsageError, "copies"),
        ({"residual": True}, aimcc.UsageError, "--copies"),
        ({"emit": "svg"}, aimcc.UsageError, "library"),
        (
            {"calibration": np.zeros((2, 1, 8, 8), np.float32), "calibrate": "x.npz"},
            aimcc.UsageError,
            "leave out one",
        ),
        ({"chip": "nope"}, aimcc.InputError, "supported: hermes"),
        ({"set": {"crossbar.colums": 8}}, aimcc.InputError, "crossbar.columns"),
        ({"calibration": np.zeros((3, 5), np.float32)}, aimcc.InputError, "supported: f32"),
    ],
)
def test_faults_are_told(
    digits: Path, options: dict[str, Any], kind: type[aimcc.AimccError], text: str
) -> None:
    with pytest.raises(kind, match=text) as raised:
        aimcc.from_onnx(digits / "model.onnx").compile(**options)
    assert raised.value.errors


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    for garbage in (b"", b"garbage", bytes(range(256)) * 40):
        with pytest.raises(aimcc.InputError):
            aimcc.from_onnx(garbage).compile()
        with pytest.raises(aimcc.InputError):
            aimcc.read_program(garbage)
    for path in ("missing.onnx", tmp_path, "/dev/null"):
        with pytest.raises(aimcc.InputError):
            aimcc.from_onnx(path)
    with pytest.raises(aimcc.UsageError):
        aimcc.from_onnx("-")
    with pytest.raises(TypeError, match="list"):
        aimcc.evaluate([1], np.zeros(3))


def test_types_of_arrays(digits: Path) -> None:
    network = aimcc.from_onnx(digits / "model.onnx")
    whole = np.arange(128, dtype=np.float32).reshape(2, 1, 8, 8) % 17
    expected = network.run(whole)["logits"].tobytes()
    for other in (
        whole.astype(np.uint8),
        whole.astype(">f4"),
        np.asfortranarray(whole),
        np.repeat(whole, 2, axis=3)[..., ::2],
    ):
        assert network.run(other)["logits"].tobytes() == expected
    with pytest.raises(TypeError, match="complex64"):
        network.run(whole.astype(np.complex64))
