"""The table of docs/failover.md."""

import textwrap

BEGIN, END = "<!-- failover-table: begin -->", "<!-- failover-table: end -->"
HEAD = [
    "| the primary | what Posthorse does | time p50 / p99 / max | lost | twice | bounced | waiting "
    "| Postfix: time p50 / p99 / max | lost | twice | bounced | waiting |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
]


def duration(value, watch):
    if value is None:
        return f"> {watch:.0f} s"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def cells(figure):
    """Time, lost, twice, bounced, waiting."""
    if figure is None:
        return ["not measured", "", "", "", ""]
    times = [figure["p50_ms"], figure["p99_ms"], figure["max_ms"]]
    words = " / ".join(duration(value, figure["watch"]) for value in times)
    if times[0] is None and figure["through_secondary"] == 0:
        words = f"none within {figure['watch']:.0f} s"
    if figure["accepted"] and figure["bounced"] >= figure["accepted"] / 2:
        words = "–"
    waiting = f"{figure['waiting']:,}" + (f", {figure['in_doubt']:,} in doubt" if figure["in_doubt"] else "")
    return [words] + [f"{figure[name]:,}" for name in ("lost", "duplicates", "bounced")] + [waiting]


def table(rows, result):
    lines = list(HEAD)
    for row in rows:
        records = result["rows"].get(row.key, {})
        if not records:
            continue
        own, other = records.get("posthorse"), records.get("postfix")
        words = [row.title, row.does] + cells(own) + cells(other)
        lines.append("| " + " | ".join(words) + " |")
    return "\n".join(lines)


def slowest(name, title, rows, result):
    """Minimum share of the load that a relay accepted."""
    rates = [result["rows"][row.key][name]["per_second"] for row in rows
             if not row.rate and name in result["rows"].get(row.key, {})]
    return f"{title} took at least {min(rates):,.0f}/s." if rates else f"{title} was not measured."


def rewrite(path, rows, result):
    """Replaces the table between its marks."""
    with open(path) as file:
        text = file.read()
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{path} has no marks for the table")
    loads = sorted({f["load"] for records in result["rows"].values() for f in records.values()})
    note = (f"{result['machine']['cores']} cores, loopback, client, relay and sinks on the same machine; "
            f"{result['machine']['rate']:g} messages/s offered for {' or '.join(f'{load:g}' for load in loads)} s with the fault. "
            + " ".join(slowest(name, title, rows, result) for name, title in [("posthorse", "Posthorse"), ("postfix", "Postfix")]))
    with open(path, "w") as file:
        file.write(f"{head}{BEGIN}\n{textwrap.fill(note, 130)}\n\n{table(rows, result)}\n{END}{tail}")
