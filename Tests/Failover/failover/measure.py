"""One row with one relay: load, fault, records."""

import asyncio
import contextlib
import math
import os
import subprocess
import time
from dataclasses import dataclass

from .load import Load
from .names import NAME, namespace
from .relays import RunningPosthorse, RunningPostfix
from .sink import FaultySink


@dataclass
class Times:
    """Seconds: before the fault, of load after it, and of watching after it at most."""
    warm: float
    load: float
    watch: float


@dataclass
class Login:
    user: str
    password: str
    file: str


def secrets(root):
    """A login and a certificate for the primary."""
    login = Login("relay", "secret", os.path.join(root, "password"))
    with open(login.file, "w") as file:
        file.write(login.password + "\n")
    os.chmod(login.file, 0o600)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=primary.example", "-keyout", f"{root}/key.pem", "-out", f"{root}/cert.pem"],
        check=True, capture_output=True)
    return login


def run(name, row, binary, root, rate, times):
    """The figures of one row with one relay."""
    login = secrets(root)
    options = list(row.options)
    if row.tls:
        options += ["--tls", "starttls", "--certificate", f"{root}/cert.pem", "--private-key", f"{root}/key.pem"]
    if row.login:
        options += ["--user", login.user, "--password-file", login.file, "--auth-without-tls"]
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(FaultySink(binary, root, "primary", "127.0.0.2", row.faults, options))
        secondary = stack.enter_context(
            FaultySink(binary, root, "secondary", "127.0.0.3", row.faults if row.both else []))
        primaries, address, prefix = [primary], primary.address, []
        if row.other_address is not None:
            primaries.append(stack.enter_context(FaultySink(
                binary, root, "other", "127.0.0.4", row.other_address, options, primary.port)))
            address = f"{NAME}:{primary.port}"
            prefix = namespace(root, ["127.0.0.4", "127.0.0.2"])
        if name == "postfix":
            relay = RunningPostfix(root, address, primary.port, secondary, row, login, prefix)
        else:
            relay = RunningPosthorse(binary, root, address, primary.port, secondary, row, login, prefix)
        with relay:
            load = Load(relay.port, row.rate or rate, row.size or 1000, row.recipients, row.domains)
            moments = asyncio.run(play(row, relay, primaries, secondary, load, times))
            if name == "postfix":
                queued = relay.queued()
        # A stopped relay no longer changes.
        queued = queued if name == "postfix" else relay.queued()
        return figures(row, relay, primaries, secondary, load, moments, queued)


async def play(row, relay, primaries, secondary, load, times):
    """Runs the load and the faults; returns when they began and ended."""
    faulty = [*primaries, secondary] if row.both else primaries
    sending = asyncio.create_task(load.run())
    await asyncio.sleep(times.warm)
    began = [sink.toggle() for sink in faulty][0]
    ended = None
    if row.ends:
        await asyncio.sleep(times.load / 2)
        ended = [sink.toggle() for sink in faulty][0]
    await asyncio.sleep(max(0, began + times.load - time.time()))
    load.stopped = True
    await asyncio.wait([sending], timeout=10)
    sending.cancel()
    while time.time() < began + times.watch:
        settled = {tag for sink in (*primaries, secondary) for tag, *_ in sink.read()} | relay.bounced()
        if set(load.accepted) <= settled and not row.doubt:
            break
        await asyncio.sleep(0.1)
    return began, ended


def figures(row, relay, primaries, secondary, load, moments, queued):
    began, ended = moments
    taken, copies, avoidable, in_doubt = {}, 0, 0, set()
    records = [(when, tag, replied, sink is secondary) for sink in (*primaries, secondary) for tag, when, replied in sink.read()]
    for when, tag, replied, _ in sorted(records):
        if tag in taken:
            copies += 1
            # The upstream had reported that it accepted the message.
            avoidable += tag not in in_doubt
        taken.setdefault(tag, when)
        if not replied:
            in_doubt.add(tag)
    bounced = relay.bounced() & set(load.accepted)
    since = ended or began
    waits = sorted(max(0.0, when - max(load.accepted[tag], since)) for tag, when in taken.items()
                   if tag in load.accepted and when >= since)
    unsettled = set(load.accepted) - set(taken) - bounced
    doubtful = {tag for tag in load.accepted if queued.get(tag) == "in_doubt"}
    # Unsent messages have waited longest; messages in doubt wait as a matter of policy.
    waits += [math.inf] * len(unsettled - doubtful)
    through = [when - since for when, _, _, is_secondary in records if is_secondary and when >= since]
    lost = unsettled - set(queued)
    wrongly = {tag for tag in bounced if not (row.bounces and row.bounces in f"{tag}@")}
    return {
        "accepted": len(load.accepted), "refused": load.refused,
        "per_second": len(load.accepted) / row.recipients / max(0.001, max(load.accepted.values()) - min(load.accepted.values())),
        "through_secondary": len(through), "first_ms": milliseconds(min(through, default=None)),
        "p50_ms": milliseconds(percentile(waits, 0.5)), "p99_ms": milliseconds(percentile(waits, 0.99)),
        "max_ms": milliseconds(max(waits, default=None)), "lost": len(lost), "duplicates": copies,
        "avoidable_duplicates": avoidable, "bounced": len(bounced), "bounced_wrongly": len(wrongly),
        "waiting": len((unsettled & set(queued)) - doubtful), "in_doubt": len(doubtful),
    }


def percentile(sorted_values, part):
    """The percentile as the smallest value with enough others at or below it; None if empty."""
    return sorted_values[max(0, math.ceil(part * len(sorted_values)) - 1)] if sorted_values else None


def milliseconds(seconds):
    """None means never."""
    return None if seconds is None or seconds == math.inf else round(seconds * 1000, 1)


def complaints(row, figure):
    """The failures in a row of Posthorse; empty if it keeps its promises."""
    wrong = []
    if figure["accepted"] == 0:
        wrong.append("nothing accepted")
    if figure["lost"]:
        wrong.append(f"{figure['lost']} lost")
    if figure["avoidable_duplicates"]:
        wrong.append(f"{figure['avoidable_duplicates']} avoidable duplicates")
    if figure["bounced_wrongly"]:
        wrong.append(f"{figure['bounced_wrongly']} bounced wrongly")
    if row.stays and figure["through_secondary"]:
        wrong.append(f"{figure['through_secondary']} through the secondary")
    if figure["waiting"]:
        wrong.append(f"{figure['waiting']} still waiting")
    if row.limit_ms and not (figure["p99_ms"] is not None and figure["p99_ms"] <= row.limit_ms):
        wrong.append(f"p99 {figure['p99_ms']} ms is not within {row.limit_ms} ms")
    return wrong
