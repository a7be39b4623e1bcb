"""A Posthorse with a spool of its own."""

import os
import subprocess

from . import processes

CONFIGURATION = """
hostname = "bench.example"

[spool]
path = "{root}/spool"

[[listener]]
address = "127.0.0.1:{port}"
allow = ["127.0.0.0/8"]
max_connections = 10000
max_connections_per_client = 10000

[[upstream]]
name = "sink"
address = "127.0.0.1:{sink}"
{connections}

[retry]
initial = "1s"
max = "1s"
"""


class Posthorse:
    """One relay, which can be stopped and started again on the same spool."""

    name = "Posthorse"

    def __init__(self, binary, root, sink_port, connections=10, prefix=()):
        """`connections`: of the upstream, a number or "auto"; or the lines that say so. `prefix`: a command and its arguments that run the relay, such as those of valgrind."""
        self.command, self.root, self.sink_port, self.port = [*prefix, binary], root, sink_port, processes.free_port()
        self.process = None
        if connections == "auto":
            connections = 'max_connections = "auto"'
        elif isinstance(connections, int):
            connections = f"max_connections = {connections}"
        self.configuration = os.path.join(root, "relay.conf")
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(
                root=root, port=self.port, sink=sink_port, connections=connections).lstrip())

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        with open(os.path.join(self.root, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--config", self.configuration], stdout=log, stderr=log)
        try:
            processes.wait_for_port(self.port, 120, lambda: self.process.poll() is None)
        except TimeoutError:
            self.stop()
            raise RuntimeError(f"the relay did not start:\n{self.last_words()}") from None

    def stop(self):
        """Stops the relay; by force if it has not ended within a minute."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the relay did not end within a minute of SIGTERM") from None

    def last_words(self):
        with open(os.path.join(self.root, "log"), errors="replace") as log:
            return "".join(log.readlines()[-20:])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
