#!/usr/bin/env python3
"""Writes report.md and report.json from what run.sh left in FOLDER/raw, or from several report.json files.

  report.py collect FOLDER --commit COMMIT --command COMMAND
  report.py merge FOLDER REPORT.JSON...      later ones win; their runs must be of one device and commit

report.json holds every raw result; report.md is made from it alone.
"""

import argparse
import csv
import datetime
import io
import json
import os
import platform
import re
import statistics
import subprocess
import sys

PROPERTIES = (
    "name driver_version compute_cap memory.total clocks.max.sm clocks.max.mem power.limit ecc.mode.current "
    "pcie.link.gen.max pcie.link.width.max"
).split()

# Targets for 16-byte events on the device, dense keys, count and sum: groups from, to, honest, aimed at (G/s).
RESIDENT_TARGETS = (
    (1, 4_096, 134, 215),
    (10_000, 500_000, 10, 35),
    (1_000_000, 2_000_000, 8, 25),
    (10_000_000, 100_000_000, 5, 20),
)
LINK_SHARES = (0.85, 0.95)  # of the measured copy up: honest, aimed at
HOT_KEY = 2.0  # half of the events on one key: at most so much slower than uniform
SLIDING = 1.2  # an hour by a second: at most so much dearer than a second by a second, accumulate left out
SLIDING_CASES = (("count_sum", 1_000_000), ("count_sum_min_max", 100_000))


# --- reading -------------------------------------------------------------------------------------------------------


def read_benchmarks(text):
    """Google Benchmark's JSON; of one that was cut short, the benchmarks that are whole."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    for end in reversed([match.end() for match in re.finditer(r"\n    }", text)]):
        try:
            return {**json.loads(text[:end] + "]}"), "cut_short": True}
        except ValueError:
            continue
    return {"benchmarks": [], "cut_short": True}


def read_counters(text):
    """ncu's CSV (raw page): for each kernel the metrics of its last launch."""
    start = text.find('"ID"')
    if start < 0:
        return {}
    rows = list(csv.reader(io.StringIO(text[start:])))
    names, kernels = rows[0], {}
    for row in rows[2:]:  # the second row has the units
        if len(row) != len(names):
            continue
        fields = dict(zip(names, row))
        metrics = {name: value for name, value in fields.items() if "__" in name}
        kernels[short_kernel_name(fields["Kernel Name"])] = metrics
    return kernels


def short_kernel_name(name):
    """The function alone: no namespaces, no arguments."""
    name = re.sub(r"\(anonymous namespace\)::|<unnamed>::|sluice::cuda::|^(static )?void ", "", name)
    depth, out = 0, ""
    for character in name:
        if character == "(" and depth == 0:
            break
        depth += {"<": 1, ">": -1}.get(character, 0)
        out += character
    return out.strip()


def nvidia_smi(query):
    try:
        command = ["nvidia-smi", "--id=0", f"--query-gpu={query}", "--format=csv,noheader"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return result.stdout.splitlines()[0].strip() or "unknown"
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def read_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def collect(folder, commit, command):
    """The report of a folder that run.sh filled, as one object."""
    raw = os.path.join(folder, "raw")
    programs, benchmarks, counters = [], {}, {}
    for line in read_file(os.path.join(raw, "programs.tsv")).splitlines():
        part, name, status, seconds, sm_clock, memory_clock = line.split("\t")
        program = {"part": part, "name": name, "status": status, "seconds": int(seconds)}
        program["clocks"] = f"{sm_clock}, {memory_clock}"
        log = read_file(os.path.join(raw, f"{part}.{name}.log"))
        if status in ("failed", "timed out"):
            program["log_end"] = log[-3000:]
        programs.append(program)
        if part == "counters":
            counters[name] = read_counters(log)
    for name in sorted(os.listdir(raw)):
        if name.endswith(".json"):
            benchmarks[name[: -len(".json")]] = read_benchmarks(read_file(os.path.join(raw, name)))
    return {
        "commit": commit,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commands": [command],
        "host": f"{platform.system()} {platform.release()} {platform.machine()}",
        "device": {name: nvidia_smi(name) for name in PROPERTIES},
        "programs": programs,
        "benchmarks": benchmarks,
        "counters": counters,
    }


def merge(reports):
    """One report of several; of a part that is in more than one, the last."""
    merged = json.loads(json.dumps(reports[0]))
    for report in reports[1:]:
        for what in ("commit", "device"):
            if report[what] != merged[what]:
                raise SystemExit(f"report.py: these reports are not of one {what}")
        parts = {program["part"] for program in report["programs"]}
        merged["programs"] = [p for p in merged["programs"] if p["part"] not in parts] + report["programs"]
        merged["benchmarks"].update(report["benchmarks"])
        merged["counters"].update(report["counters"])
        merged["commands"] += report["commands"]
        merged["date"] = report["date"]
    return merged


# --- understanding -------------------------------------------------------------------------------------------------


class Run:
    """One benchmark: what its name says, and the median of its repetitions."""

    SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}

    def __init__(self, repetitions):
        first = repetitions[0]
        self.name = first.get("run_name", first["name"])
        self.words = self.name.split("/")
        self.fields = dict(word.split(":", 1) for word in self.words if ":" in word)
        self.error = next((r["error_message"] for r in repetitions if r.get("error_occurred")), None)
        self.label = first.get("label", "")
        good = [r for r in repetitions if not r.get("error_occurred")]
        self.numbers = {}
        for name, value in (good[0] if good else {}).items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self.numbers[name] = statistics.median(r.get(name, value) for r in good)
        self.seconds = self.numbers.get("real_time", 0) * self.SECONDS[first.get("time_unit", "ns")]
        self.items = self.numbers.get("items_per_second", 0)
        self.bytes = self.numbers.get("bytes_per_second", 0)

    def number(self, field):
        return int(self.fields.get(field, 0))

    def has(self, *words):
        return all(word in self.words for word in words)

    def case(self):
        """What tells it from the others of its program: its name without program, backend and kind of clock."""
        words = [word for word in self.words if word not in ("process_time", "real_time", "manual_time")]
        return "/".join(word for word in words[2:] if not word.startswith("iterations:")) or self.name

    def groups(self):
        return self.number("keys") * self.number("panes")

    def kernels(self):
        """(kernel, microseconds, bytes by the model, events, launches) of one launch on average."""
        for name in sorted(n[: -len(".us")] for n in self.numbers if n.endswith(".us")):
            yield (name, *(self.numbers.get(f"{name}.{what}", 0) for what in ("us", "bytes", "events", "launches")))


