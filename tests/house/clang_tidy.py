"""Runs clang-tidy 19 over our own sources, several at a time: clang_tidy.py ROOT BUILD_FOLDER [PATTERN]."""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time


def sources_to_check(root, build, pattern):
    """The C++ sources of the compilation database, each once. A .cu file is one where g++ compiles it for the emulator."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as database:
        entries = json.load(database)
    chosen = {}
    for entry in entries:
        path = os.path.relpath(entry["file"], root)
        if path.startswith(("..", "build")) or not re.search(pattern, path):
            continue
        if re.search(r"nvcc\b", entry["command"]):
            continue
        chosen[path] = entry
    return chosen


def tidy(root, build, path):
    started = time.monotonic()
    result = subprocess.run(
        ["clang-tidy-19", "--quiet", "-p", build, "--extra-arg=-w", "--warnings-as-errors=*", path],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return path, result.returncode, result.stdout, result.stderr, time.monotonic() - started


def main(root, build, pattern=""):
    chosen = sources_to_check(root, build, pattern)
    failed = []
    slowest = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, out, err, seconds in pool.map(lambda path: tidy(root, build, path), sorted(chosen)):
            slowest.append((seconds, path))
            if code != 0:
                failed.append(path)
                print(out or err, flush=True)
    for seconds, path in sorted(slowest, reverse=True)[:5]:
        print(f"{seconds:6.1f} s  {path}")
    print(f"clang-tidy: {len(chosen)} sources, {len(failed)} with findings")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
