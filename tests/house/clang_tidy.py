"""Runs clang-tidy 19 over our own sources, several at a time: clang_tidy.py ROOT BUILD_FOLDER [PATTERN].

A source that passed is not checked again until it, a header of ours, its flags or the list of checks change.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

from sources import source_files


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


def digest_of(root, paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(os.path.join(root, path), "rb") as file:
            digest.update(path.encode() + b"\0" + file.read() + b"\0")
    return digest.hexdigest()


def stamp_of(root, build, shared, path, entry):
    """The file whose being there says that this very source has passed."""
    name = hashlib.sha256(f"{shared} {digest_of(root, [path])} {entry['command']}".encode()).hexdigest()
    return os.path.join(build, "clang-tidy", name)


def write_database(folder, chosen):
    """A compilation database of just these entries: clang-tidy would else take a .cu file's entry for nvcc."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as database:
        json.dump(list(chosen.values()), database)


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
    headers = [path for path in source_files(root) if path.endswith((".hpp", ".cuh"))]
    shared = digest_of(root, [".clang-tidy", *headers])
    stamps = {path: stamp_of(root, build, shared, path, entry) for path, entry in chosen.items()}
    os.makedirs(os.path.join(build, "clang-tidy"), exist_ok=True)
    due = sorted(path for path, stamp in stamps.items() if not os.path.exists(stamp))
    database = os.path.join(build, "clang-tidy", "database")
    write_database(database, chosen)
    failed = []
    timings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, out, err, seconds in pool.map(lambda path: tidy(root, database, path), due):
            timings.append((seconds, path))
            if code == 0:
                with open(stamps[path], "w", encoding="utf-8"):
                    pass
            else:
                failed.append(path)
                print(out or err, flush=True)
    for seconds, path in sorted(timings, reverse=True)[:5]:
        print(f"{seconds:6.1f} s  {path}")
    print(f"clang-tidy: {len(chosen)} sources, {len(due)} of them changed, {len(failed)} with findings")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
