"""The counting upstream: `posthorse sink`."""

import json
import signal
import subprocess
import time


class SinkProcess:
    """A listening `posthorse sink`, terminated at the end of the block."""

    def __init__(self, command, **streams):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **streams)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            said = self.process.stderr.read() if self.process.stderr else "no word"
            raise RuntimeError(f"the sink did not start: {said}")

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


class Sink(SinkProcess):
    """A running sink; SIGUSR1 makes it print its totals."""

    def __init__(self, binary, port, options=()):
        super().__init__([binary, "sink", "--count", "--listen", f"127.0.0.1:{port}", *options])

    @property
    def pid(self):
        return self.process.pid

    def totals(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def wait_for(self, messages, limit):
        """Waits until this many messages were accepted; fails if none arrives for `limit` seconds."""
        last, progress = -1, time.monotonic()
        while True:
            totals = self.totals()
            if totals["messages"] >= messages:
                return totals
            if totals["messages"] != last:
                last, progress = totals["messages"], time.monotonic()
            elif time.monotonic() - progress > limit:
                raise TimeoutError(f"the sink has {last} of {messages} messages and no more come")
            time.sleep(0.05)
