"""Checks that kernels/cuda reaches the CUDA runtime by its one door: what would wait for the whole device, allocate, or
use the default stream is not called anywhere else, where no test over the emulator would see it."""

import os
import re
import sys

from sources import source_files

# Pattern -> the files that may have it.
FORBIDDEN = {
    r"cudaDeviceSynchronize|cudaThreadSynchronize|cuCtxSynchronize": (),
    r"\bcudaMemcpy(2D|3D|ToSymbol|FromSymbol|Peer)?\s*\(|\bcudaMemset\s*\(": (),
    r"cudaStreamLegacy|cudaStreamPerThread|cudaStreamDefault": (),
    r"\bcuda(Malloc|Free|HostAlloc|HostRegister)\w*\s*\(": ("kernels/cuda/runtime.cpp",),
    r"<<<": ("kernels/cuda/launch.hpp",),
    r"#\s*include\s*<thrust/": (),
}
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def violations_of(path, text):
    code = COMMENT.sub("", text)
    for pattern, allowed in FORBIDDEN.items():
        found = re.search(pattern, code)
        if found and path not in allowed:
            yield f"{path}: {found.group(0).strip()} belongs behind kernels/cuda/runtime.hpp and SLUICE_LAUNCH"


def check(root):
    found = []
    for path in source_files(root):
        if path.startswith("kernels/cuda/"):
            with open(os.path.join(root, path), encoding="utf-8") as source:
                found += violations_of(path, source.read())
    return found


if __name__ == "__main__":
    wrong = check(sys.argv[1])
    print("\n".join(wrong) or "device calls: in order")
    sys.exit(1 if wrong else 0)
