"""Sweeps by executors of Python, beside the command line."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import aimcc

SWEEP = """\
aimcc: sweep/1
models:
  digits: {{model: {folder}/model.onnx, data: {folder}/test.npz}}
set:
  adc.bits: [8, 10]
devices: [hermes-tdp]
options:
  routine: [~, refit]
times: [1d]
seeds: 1
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def test_executors_give_the_bytes_of_the_command_line(
    digits: Path, program: str, tmp_path: Path
) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(SWEEP.format(folder=digits))
    subprocess.run(
        [program, "sweep", file, "-o", tmp_path / "local", "--quiet"],
        check=True,
        capture_output=True,
    )
    with ThreadPoolExecutor(2) as executor:
        found = aimcc.sweep(file, tmp_path / "pool", executor)
    assert found["runs"] == found["runsDone"] == 4
    assert contents(tmp_path / "local") == contents(tmp_path / "pool")
    assert aimcc.sweep(file, tmp_path / "local") == found
    # What is there is not done again.
    (tmp_path / "pool" / min(contents(tmp_path / "pool"))).unlink()
    submitted = []

    class Counting:
        def submit(self, function, *arguments):  # type: ignore[no-untyped-def]
            submitted.append(arguments[0])
            return executor_of_one.submit(function, *arguments)

    with ThreadPoolExecutor(1) as executor_of_one:
        aimcc.sweep(file, tmp_path / "pool", Counting())
    assert len(submitted) == 1
    assert contents(tmp_path / "local") == contents(tmp_path / "pool")


def test_faults_of_the_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text("aimcc: sweep/1\nmodles: {}\n")
    with pytest.raises(aimcc.AimccError, match="modles"):
        aimcc.sweep(file, tmp_path / "results")
    with ThreadPoolExecutor(1) as executor, pytest.raises(aimcc.AimccError, match="modles"):
        aimcc.sweep(file, tmp_path / "results", executor)
