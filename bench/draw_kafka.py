#!/usr/bin/env python3
"""Draws where the CPU time of an event from Kafka goes, out of the JSON of `sluice bench kafka`.

sluice bench kafka --brokers HOST:PORT --json kafka.json
bench/draw_kafka.py kafka.json docs/kafka.svg
"""

import json
import sys

STAGES = ["fetch", "decompress", "decode", "accumulate", "close", "other"]
# Legible on white and on dark grey.
COLOURS = {
    "fetch": "#2f81f7",
    "decompress": "#8b7ae6",
    "decode": "#3fa672",
    "accumulate": "#d9822b",
    "close": "#d1495b",
    "other": "#8b949e",
}
TEXT = "#7d8590"
WIDTH, LEFT, RIGHT, TOP, ROW = 960, 210, 880, 64, 34


def text(x, y, words, anchor="start", size=12, colour=TEXT):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{words}</text>'


def short(number):
    return f"{number // 1_000_000} M" if number % 1_000_000 == 0 else f"{number:,}"


def tick_step(most):
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0):
        if most / step <= 8:
            return step
    return most / 8


def legend():
    parts = []
    for place, stage in enumerate(STAGES):
        x = LEFT + place * 108
        parts.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{COLOURS[stage]}"/>')
        parts.append(text(x + 18, 40, stage))
    return parts


def bar(case, y, scale):
    name = f"{case['name']}, {case['keys']:,} keys"
    parts = [text(LEFT - 10, y + 17, name, "end")]
    x = LEFT
    for stage in STAGES:
        cost = case["cpu_us_per_event"][stage]
        width = cost * scale
        if width > 0.2:
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 10}" fill="{COLOURS[stage]}">'
                f"<title>{name}: {stage} {cost:.4f} µs</title></rect>"
            )
        x += width
    in_all = sum(case["cpu_us_per_event"].values())
    parts.append(text(x + 8, y + 17, f"{in_all:.3f} µs"))
    return parts


def draw(results):
    cases = results["cases"]
    bottom = TOP + ROW * len(cases)
    most = max(sum(case["cpu_us_per_event"].values()) for case in cases)
    scale = (RIGHT - LEFT) / most
    broker = "a broker in the same process, its own time left out" if results["embedded_broker"] else "a broker of its own"
    parts = [text(LEFT, 18, "CPU time of an event from Kafka to closed windows, µs", size=14)]
    parts += legend()
    tick = 0.0
    while tick <= most * 1.001:
        x = LEFT + tick * scale
        parts.append(
            f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="{TEXT}" stroke-opacity="0.25"/>'
        )
        parts.append(text(x, bottom + 16, f"{tick:g}", "middle"))
        tick = round(tick + tick_step(most), 6)
    for place, case in enumerate(cases):
        parts += bar(case, TOP + ROW * place, scale)
    parts.append(
        text(
            LEFT, bottom + 38,
            f"{short(results['events'])} events, {results['cores']} cores, {broker}; median of {results['runs']} runs. "
            "librdkafka decompresses while it fetches.",
            size=11,
        )
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 50}" '
        f'font-family="system-ui, sans-serif" role="img" '
        f'aria-label="CPU time of an event from Kafka by stage, for each way to fetch">\n{body}\n</svg>\n'
    )


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with open(arguments[0], encoding="utf-8") as file:
        results = json.load(file)
    if not results.get("cases"):
        sys.exit(f"{arguments[0]} has no figures of sluice bench kafka")
    with open(arguments[1], "w", encoding="utf-8") as chart:
        chart.write(draw(results))


if __name__ == "__main__":
    main(sys.argv[1:])
