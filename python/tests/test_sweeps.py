"""Sweeps by executors of Python, beside the command line."""

from __future__ import annotations

import contextlib
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


def by_command_line(digits: Path, program: str, folder: Path) -> Path:
    """Writes the file of a sweep, and does its runs into `local` beside it."""
    file = folder / "sweep.yaml"
    file.write_text(SWEEP.format(folder=digits))
    words = [program, "sweep", str(file), "-o", str(folder / "local"), "--quiet"]
    subprocess.run(words, check=True, capture_output=True)
    return file


def expect_all_as_by_command_line(found: dict[str, object], folder: Path) -> None:
    """All runs are done, and their results in `folder` are those in `local` beside it."""
    assert found["runs"] == found["runsDone"] == 4
    assert contents(folder.parent / "local") == contents(folder)


def test_executors_give_the_bytes_of_the_command_line(
    digits: Path, program: str, tmp_path: Path
) -> None:
    file = by_command_line(digits, program, tmp_path)
    with ThreadPoolExecutor(2) as executor:
        found = aimcc.sweep(file, tmp_path / "pool", executor)
    expect_all_as_by_command_line(found, tmp_path / "pool")
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


def test_dask_gives_the_bytes_of_the_command_line(
    digits: Path, program: str, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    file = by_command_line(digits, program, tmp_path)
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        found = aimcc.sweep(file, tmp_path / "dask", client)
    expect_all_as_by_command_line(found, tmp_path / "dask")


def test_submitit_gives_the_bytes_of_the_command_line(
    digits: Path, program: str, tmp_path: Path
) -> None:
    submitit = pytest.importorskip("submitit")
    file = by_command_line(digits, program, tmp_path)
    executor = submitit.AutoExecutor(folder=tmp_path / "log", cluster="local")
    executor.update_parameters(timeout_min=5)
    found = aimcc.sweep(file, tmp_path / "submitit", executor)
    expect_all_as_by_command_line(found, tmp_path / "submitit")


def test_a_lost_job_costs_its_run_alone(digits: Path, program: str, tmp_path: Path) -> None:
    """Jobs are submitted together where the executor can; that of the second run is lost."""
    file = by_command_line(digits, program, tmp_path)
    batches = []

    class Losing:
        def __init__(self, lost: int) -> None:
            self.lost = lost

        @contextlib.contextmanager
        def batch(self):  # type: ignore[no-untyped-def]
            batches.append("begun")
            yield
            batches.append("ended")

        def submit(self, function, *arguments):  # type: ignore[no-untyped-def]
            assert batches[-1] == "begun"
            if arguments[0] == self.lost:
                return executor_of_one.submit(lambda: 1 / 0)
            return executor_of_one.submit(function, *arguments)

    with ThreadPoolExecutor(1) as executor_of_one:
        told = "1 of 4 jobs were lost, such as run 2: ZeroDivisionError"
        with pytest.warns(aimcc.AimccWarning, match=told):
            found = aimcc.sweep(file, tmp_path / "losing", Losing(2))
        assert (found["runs"], found["runsDone"]) == (4, 3)
        found = aimcc.sweep(file, tmp_path / "losing", Losing(0))
    assert found["runsDone"] == 4 and batches == ["begun", "ended"] * 2
    assert contents(tmp_path / "local") == contents(tmp_path / "losing")


def test_faults_of_the_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text("aimcc: sweep/1\nmodles: {}\n")
    with pytest.raises(aimcc.AimccError, match="modles"):
        aimcc.sweep(file, tmp_path / "results")
    with ThreadPoolExecutor(1) as executor, pytest.raises(aimcc.AimccError, match="modles"):
        aimcc.sweep(file, tmp_path / "results", executor)
