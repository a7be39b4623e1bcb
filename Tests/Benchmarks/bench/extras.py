"""Runs of Posthorse alone: upstreams down, a backlog after a restart, idle sessions, time to the 250, a large queue."""

import socket
import time

from . import latency, loads, processes
from .posthorse import Posthorse
from .queue import waiting_queue
from .sink import Sink


def upstreams_down(options, root):
    """Rate of accepted mail while no upstream answers."""
    messages = int(100_000 * options.scale)
    with Posthorse(options.binary, root, processes.free_port(), options.connections) as relay:
        cpu = processes.cpu_seconds(relay.pid)
        with processes.MemoryPeak(relay.pid) as memory:
            seconds = loads.send(relay.port, 100, messages, 4096)
        cpu = processes.cpu_seconds(relay.pid) - cpu
    return {
        "messages": messages,
        "accepted_per_second": messages / seconds,
        "cpu_us_per_message": cpu / messages * 1e6,
        "peak_memory_mb": memory.peak / 1e6,
    }


def backlog(options, root):
    """Accumulates a backlog, restarts the relay, and brings the upstream back."""
    messages = int(200_000 * options.scale)
    relay = Posthorse(options.binary, root, processes.free_port(), options.connections)
    with relay:
        time.sleep(1)
        empty = processes.memory_bytes(relay.pid)
        loads.send(relay.port, 100, messages, 4096)
        gathered = processes.memory_bytes(relay.pid)
    with relay:
        time.sleep(3)
        waiting = processes.memory_bytes(relay.pid)
    with Sink(options.binary, relay.sink_port) as sink:
        start = time.time()
        with relay:
            listening = time.time() - start
            with processes.MemoryPeak(relay.pid) as memory:
                totals = sink.wait_for(messages, loads.STALL_LIMIT)
                time.sleep(0.5)
        duplicates = sink.totals()["messages"] - messages
    first, last = totals["first_message_at_us"] / 1e6, totals["last_message_at_us"] / 1e6
    return {
        "messages": messages,
        "seconds_to_listening": listening,
        "seconds_to_first_delivery": first - start,
        "drained_per_second": messages / (last - first),
        "duplicates": duplicates,
        "bytes_per_waiting_message": max(0, waiting - empty) / messages,
        "memory_before_restart_mb": gathered / 1e6,
        "peak_memory_draining_mb": memory.peak / 1e6,
    }


def idle_sessions(options, root):
    """Cost of a session that sends EHLO and then nothing."""
    sessions = 1000
    with Posthorse(options.binary, root, processes.free_port(), options.connections) as relay:
        open_sessions(relay.port, 50)
        time.sleep(1)
        before = processes.memory_bytes(relay.pid)
        clients = open_sessions(relay.port, sessions)
        after = processes.memory_bytes(relay.pid)
        for client in clients:
            client.close()
    return {"sessions": sessions, "bytes_per_session": (after - before) / sessions}


def open_sessions(port, number):
    clients = []
    for _ in range(number):
        client = socket.create_connection(("127.0.0.1", port), 10)
        client.recv(1000)
        client.sendall(b"EHLO client.example\r\n")
        client.recv(1000)
        clients.append(client)
    return clients


def time_to_250(options, root):
    """Time from the final dot to its 250, at half the rate the relay reaches with 20 sessions."""
    with Sink(options.binary, processes.free_port()) as sink:
        with Posthorse(options.binary, root, sink.port, options.connections) as relay:
            full = loads.run(relay, sink, loads.LOADS[1], 0.5 * options.scale)["end_to_end_per_second"]
            times, rate = latency.measure(relay.port, full / 2, 10.0)
    times.sort()
    pick = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000
    return {
        "wanted_per_second": full / 2,
        "reached_per_second": rate,
        "messages": len(times),
        "p50_ms": pick(0.50),
        "p95_ms": pick(0.95),
        "p99_ms": pick(0.99),
        "max_ms": times[-1] * 1000,
    }


RUNS = {
    "upstreams-down": upstreams_down,
    "backlog": backlog,
    "idle-sessions": idle_sessions,
    "time-to-250": time_to_250,
    "waiting-queue": waiting_queue,
}