def runs_of(document):
    """The runs of Google Benchmark's output, in its order."""
    repetitions = {}
    for benchmark in (document or {}).get("benchmarks", []):
        if benchmark.get("run_type", "iteration") == "iteration":
            repetitions.setdefault(benchmark.get("run_name", benchmark["name"]), []).append(benchmark)
    return [Run(r) for r in repetitions.values()]


class Ceilings:
    """What the device can do at most; 0 where it was not measured."""

    def __init__(self, runs):
        self.runs = [run for run in runs if run.error is None]

    def best(self, word):
        """In bytes a second."""
        return max((run.bytes for run in self.runs if len(run.words) > 1 and run.words[1] == word), default=0)

    def reductions(self, kind, slots):
        """Uniform reductions a second into about so many slots: those measured with the nearest number."""
        near = [r for r in self.runs if r.has("red", kind, "uniform") and r.number("slots") > 1]
        if not near or slots < 1:
            return 0
        return min(near, key=lambda r: max(r.number("slots") / slots, slots / r.number("slots"))).items


def ceilings_for(report, part):
    """Those measured in the same call as `part`, else the full set."""
    benchmarks = report["benchmarks"]
    own = runs_of(benchmarks.get(f"{part}.ceilings"))
    return Ceilings(own or runs_of(benchmarks.get("ceilings.ceilings")))


def reduction_kind(run):
    """Which measured reduction does the least that this run's rows ask for."""
    return "row4" if run.has("count_sum_min_max") else "u64" if run.has("count") else "row2"


def ratio(value, ceiling):
    return f"{100 * value / ceiling:.0f} %" if ceiling else "-"


def giga(value):
    return f"{value / 1e9:.2f}"


def table(header, rows):
    if not rows:
        return ["Not measured.", ""]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


# --- writing -------------------------------------------------------------------------------------------------------


