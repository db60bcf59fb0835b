"""Chromium without a window, spoken to in its DevTools protocol over a pipe."""

import json
import os
import shutil
import signal
import subprocess
import tempfile


def chromium(tool):
    """Where Chromium is; ends the tool if it is not there."""
    found = shutil.which("chromium")
    if not found:
        raise SystemExit(f"{tool} needs Chromium: apt-get install chromium")
    return found


class Browser:
    """Chromium, spoken to in its DevTools protocol."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="aimcc-chromium-")
        to_read, self.to_write = os.pipe()
        self.to_hear, answers = os.pipe()

        def arrange():
            # The browser reads commands from descriptor 3 and writes answers to 4.
            os.dup2(to_read, 103)
            os.dup2(answers, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        command = [program, "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
                   "--no-sandbox", "--disable-background-networking", "--disable-component-update",
                   "--hide-scrollbars", f"--user-data-dir={self.folder}", "about:blank"]
        self.process = subprocess.Popen(command, preexec_fn=arrange, close_fds=False, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(answers)
        self.number, self.buffer, self.events = 0, b"", []

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def receive(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.to_hear, 1 << 20)
            if not piece:
                raise SystemExit("chromium has ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_write, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)
