"""Runs cases through `aimcc --batch`, and starts it again behind a case that ended it."""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # so that tools which need no onnx can run models too
    from .cases import Case

PATIENCE = 180  # s without a word, after which its case hangs: the largest networks take 10 s on a free machine
MEMORY = 12 << 30  # bytes of address space, so that one case cannot take the machine down


@dataclass
class Result:
    """What became of a case in a mode."""

    case: Case
    mode: str
    status: str
    reason: str
    seconds: float


def newest_build(package):
    """The aimcc that was built last in the folder `package`."""
    builds = [os.path.join(package, ".build", kind, "aimcc") for kind in ["release", "debug"]]
    builds = [path for path in builds if os.path.exists(path)]
    if not builds:
        sys.exit("aimcc is not built: swift build -c release")
    return max(builds, key=os.path.getmtime)


def run_cases(aimcc, mode, cases, jobs, scratch):
    """The results of all cases, in their order; `jobs` processes share them."""
    results = [None] * len(cases)

    def work(job):
        indices = list(range(job, len(cases), jobs))
        while indices:
            done = run_batch(aimcc, mode, [cases[i] for i in indices], f"{scratch}/list.{job}")
            for index, result in zip(indices, done):
                results[index] = result
            indices = indices[len(done):]

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(work, job) for job in range(jobs)]:
            done.result()
    return results


def run_batch(aimcc, mode, cases, list_path):
    """Results of the first of `cases`, up to the one at which the process ended."""
    lines = [f"{case.folder}/model.onnx\t{case.folder}\t{case.rtol}\t{case.atol}"
             for case in cases]
    found = run_models(aimcc, mode, lines, list_path, PATIENCE, MEMORY)
    return [Result(case, mode, *rest) for case, rest in zip(cases, found)]


def run_models(aimcc, mode, batch, list_path, patience, memory):
    """The status, its reason and the time in s of the first lines of a batch, up to the one at which
    the process ended: by itself, or because it was silent for `patience` s."""
    list_path = f"{list_path}.{mode}.{os.getpid()}"
    with open(list_path, "w") as file:
        file.writelines(line + "\n" for line in batch)
    command = [aimcc, mode, "--quiet", "--batch", list_path]
    if mode == "verify":
        command += ["--device", "ideal", "--chips", "auto"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=limit)
    results = []
    status = None
    for line in lines(process, patience):
        if line is None:
            status = "hung"
            process.kill()
            break
        found = json.loads(line)
        if found["status"] != "started":
            results.append((found["status"], reason(found), found["seconds"]))
    code = process.wait()
    process.stdout.close()
    os.remove(list_path)
    if len(results) < len(batch):
        why = f"no word for {patience} s" if status else f"exit code {code}"
        results.append((status or "crashed", why, 0))
    return results


def lines(process, patience):
    """The lines that the process writes; `None` if it is silent for too long."""
    pending = b""
    descriptor = process.stdout.fileno()
    while True:
        ready, _, _ = select.select([descriptor], [], [], patience)
        if not ready:
            yield None
            return
        read = os.read(descriptor, 1 << 16)
        if not read:
            return
        *whole, pending = (pending + read).split(b"\n")
        yield from whole


def reason(found):
    if "mismatch" in found:
        return found["mismatch"]
    texts = []
    for fault in found.get("diagnostics", []):
        place = f"{fault['op']}: " if "op" in fault else ""
        texts.append(place + fault["message"])
    return "; ".join(texts)