def target_rows(report):
    """(target, measured, honest, aimed at, verdict), for each target of the issue that was measured."""

    def verdict(value, honest, aimed):
        return "aimed at" if value >= aimed else "honest" if value >= honest else "missed"

    rows = []
    resident = [
        run
        for run in runs_of(report["benchmarks"].get("accumulate.accumulate"))
        if run.error is None and run.has("count_sum", "dense", "bytes:16", "path:auto")
    ]
    for least, most, honest, aimed in RESIDENT_TARGETS:
        rates = [
            run.items / 1e9
            for run in resident
            if run.has("uniform") and least <= run.groups() <= most and run.number("events") >= 16_000_000
        ]
        if rates:
            low, high = min(rates), max(rates)
            shown = f"{low:.1f} to {high:.1f} G events/s" if len(rates) > 1 else f"{low:.1f} G events/s"
            rows.append((f"{least:,} to {most:,} groups", shown, honest, aimed, verdict(low, honest, aimed)))
    for half in resident:
        if not half.has("half"):
            continue
        uniform = [r for r in resident if r.name == half.name.replace("/half/", "/uniform/")]
        if uniform and half.items:
            slower = uniform[0].items / half.items
            met = "aimed at" if slower <= HOT_KEY else "missed"
            rows.append((f"half on one of {half.number('keys'):,} keys", f"{slower:.2f}x slower", "", f"{HOT_KEY}x", met))
    up = ceilings_for(report, "engine").best("copy_up")
    for run in runs_of(report["benchmarks"].get("engine.engine")):
        if run.error is None and up and run.fields.get("size") == run.fields.get("slide") == "10":
            name = f"host to windows, {run.fields['bytes']} B, {run.number('keys'):,} keys"
            share = run.bytes / up
            shown = f"{giga(run.items)} G events/s, {ratio(run.bytes, up)} of the link"
            rows.append((name, shown, *(f"{100 * s:.0f} %" for s in LINK_SHARES), verdict(share, *LINK_SHARES)))
    closes = [run for run in runs_of(report["benchmarks"].get("close.close")) if run.error is None]
    for run in closes:
        wanted = run.number("panes") == 3600 and (run.words[2], run.number("keys")) in SLIDING_CASES
        second = [r for r in closes if r.words[:4] == run.words[:4] and r.number("panes") == 1]
        if wanted and second and second[0].seconds:
            times = run.seconds / second[0].seconds
            name = f"closing 1 h by 1 s, {run.words[2]}, {run.number('keys'):,} keys"
            rows.append((name, f"{times:.2f}x tumbling", "", f"{SLIDING}x", "aimed at" if times <= SLIDING else "missed"))
    return rows


def ceiling_rows(report):
    runs = runs_of(report["benchmarks"].get("ceilings.ceilings"))
    return [
        (run.name.removeprefix("ceiling/").removesuffix("/manual_time"), f"{run.bytes / 1e9:.1f}", f"{run.items / 1e9:.3f}")
        for run in runs
        if run.error is None
    ]


def accumulate_rows(report, part):
    """Every accumulate run beside the ceiling that limits it."""
    ceilings = ceilings_for(report, part)
    rows = []
    for run in runs_of(report["benchmarks"].get(f"{part}.accumulate")):
        name = run.case()
        if run.error is not None:
            rows.append((name, run.error, "", "", "", ""))
            continue
        where = "read" if run.has("from:device") else "copy_up"
        reductions = ceilings.reductions(reduction_kind(run), run.groups())
        rows.append(
            (
                name,
                giga(run.items),
                giga(run.bytes),
                ratio(run.bytes, ceilings.best(where)) + (" of reads" if where == "read" else " of the link"),
                ratio(run.items, reductions),
                run.label.split(", ")[-1],
            )
        )
    return rows


def kernel_rows(report, part, program):
    """The roofline: what each kernel must move, by its model, and how fast it does."""
    copy = ceilings_for(report, part).best("copy_on_device")
    rows = []
    for run in runs_of(report["benchmarks"].get(f"{part}.{program}")):
        name = run.case()
        for kernel, microseconds, moved, events, launches in run.kernels():
            rate = moved / (microseconds * 1e-6) if microseconds else 0
            rows.append(
                (
                    name,
                    kernel,
                    f"{launches:.0f}",
                    f"{microseconds:.1f}",
                    f"{moved / 1e6:.2f}",
                    f"{moved / events:.1f}" if events else "-",
                    giga(rate),
                    ratio(rate, copy),
                )
            )
    return rows


def close_rows(report, part):
    rows = []
    for run in runs_of(report["benchmarks"].get(f"{part}.{part}")):
        name = run.case()
        if run.error is not None:
            rows.append((name, run.error, "", ""))
        else:
            rows.append((name, f"{run.seconds * 1e3:.4f}", f"{run.items / 1e6:.1f}", giga(run.bytes)))
    return rows


def textbook_rows(report):
    runs = {run.name: run for run in runs_of(report["benchmarks"].get("textbook.textbook"))}
    rows = []
    for name, thrust in runs.items():
        ours = runs.get(name.replace("textbook/thrust/", "textbook/sluice/"))
        if not name.startswith("textbook/thrust/") or ours is None:
            continue
        error = thrust.error or ours.error
        case = thrust.case()
        if error is not None:
            rows.append((case, error, "", "", ""))
        else:
            times = ours.items / thrust.items if thrust.items else 0
            rows.append((case, giga(ours.items), giga(thrust.items), f"{times:.1f}x", thrust.label))
    return rows


