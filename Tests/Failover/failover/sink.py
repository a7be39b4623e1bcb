"""An upstream whose faults begin and end on request, and its records."""

import json
import os
import signal
import subprocess
import time

from bench.sink import SinkProcess


class FaultySink(SinkProcess):
    """`posthorse sink` on an address of its own, so that no client's port is in its way when it comes back."""

    def __init__(self, binary, root, name, address, faults=(), options=(), port=0):
        self.log = os.path.join(root, f"{name}.log")
        command = [binary, "sink", "--name", f"{name}.example", "--listen", f"{address}:{port}", "--log", self.log, "--faults-off"]
        for fault in faults:
            command += ["--fault", fault]
        super().__init__(command + list(options), stderr=subprocess.PIPE)
        self.offset, self.taken = 0, []

    def toggle(self):
        """Turns the faults on or off; returns the time just before."""
        moment = time.time()
        self.process.send_signal(signal.SIGUSR2)
        line = self.process.stderr.readline()
        if "faults are" not in line:
            raise RuntimeError(f"the sink said {line!r}")
        return moment

    def read(self):
        """Reads new log entries, once per recipient. Mail that is not part of the load, such as bounces, does
        not count."""
        with open(self.log) as file:
            file.seek(self.offset)
            while (line := file.readline()).endswith("\n"):
                self.offset += len(line)
                record = json.loads(line)
                tags = [address.partition("@")[0] for address in record["recipients"]]
                self.taken += [(tag, record["taken_at_us"] / 1e6, record["replied"])
                               for tag in tags if record["sender"] and tag.startswith("m")]
        return self.taken
