"""Checks the include rule of ARCHITECTURE.md: host -> ingest -> kernels, tests and bench see all, nobody sees them."""

import os
import re
import sys

from sources import source_files

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)

# Folder (the longest match counts) -> the folders that it may include.
ALLOWED = {
    "kernels": ("kernels",),
    "kernels/cpu": ("kernels", "kernels/cpu"),
    "kernels/cuda": ("kernels", "kernels/cuda"),
    "ingest": ("kernels", "ingest"),
    "host": ("kernels", "ingest", "host"),
    "tests": ("kernels", "kernels/cpu", "kernels/cuda", "ingest", "host", "bench", "tests"),
    "bench": ("kernels", "kernels/cpu", "kernels/cuda", "ingest", "host", "bench", "tests/support"),
}
# The backend factory is the one place that knows every backend.
ALLOWED_FILES = {"kernels/make_backend.cpp": ("kernels", "kernels/cpu", "kernels/cuda")}
ROOMS = tuple(ALLOWED) + ("tests/support",)


def room_of(path):
    """The longest known folder that holds `path`."""
    holding = [room for room in ROOMS if path.startswith(room + "/")]
    return max(holding, key=len, default="")


def includes_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as source:
        return INCLUDE.findall(source.read())


def violations_of(root, path):
    room = room_of(path)
    allowed = ALLOWED_FILES.get(path) or ALLOWED.get(room) or ALLOWED[path.split("/")[0]]
    if room == "tests/support":
        allowed = ALLOWED["tests"]
    for bracket, included in includes_of(root, path):
        if bracket == "<":
            if included.startswith("librdkafka/") and path.endswith(".hpp") and not path.startswith("ingest/kafka/"):
                yield f"{path}: a header outside ingest/kafka shows librdkafka"
            continue
        if not os.path.exists(os.path.join(root, included)):
            yield f'{path}: "{included}" is not a path from the root of the repository'
        elif room_of(included) not in allowed and not (room_of(included) == "tests/support" and "tests" in allowed):
            yield f'{path}: must not include "{included}"'


def oracle_violations(root, paths):
    """The oracle, and all that it includes, stays inside tests/support: it must share no code with what it judges."""
    pending = [path for path in paths if path.startswith("tests/support/oracle")]
    seen = set(pending)
    while pending:
        path = pending.pop()
        for bracket, included in includes_of(root, path):
            if bracket == "<" or included in seen:
                continue
            if room_of(included) != "tests/support":
                yield f'{path}: the oracle must not include "{included}"'
            elif os.path.exists(os.path.join(root, included)):
                seen.add(included)
                pending.append(included)


def check(root):
    paths = source_files(root)
    found = [line for path in paths for line in violations_of(root, path)]
    return found + list(oracle_violations(root, paths))


if __name__ == "__main__":
    wrong = check(sys.argv[1])
    print("\n".join(wrong) or f"include direction: {len(source_files(sys.argv[1]))} files in order")
    sys.exit(1 if wrong else 0)
