#!/usr/bin/env python3
"""Draws how the CPU backend grows, out of the JSON of bench_growth.

bench/draw_growth.py RESULTS/growth.json docs/growth.svg
"""

import json
import math
import re
import sys

NAME = re.compile(r"growth/(\w+)/keys:(\d+)/panes:(\d+)/uniform/(dense|hashed)/(\w+?)/threads:(\d+)")
WIDTH, HEIGHT = 960, 420
PANEL = {"width": 372, "height": 280, "top": 70}
LEFT = {"keys": 70, "panes": 540}
# Legible on white and on dark grey.
COLOURS = {"dense": "#2f81f7", "hashed": "#d9822b", "count_sum": "#2f81f7", "count_sum_min_max": "#3fa672"}
LABELS = {
    "dense": "integer keys",
    "hashed": "hashed keys",
    "count_sum": "count, sum",
    "count_sum_min_max": "count, sum, min, max",
}
TEXT = "#7d8590"


def medians(results):
    """(family, keys, panes, kind, aggregates, threads) -> events a second, the median of repetitions."""
    rates = {}
    for row in results["benchmarks"]:
        found = NAME.match(row["name"])
        if not found or "items_per_second" not in row or row.get("aggregate_name"):
            continue
        family, keys, panes, kind, aggregates, threads = found.groups()
        case = (family, int(keys), int(panes), kind, aggregates, int(threads))
        rates.setdefault(case, []).append(row["items_per_second"])
    return {case: sorted(of_case)[len(of_case) // 2] for case, of_case in rates.items()}


def lines_of(rates, family):
    """(what the line shows, threads) -> points."""
    lines = {}
    for (case_family, keys, panes, kind, aggregates, threads), rate in rates.items():
        if case_family != family:
            continue
        shown, x = (kind, keys) if family == "keys" else (aggregates, panes)
        lines.setdefault((shown, threads), []).append((x, rate))
    return {line: sorted(points) for line, points in sorted(lines.items())}


class Axis:
    """A logarithmic scale from one length to another."""

    def __init__(self, low, high, start, end):
        self.low, self.high = math.log10(low), math.log10(high)
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)


def short(number):
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:g}{name}"
    return f"{number:g}"


def text(x, y, words, anchor="middle", size=12, colour=TEXT):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{words}</text>'


def rule(x1, y1, x2, y2, colour=TEXT, opacity=0.25):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-opacity="{opacity}"/>'
    )


def panel(family, lines, ticks, title, bottom_words, rate_range):
    left, top = LEFT[family], PANEL["top"]
    right, bottom = left + PANEL["width"], top + PANEL["height"]
    x_of = Axis(ticks[0], ticks[-1], left, right)
    y_of = Axis(*rate_range, bottom, top)
    parts = [text((left + right) / 2, top - 34, title, size=14), text((left + right) / 2, bottom + 38, bottom_words)]
    for tick in ticks:
        parts += [rule(x_of(tick), top, x_of(tick), bottom), text(x_of(tick), bottom + 18, short(tick))]
    rate = rate_range[0]
    while rate <= rate_range[1] * 1.001:
        parts += [rule(left, y_of(rate), right, y_of(rate)), text(left - 8, y_of(rate) + 4, short(rate), "end")]
        rate *= 10
    shown_names = []
    for (shown, threads), points in lines.items():
        path = " ".join(f"{x_of(x):.1f},{y_of(rate):.1f}" for x, rate in points)
        dashes = ' stroke-dasharray="5 4"' if threads == 1 else ""
        colour = COLOURS[shown]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        for x, rate in points:
            parts.append(
                f'<circle cx="{x_of(x):.1f}" cy="{y_of(rate):.1f}" r="3" fill="{colour}">'
                f"<title>{LABELS[shown]}, {threads} threads, {short(x)}: {rate / 1e6:.1f} M events/s</title></circle>"
            )
        if shown not in shown_names:
            shown_names.append(shown)
    for place, shown in enumerate(shown_names):
        x = left + 8 + place * 130
        parts.append(rule(x, top - 14, x + 20, top - 14, COLOURS[shown], 1))
        parts.append(text(x + 26, top - 10, LABELS[shown], "start", 11))
    return parts


def draw(rates):
    keys, panes = lines_of(rates, "keys"), lines_of(rates, "panes")
    all_rates = [rate for lines in (keys, panes) for points in lines.values() for _, rate in points]
    rate_range = (10 ** math.floor(math.log10(min(all_rates))), 10 ** math.ceil(math.log10(max(all_rates))))
    ticks = {
        "keys": sorted({x for points in keys.values() for x, _ in points}),
        "panes": sorted({x for points in panes.values() for x, _ in points}),
    }
    parts = panel("keys", keys, ticks["keys"], "events a second by keys", "keys; tumbling windows of 8 M events", rate_range)
    parts += panel(
        "panes", panes, ticks["panes"], "events a second by size / slide",
        "slides a window; 10,000 keys, 100,000 events a slide", rate_range,
    )
    parts.append(text(WIDTH / 2, HEIGHT - 8, "solid: 2 threads, dashed: 1 thread; closing every window included", size=11))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui, sans-serif" role="img" '
        f'aria-label="Events a second of the CPU backend by keys and by slides a window">\n{body}\n</svg>\n'
    )


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with open(arguments[0], encoding="utf-8") as results:
        rates = medians(json.load(results))
    if not rates:
        sys.exit(f"{arguments[0]} has no results of bench_growth")
    with open(arguments[1], "w", encoding="utf-8") as chart:
        chart.write(draw(rates))


if __name__ == "__main__":
    main(sys.argv[1:])
