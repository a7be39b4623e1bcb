"""The loads, and one measured run of each."""

import dataclasses
import subprocess
import time

from . import processes


@dataclasses.dataclass(frozen=True)
class Load:
    """A number of sessions that send messages of a given size; fewer messages for the slower relay."""

    size: int
    sessions: int
    messages: dict

    @property
    def title(self):
        return f"{self.size // 1024} KiB, s={self.sessions}"


LOADS = [
    Load(4096, 1, {"Postfix": 4000, "Posthorse": 20000, "sink": 40000}),
    Load(4096, 20, {"Postfix": 10000, "Posthorse": 80000, "sink": 80000}),
    Load(4096, 100, {"Postfix": 10000, "Posthorse": 100000, "sink": 80000}),
    Load(65536, 20, {"Postfix": 6000, "Posthorse": 30000, "sink": 20000}),
]

STALL_LIMIT = 60


def send(port, sessions, messages, size, limit=300, sender="sender@example.com"):
    """Sends with Postfix's smtp-source; returns the seconds it took."""
    start = time.monotonic()
    subprocess.run(
        ["smtp-source", "-d", "-s", str(sessions), "-m", str(messages), "-l", str(size), "-f", sender, "-t",
         "recipient@example.net", f"127.0.0.1:{port}"],
        check=True, timeout=limit)
    return time.monotonic() - start


def run(relay, sink, load, scale):
    """Sends one load through a running relay into a running sink, after a short warm-up."""
    warm = 10 * load.sessions
    send(relay.port, load.sessions, warm, load.size)
    before = sink.wait_for(warm, STALL_LIMIT)["messages"]
    time.sleep(0.5)
    messages = max(load.sessions, int(load.messages[relay.name] * scale))
    cpu, start = processes.cpu_seconds(relay.pid), time.time()
    with processes.MemoryPeak(relay.pid) as memory:
        accepting = send(relay.port, load.sessions, messages, load.size)
        totals = sink.wait_for(before + messages, STALL_LIMIT)
        time.sleep(0.5)
    cpu = processes.cpu_seconds(relay.pid) - cpu
    return {
        "relay": relay.name,
        "load": load.title,
        "messages": messages,
        "accepted_per_second": messages / accepting,
        "end_to_end_per_second": messages / (totals["last_message_at_us"] / 1e6 - start),
        "cpu_us_per_message": cpu / messages * 1e6,
        "peak_memory_mb": memory.peak / 1e6,
        "duplicates": sink.totals()["messages"] - before - messages,
    }


def run_sink_alone(sink, load, scale):
    """Sends one load straight into the sink."""
    messages = max(load.sessions, int(load.messages["sink"] * scale))
    cpu = processes.own_cpu_seconds(sink.pid)
    seconds = send(sink.port, load.sessions, messages, load.size)
    cpu = processes.own_cpu_seconds(sink.pid) - cpu
    return {
        "load": load.title,
        "messages": messages,
        "per_second": messages / seconds,
        "cpu_us_per_message": cpu / messages * 1e6,
        "memory_mb": processes.memory_bytes(sink.pid) / 1e6,
    }
