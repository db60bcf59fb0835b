"""Runs cases through `aimcc --batch`, and starts it again behind a case that ended it."""

import json
import os
import resource
import select
import subprocess
import threading
from dataclasses import dataclass

from .cases import Case

PATIENCE = 20  # s without a word from the process, after which its case hangs
MEMORY = 12 << 30  # bytes of address space, so that one case cannot take the machine down


@dataclass
class Result:
    """What became of a case in a mode."""

    case: Case
    mode: str
    status: str
    reason: str
    seconds: float


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

    threads = [threading.Thread(target=work, args=[job]) for job in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def run_batch(aimcc, mode, cases, list_path):
    """Results of the first of `cases`, up to the one at which the process ended."""
    list_path = f"{list_path}.{os.getpid()}"
    with open(list_path, "w") as file:
        for case in cases:
            model = os.path.join(case.folder, "model.onnx")
            file.write(f"{model}\t{case.folder}\t{case.rtol}\t{case.atol}\n")
    command = [aimcc, mode, "--quiet", "--batch", list_path]
    if mode == "verify":
        command += ["--device", "ideal", "--chips", "auto"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=limit)
    results = []
    status = None
    for line in lines(process):
        if line is None:
            status = "hung"
            process.kill()
            break
        found = json.loads(line)
        if found["status"] != "started":
            results.append(Result(
                cases[len(results)], mode, found["status"], reason(found), found["seconds"]))
    code = process.wait()
    os.remove(list_path)
    if len(results) < len(cases):
        why = f"no word for {PATIENCE} s" if status else f"exit code {code}"
        results.append(Result(cases[len(results)], mode, status or "crashed", why, 0))
    return results


def lines(process):
    """The lines that the process writes; `None` if it is silent for too long."""
    pending = b""
    descriptor = process.stdout.fileno()
    while True:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE)
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
