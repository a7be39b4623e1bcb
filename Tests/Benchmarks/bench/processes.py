"""Cost of a relay: CPU time and memory of a process and its descendants."""

import os
import socket
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    """A free TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, deadline=30.0, alive=lambda: True):
    """Waits until something answers on a port with a banner, while `alive()` is true."""
    end = time.monotonic() + deadline
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as client:
                client.settimeout(5)
                if client.recv(3) == b"220":
                    client.sendall(b"QUIT\r\n")
                    client.recv(100)
                    return
        except OSError:
            pass
        if time.monotonic() > end or not alive():
            raise TimeoutError(f"nothing answers on port {port}")
        time.sleep(0.02)


def descendants(root):
    """The process and its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat(int(name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def stat(pid):
    """The fields of /proc/PID/stat from the state on; None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def cpu_seconds(root):
    """User and system time of the process, its living descendants, and those that ended and were waited for."""
    ticks = 0
    for pid in descendants(root):
        fields = stat(pid)
        if fields:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICK


def own_cpu_seconds(pid):
    """User and system time of one process only."""
    fields = stat(pid)
    return sum(int(field) for field in fields[11:13]) / TICK if fields else 0.0


def memory_bytes(root):
    """The sum of the proportional set sizes of the process and its descendants."""
    total = 0
    for pid in descendants(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
                        break
        except OSError:
            pass
    return total


class MemoryPeak:
    """Samples the memory of a process tree while a block runs; `peak` is the greatest sum seen."""

    def __init__(self, root, interval=0.5):
        self.root, self.interval, self.peak = root, interval, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)

    def sample(self):
        while True:
            self.peak = max(self.peak, memory_bytes(self.root))
            if self.ended.wait(self.interval):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.peak = max(self.peak, memory_bytes(self.root))