def counter_rows(report):
    rows = []
    for case, kernels in sorted(report["counters"].items()):
        for kernel, metrics in kernels.items():

            def metric(name):
                try:
                    return float(metrics.get(name, "").replace(",", ""))
                except ValueError:
                    return 0.0

            seconds = metric("gpu__time_duration.sum") * 1e-9
            moved = metric("dram__bytes_read.sum") + metric("dram__bytes_write.sum")
            rows.append(
                (
                    case,
                    kernel,
                    f"{seconds * 1e6:.1f}",
                    f"{moved / 1e6:.2f}",
                    giga(moved / seconds) if seconds else "-",
                    f"{metric('lts__t_sector_hit_rate.pct'):.0f} %",
                    f"{metric('lts__t_sectors_op_red.sum') / 1e6:.2f}",
                    f"{metric('lts__t_sectors_op_atom.sum') / 1e6:.2f}",
                    f"{metric('sm__warps_active.avg.pct_of_peak_sustained_active'):.0f} %",
                    f"{metric('launch__registers_per_thread'):.0f}",
                )
            )
    return rows


ROOFLINE = ("benchmark", "kernel", "launches", "µs", "MB by the model", "B an event", "GB/s", "share of device copy")


def summary(report):
    """What is worth reading first; run.sh prints it."""
    ceilings = ceilings_for(report, "accumulate")
    words = {"copy_up": "link up", "copy_down": "link down", "copy_on_device": "device copy", "read": "device read"}
    measured = [f"{name} {giga(ceilings.best(word))} GB/s" for word, name in words.items() if ceilings.best(word)]
    lines = ["## Targets", ""]
    lines += table(("target", "measured", "honest", "aimed at", "met"), target_rows(report))
    lines += ["Measured ceilings: " + (", ".join(measured) or "none") + ".", ""]
    return lines


def markdown(report):
    lines = ["# GPU report", "", f"Commit {report['commit']}, {report['date']}, {report['host']}.", ""]
    lines += [f"- `{command}`" for command in report["commands"]] + [""]
    lines += table(("device", ""), list(report["device"].items()))
    lines += summary(report)
    lines += ["## Tests and tools", ""]
    rows = [(p["part"], p["name"], p["status"], p["seconds"], p["clocks"]) for p in report["programs"]]
    lines += table(("part", "program", "result", "seconds", "clocks after it"), rows)
    accumulate = ("benchmark", "G events/s", "GB/s", "of the bytes' ceiling", "of its reductions' ceiling", "path")
    for part, title in (("accumulate", "Events on the device"), ("host", "Events in host memory")):
        lines += [f"## {title}", "", *table(accumulate, accumulate_rows(report, part))]
    lines += ["## Kernels of accumulate", "", *table(ROOFLINE, kernel_rows(report, "accumulate", "accumulate"))]
    times = ("benchmark", "ms", "M items/s", "GB/s")
    lines += ["## Raw bytes in pinned host memory to closed windows, decoded by the device or by one core (an item is an event)", ""]
    lines += table(times, close_rows(report, "decode"))
    lines += ["## Closing windows (an item is a row)", "", *table(times, close_rows(report, "close"))]
    lines += ["## Kernels of closing", "", *table(ROOFLINE, kernel_rows(report, "close", "close"))]
    lines += ["## Pinned host memory to closed windows (an item is an event)", ""]
    lines += table(times, close_rows(report, "engine"))
    textbook = ("events", "Sluice, G events/s", "Thrust, G events/s", "", "")
    lines += ["## Sort and reduction of Thrust", "", *table(textbook, textbook_rows(report))]
    header = ("case", "kernel", "µs", "DRAM MB", "DRAM GB/s", "L2 hits", "RED, M sectors", "ATOM, M sectors", "warps active")
    lines += ["## Hardware counters (last launch of each kernel)", "", *table((*header, "registers"), counter_rows(report))]
    lines += ["## Ceilings", "", *table(("ceiling", "GB/s", "G items/s"), ceiling_rows(report))]
    for program in report["programs"]:
        if "log_end" in program:
            lines += [f"## Log of {program['part']} {program['name']}", "", "```", program["log_end"], "```", ""]
    return "\n".join(lines)


def write(folder, report):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as file:
        json.dump(report, file)
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write(markdown(report))
    print("\n".join(summary(report)))
    print(f"report: {os.path.join(folder, 'report.md')}, {os.path.join(folder, 'report.json')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("folder")
    collecting.add_argument("--commit", default="unknown")
    collecting.add_argument("--command", default="")
    merging = commands.add_parser("merge")
    merging.add_argument("folder")
    merging.add_argument("reports", nargs="+")
    arguments = parser.parse_args()
    if arguments.what == "collect":
        write(arguments.folder, collect(arguments.folder, arguments.commit, arguments.command))
    else:
        write(arguments.folder, merge([json.loads(read_file(path)) for path in arguments.reports]))


if __name__ == "__main__":
    sys.exit(main())
