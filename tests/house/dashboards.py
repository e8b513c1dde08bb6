"""Checks the Grafana dashboards of docker/: their form, and that every metric they ask for is one that Sluice has."""

import json
import os
import re
import sys

METRIC = re.compile(r"\bsluice_[a-z0-9_]+")
REQUIRED = ("uid", "title", "tags", "schemaVersion", "time", "refresh", "templating", "panels")
PANEL_KINDS = ("timeseries", "stat", "table", "heatmap", "row")
SUFFIXES_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


def known_metrics(root):
    """Every metric name that occurs in a string of the program's sources, and the stems that it completes at run time."""
    names = set()
    for where, _, files in os.walk(os.path.join(root, "host")):
        for name in files:
            if name.endswith((".cpp", ".hpp")):
                with open(os.path.join(where, name), encoding="utf-8") as source:
                    names.update(METRIC.findall(source.read()))
    return names


def is_known(metric, known):
    stems = [metric] + [metric[: -len(suffix)] for suffix in SUFFIXES_OF_A_HISTOGRAM if metric.endswith(suffix)]
    if any(stem in known for stem in stems):
        return True
    return any(name.endswith("_") and metric.startswith(name) and name != "sluice_" for name in known)


def overlap(a, b):
    return (
        a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    )


def layout_problems(panels):
    placed = []
    for panel in panels:
        grid = panel["gridPos"]
        if grid["x"] < 0 or grid["x"] + grid["w"] > 24:
            yield f"panel {panel['title']}: outside the 24 columns"
        for other in placed:
            if overlap(grid, other["gridPos"]):
                yield f"panel {panel['title']}: lies over {other['title']}"
        placed.append(panel)


def panel_problems(panel, known):
    where = f"panel {panel.get('title')}"
    if panel.get("type") not in PANEL_KINDS:
        yield f"{where}: unknown type {panel.get('type')}"
    if not panel.get("description"):
        yield f"{where}: no description"
    references = [target["refId"] for target in panel.get("targets", [])]
    if panel.get("type") != "row" and (not references or len(set(references)) != len(references)):
        yield f"{where}: no targets, or two with one refId"
    for target in panel.get("targets", []):
        for metric in METRIC.findall(target["expr"]):
            if not is_known(metric, known):
                yield f"{where}: no metric is named {metric}"
        if re.search(r"rate\([^)]*\[\d", target["expr"]):
            yield f"{where}: a fixed range; use $__rate_interval"


def dashboard_problems(dashboard, known):
    missing = [key for key in REQUIRED if key not in dashboard]
    if missing:
        yield f"no {', '.join(missing)}"
        return
    if len(dashboard["uid"]) > 40:
        yield "uid is longer than 40 characters"
    if "id" in dashboard or "__inputs" in dashboard:
        yield "id and __inputs do not belong in a provisioned dashboard"
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    if len(set(identifiers)) != len(identifiers):
        yield "two panels have one id"
    for panel in dashboard["panels"]:
        yield from panel_problems(panel, known)
    yield from layout_problems(dashboard["panels"])


def check(root):
    folder = os.path.join(root, "docker/grafana/dashboards")
    known = known_metrics(root)
    found, seen = [], {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            dashboard = json.load(text)
        found += [f"{name}: {problem}" for problem in dashboard_problems(dashboard, known)]
        if seen.setdefault(dashboard.get("uid"), name) != name:
            found.append(f"{name}: has the uid of {seen[dashboard['uid']]}")
    return found


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or "dashboards: in order")
    sys.exit(1 if problems else 0)
