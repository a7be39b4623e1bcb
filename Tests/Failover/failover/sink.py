"""An upstream whose faults begin and end on request, and its books."""

import json
import os
import signal
import subprocess
import time


class FaultySink:
    """`posthorse sink` on an address of its own, so that no client's port can be in its way when it comes back."""

    def __init__(self, binary, root, name, address, faults=(), options=()):
        self.log = os.path.join(root, f"{name}.log")
        command = [binary, "sink", "--name", f"{name}.example", "--listen", f"{address}:0", "--log", self.log, "--faults-off"]
        for fault in faults:
            command += ["--fault", fault]
        self.process = subprocess.Popen(
            command + list(options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(f"the sink did not start: {self.process.stderr.read()}")
        self.offset, self.taken = 0, []

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def toggle(self):
        """Turns the faults on or off; the moment before."""
        moment = time.time()
        self.process.send_signal(signal.SIGUSR2)
        line = self.process.stderr.readline()
        if "faults are" not in line:
            raise RuntimeError(f"the sink said {line!r}")
        return moment

    def read(self):
        """Reads what has been added to the log. What is not of the load, such as bounces, does not count."""
        with open(self.log) as file:
            file.seek(self.offset)
            while (line := file.readline()).endswith("\n"):
                self.offset += len(line)
                record = json.loads(line)
                tag = record["recipients"][0].partition("@")[0]
                if record["sender"] and tag.startswith("m"):
                    self.taken.append((tag, record["taken_at_us"] / 1e6, record["replied"]))
        return self.taken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
