"""A large queue: what its listings, statistics and bulk orders take, and what mail notices of them."""

import dataclasses
import os
import subprocess
import threading
import time

from . import loads, processes
from .posthorse import Posthorse
from .sink import Sink

PART = "part@example.com"
WITH = ["--domain", "example.net", "--older-than", "1s", "--last-reply", "refused"]

LISTINGS = {
    "list, as a table": ["list"],
    "list --json": ["list", "--json"],
    "list --limit 20": ["list", "--limit", "20"],
    "list --sort size --limit 20": ["list", "--sort", "size", "--limit", "20"],
    "list --sort age --reverse": ["list", "--sort", "age", "--reverse"],
    "list --sender (a tenth)": ["list", "--sender", PART],
    "list --count": ["list", "--count"],
    "list --count, with filters": ["list", "--count", *WITH],
    "stats": ["stats"],
    "stats --by age": ["stats", "--by", "age"],
    "stats --by domain": ["stats", "--by", "domain"],
}

ORDERS = {
    "hold --all": ["hold", "--all", "--yes"],
    "release --all": ["release", "--all", "--yes"],
    "retry --all": ["retry", "--all", "--yes"],
    "move --all": ["move", "--all", "--to", "sink", "--yes"],
    "drop --sender (a tenth)": ["drop", "--sender", PART, "--yes"],
}


class Queue:
    """The relay's `queue` command."""

    def __init__(self, binary, relay, root):
        self.command, self.root = [binary, "queue"], root
        self.options = ["--config", relay.configuration]

    def run(self, arguments):
        """Runs one command with its output into a file; returns the seconds it took."""
        start = time.monotonic()
        with open(os.path.join(self.root, "output"), "wb") as output:
            subprocess.run([*self.command, *arguments, *self.options], stdout=output, stderr=subprocess.STDOUT,
                           timeout=600, check=True)
        return time.monotonic() - start

    def median(self, arguments, repetitions=3):
        return sorted(self.run(arguments) for _ in range(repetitions))[repetitions // 2]


def waiting_queue(options, root):
    """Messages gather while the only upstream is down; commands are timed; then mail is sent beside them."""
    messages = int(200_000 * options.scale)
    relay = Posthorse(options.binary, root, processes.free_port(), options.connections)
    with relay:
        time.sleep(1)
        empty = processes.memory_bytes(relay.pid)
        loads.send(relay.port, 100, messages - messages // 10, 1024, sender="most@example.com")
        loads.send(relay.port, 100, messages // 10, 1024, sender=PART)
    start = time.monotonic()
    with relay:
        listening = time.monotonic() - start
        time.sleep(3)
        waiting = processes.memory_bytes(relay.pid)
        queue = Queue(options.binary, relay, root)
        with processes.MemoryPeak(relay.pid) as memory:
            listings = {name: queue.median(arguments) for name, arguments in LISTINGS.items()}
            orders = {name: queue.run(arguments) for name, arguments in ORDERS.items()}
        queue.run(ORDERS["hold --all"])
        beside = slowdown(options, relay, queue)
    return {
        "messages": messages,
        "seconds_to_listening": listening,
        "bytes_per_waiting_message": max(0, waiting - empty) / messages,
        "memory_mb": waiting / 1e6,
        "peak_memory_mb": memory.peak / 1e6,
        "seconds": listings | orders,
        "beside": beside,
    }


def slowdown(options, relay, queue):
    """Rates of the same load in turn without commands, and with one every second; all that waits is held."""
    load = dataclasses.replace(loads.LOADS[1], messages={"Posthorse": 80_000})
    commands = [LISTINGS["list --count"], LISTINGS["stats"], ["hold", "--sender", PART, "--yes"], LISTINGS["list --limit 20"]]
    rates = {False: [], True: []}
    with Sink(options.binary, relay.sink_port) as sink:
        for _ in range(3):
            for busy in rates:
                with Commands(queue, commands if busy else []):
                    rates[busy].append(loads.run(relay, sink, load, min(1, options.scale))["end_to_end_per_second"])
    without, beside = (sorted(each)[1] for each in rates.values())
    return {"without_per_second": without, "with_per_second": beside, "ratio": beside / without}


class Commands:
    """Gives commands in turn, one every second, until its block ends."""

    def __init__(self, queue, commands):
        self.queue, self.commands, self.ended = queue, commands, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        number = 0
        while self.commands and not self.ended.wait(1):
            self.queue.run(self.commands[number % len(self.commands)])
            number += 1

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
