"""Sweeps over a grid, with the executors of Python."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import warnings
from collections.abc import Callable
from typing import Any, Protocol

from ._library import AimccWarning
from .command import program
from .errors import AimccError, Diagnostic


class Executor(Protocol):
    """What does functions somewhere, as those of `concurrent.futures`, Dask and submitit."""

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """Begins to do the function; the result has `result()`, which waits."""


def sweep(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    executor: Executor | None = None,
) -> dict[str, Any]:
    """Does the runs of a sweep that `folder` does not hold yet; returns what all of them gave.

    `file` describes the grid (``aimcc help sweeps``). Without an executor the processors of this
    machine do the runs, as with ``aimcc sweep``. With one, each run is a job, on a machine
    that sees the same folders and has this package: a `dask.distributed.Client`, as of
    ``dask_jobqueue``, a `submitit.AutoExecutor`, or an executor of `concurrent.futures`. The bytes
    of the results do not depend on it. The jobs of submitit are one array. The result is what
    ``aimcc sweep --json`` prints; runs that failed are in ``failures``. A job that is lost, as with
    its machine, costs its run alone, which a warning tells and the next call does.

    Raises `AimccError` where the file has faults.
    """
    where = [os.path.abspath(file), "--output", os.path.abspath(folder)]
    if executor is None:
        return _printed(["sweep", *where, "--json", "--quiet"], lenient=True)
    listed = _printed(["sweep", *where, "--list", "--json"])
    left = [run["number"] for run in listed["runs"] if run.get("state") != "done"]
    with _together(executor):
        jobs = [executor.submit(_run, number, where) for number in left]
    lost: dict[int, Exception] = {}
    for number, job in zip(left, jobs, strict=True):
        try:
            job.result()
        except Exception as error:
            lost[number] = error
    if lost:
        run, reason = next(iter(lost.items()))
        kind = type(reason).__name__
        text = f"{len(lost)} of {len(jobs)} jobs were lost, such as run {run}: {kind}: {reason}"
        warnings.warn(AimccWarning(text), stacklevel=2)
    return _printed(["sweep", *where, "--collect", "--json"], lenient=True)


def _together(executor: Executor) -> contextlib.AbstractContextManager[Any]:
    """What makes one array of the jobs that are submitted meanwhile, where there are arrays."""
    batch = getattr(executor, "batch", contextlib.nullcontext)
    found: contextlib.AbstractContextManager[Any] = batch()
    return found


def _run(number: int, where: list[str]) -> int:
    """Does one run; a failure stays in the folder, beside the results."""
    command = [program(), "sweep", *where, "--run", str(number), "--quiet"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _printed(words: list[str], *, lenient: bool = False) -> dict[str, Any]:
    """What the command prints as JSON; `lenient` where a status of 1 tells of runs that failed."""
    done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)
    if done.returncode != 0 and not (lenient and done.returncode == 1 and done.stdout):
        text = done.stderr.strip()
        raise AimccError([Diagnostic("error", text, text)])
    found: dict[str, Any] = json.loads(done.stdout)
    return found
