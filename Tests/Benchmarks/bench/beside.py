"""Mail beside something else that the relay does."""

import json
import statistics

from . import latency, loads, processes


def add_arguments(parser, seconds, messages, rounds):
    """The options of ``measure``, with their defaults."""
    parser.add_argument("--rate", type=int, default=500, help="messages per second of the fixed rate (default 500)")
    parser.add_argument("--seconds", type=float, default=seconds,
                        help=f"of each run at the fixed rate (default {seconds})")
    parser.add_argument("--messages", type=int, default=messages,
                        help=f"of each run at full speed (default {messages})")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"each without and with (default {rounds})")


def measure(relay, sink, options, received):
    """One run at the fixed rate and one at full speed; returns what was measured, and the messages so far."""
    cpu = processes.cpu_seconds(relay.pid)
    times, reached = latency.measure(relay.port, options.rate, options.seconds)
    cpu = processes.cpu_seconds(relay.pid) - cpu
    received = sink.wait_for(received + len(times), 60)["messages"]
    seconds = loads.send(relay.port, 20, options.messages, 4096)
    received = sink.wait_for(received + options.messages, 60)["messages"]
    times.sort()
    return {
        "rate": reached, "p50_ms": times[len(times) // 2] * 1e3, "p99_ms": times[int(len(times) * 0.99)] * 1e3,
        "slowest_ms": times[-1] * 1e3, "cpu_us_per_message": cpu / len(times) * 1e6,
        "full_speed": options.messages / seconds,
    }, received


def show(name, figures):
    print(f"{name:8}", json.dumps({key: round(value, 1) for key, value in figures.items()}), flush=True)


def show_ratios(found, keys, company):
    """Prints the medians of the runs with company, by those without."""
    for key in keys:
        ratio = statistics.median(run[key] for run in found["with"]) / statistics.median(
            run[key] for run in found["without"])
        print(f"{key}: with {company} {ratio:.3f} of that without")
