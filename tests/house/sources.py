"""The source files of this checkout, as paths relative to its root."""

import os

FOLDERS = ("kernels", "ingest", "host", "tests", "bench")
SUFFIXES = (".cpp", ".hpp", ".cu", ".cuh")


def source_files(root):
    """Every source file of ours under `root`, sorted."""
    found = []
    for folder in FOLDERS:
        for where, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.relpath(os.path.join(where, name), root) for name in names if name.endswith(SUFFIXES)]
    return sorted(found)
