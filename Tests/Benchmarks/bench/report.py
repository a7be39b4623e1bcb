"""Medians of several rounds, and tables of them."""

import statistics

FIGURES = ["accepted_per_second", "end_to_end_per_second", "cpu_us_per_message", "peak_memory_mb"]


def medians(runs):
    """One record per relay and load, with the median of each figure."""
    groups = {}
    for record in runs:
        groups.setdefault((record["load"], record["relay"]), []).append(record)
    return [
        {"load": load, "relay": relay, "rounds": len(group)}
        | {figure: statistics.median(record[figure] for record in group) for figure in FIGURES}
        for (load, relay), group in groups.items()
    ]


def ratios(records):
    """Ratio to Postfix's end-to-end rate and CPU; only for loads that both relays ran."""
    by_key = {(record["load"], record["relay"]): record for record in records}
    found = []
    for load in dict.fromkeys(record["load"] for record in records):
        ours, theirs = by_key.get((load, "Posthorse")), by_key.get((load, "Postfix"))
        if ours and theirs:
            found.append({"load": load} | {figure: ours[figure] / theirs[figure] for figure in FIGURES})
    return found


def sink_table(records):
    rows = [
        [r["load"], f"{r['per_second']:,.0f}", f"{r['cpu_us_per_message']:.0f}", f"{r['memory_mb']:.0f}"]
        for r in records
    ]
    return table(["sink alone", "messages/s", "CPU µs/message", "memory MB"], rows)


def relay_table(records, ratio_records):
    ratio = {record["load"]: record for record in ratio_records}
    rows = []
    for r in sorted(records, key=lambda record: [record["load"] for record in records].index(record["load"])):
        times = ratio.get(r["load"]) if r["relay"] == "Posthorse" else None
        rows.append([
            r["load"], r["relay"], f"{r['accepted_per_second']:,.0f}", f"{r['end_to_end_per_second']:,.0f}",
            f"{r['cpu_us_per_message']:,.0f}", f"{r['peak_memory_mb']:.0f}",
            f"{times['end_to_end_per_second']:.1f}" if times else "",
            f"{1 / times['cpu_us_per_message']:.1f}" if times else "",
        ])
    return table(
        ["load", "relay", "accepted/s", "end to end/s", "CPU µs/message", "memory MB", "times Postfix", "CPU, times less"],
        rows)


def table(titles, rows):
    """A Markdown table that is also readable as plain text."""
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    line = lambda cells: "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
    return "\n".join([line(titles), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])
