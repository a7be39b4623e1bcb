"""The table of docs/failover.md."""

import platform

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


def rewrite(path, rows, result):
    """Puts the table between its marks."""
    with open(path) as file:
        text = file.read()
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{path} has no marks for the table")
    measured = [f for records in result["rows"].values() for f in records.values()]
    loads = sorted({f["load"] for f in measured})
    note = (f"{result['machine']['cores']} cores, loopback; {result['machine']['rate']:g} messages/s for "
            f"{' or '.join(f'{load:g}' for load in loads)} s with the fault; Posthorse {result['machine']['version']}, "
            "Postfix 3.7 as described above.")
    with open(path, "w") as file:
        file.write(f"{head}{BEGIN}\n{note}\n\n{table(rows, result)}\n{END}{tail}")
