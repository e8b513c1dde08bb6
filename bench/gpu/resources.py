#!/usr/bin/env python3
"""What each kernel asks of a multiprocessor: registers, shared memory, spills and theoretical occupancy, as Markdown.

  resources.py [--check] [--arch sm_90] [--jobs N] [--page FILE [--model PROGRAM]] [SOURCE.cu...]

Sources by default: every .cu file below kernels/cuda.

Compiles with the options of a release build to PTX and reads what the assembler (ptxas -v) says. Needs nvcc, no GPU.
--check fails when a kernel spills registers. --page puts the table into FILE, between <!-- resources --> and
<!-- /resources -->, and what the program model_bytes prints between <!-- bytes --> and <!-- /bytes -->. Exit status: 0, 1 a kernel spills or nothing compiles, 77 there is no nvcc.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTIONS = "-std=c++20 -O3 -DNDEBUG --fmad=false -ptx".split()
DEFAULT_THREADS = 256  # of a kernel that names no launch bounds

# A multiprocessor of compute capability 9.0 (CUDA C++ Programming Guide, "Compute Capabilities").
REGISTERS = 65_536
REGISTERS_A_WARP_COME_IN = 256
WARPS = 64
BLOCKS = 32
SHARED_BYTES = 228 * 1024
SHARED_BYTES_OF_THE_SYSTEM = 1024  # in every block


class Kernel:
    """One kernel as the assembler reports it."""

    def __init__(self, name, source):
        self.name = name
        self.source = source
        self.registers = self.shared = self.stack = self.spill_stores = self.spill_loads = 0
        self.threads = DEFAULT_THREADS

    def blocks(self):
        """Blocks that a multiprocessor holds at once, without dynamic shared memory."""
        warps = -(-self.threads // 32)
        a_warp = -(-self.registers * 32 // REGISTERS_A_WARP_COME_IN) * REGISTERS_A_WARP_COME_IN
        by_registers = REGISTERS // a_warp // 4 * 4 // warps if a_warp else BLOCKS
        by_shared = SHARED_BYTES // (self.shared + SHARED_BYTES_OF_THE_SYSTEM)
        return min(BLOCKS, WARPS // warps, by_registers, by_shared)

    def occupancy(self):
        return self.blocks() * -(-self.threads // 32) / WARPS

    def spills(self):
        return self.spill_stores + self.spill_loads > 0


def kernels_in(report, source):
    """The kernels that the assembler reported on, by mangled name."""
    kernels, current = {}, None
    for line in report.splitlines():
        if entry := re.search(r"Compiling entry function '([^']+)'", line):
            current = kernels.setdefault(entry[1], Kernel(entry[1], source))
        if current is None:
            continue
        # Functions that were not inlined have properties of their own: they count for the kernel.
        if frame := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            stack, stores, loads = map(int, frame.groups())
            current.stack += stack
            current.spill_stores += stores
            current.spill_loads += loads
        if used := re.search(r"Used (\d+) registers", line):
            current.registers = int(used[1])
            shared = re.search(r"(\d+) bytes smem", line)
            current.shared = int(shared[1]) if shared else 0
    return kernels


def launch_bounds_in(ptx):
    """Mangled name -> threads of a block, for kernels that name them."""
    bounds = {}
    for entry in re.finditer(r"\.entry\s+(\S+?)\s*\((.*?)\{", ptx, re.DOTALL):
        if most := re.search(r"\.maxntid\s+(\d+)(?:,\s*(\d+),\s*(\d+))?", entry[2]):
            threads = 1
            for count in most.groups():
                threads *= int(count or 1)
            bounds[entry[1]] = threads
    return bounds


def demangled(names):
    """The functions alone: no namespaces of ours, no arguments."""
    result = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    short = []
    for name in result.stdout.splitlines():
        name = re.sub(r"\(anonymous namespace\)::|_GLOBAL__N__\w+?::|sluice::cuda::|sluice::|^void ", "", name)
        name = re.sub(r"\((?:unsigned )?(?:int|bool|long|char|short)\)", "", name)
        name = re.sub(r"\(\w+\)(?=-?\d)", "", name)
        depth = 0
        for at, character in enumerate(name):
            depth += {"<": 1, ">": -1}.get(character, 0)
            if character == "(" and depth == 0:
                name = name[:at]
                break
        short.append(name.strip())
    return short


def ran(command):
    """What a command printed. @raises RuntimeError with that when it fails"""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{result.stdout}")
    return result.stdout


def kernels_of(nvcc, ptxas, arch, source):
    """The kernels of one source."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernels.ptx")
        ran([nvcc, *OPTIONS, f"-arch={arch}", f"-I{ROOT}", source, "-o", path])
        kernels = kernels_in(ran([ptxas, "-v", f"-arch={arch}", path, "-o", os.devnull]), source)
        with open(path, encoding="utf-8") as file:
            for name, threads in launch_bounds_in(file.read()).items():
                kernels[name].threads = threads
    return list(kernels.values())


def markdown(kernels):
    lines = ["| kernel | source | threads | registers | static shared, B | stack, B | spills, B | blocks an SM | occupancy |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for name, kernel in sorted(zip(demangled([k.name for k in kernels]), kernels), key=lambda both: both[0]):
        lines.append(
            f"| `{name}` | {os.path.basename(kernel.source)} | {kernel.threads} | {kernel.registers} | {kernel.shared} | "
            f"{kernel.stack} | {kernel.spill_stores + kernel.spill_loads} | {kernel.blocks()} | {kernel.occupancy():.0%} |"
        )
    return "\n".join(lines)


def replaced(page, name, block):
    """The page with a new block between the marks of that name. @raises ValueError without them"""
    opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    start = page.index(opening) + len(opening)
    return page[:start] + block.strip() + "\n" + page[page.index(closing, start) :]


def write_page(path, blocks):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    for name, block in blocks.items():
        page = replaced(page, name, block)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--page")
    parser.add_argument("--model")
    parser.add_argument("sources", nargs="*")
    arguments = parser.parse_args()
    path = os.environ.get("PATH", "") + ":/usr/local/cuda/bin"
    nvcc, ptxas = shutil.which("nvcc", path=path), shutil.which("ptxas", path=path)
    if nvcc is None or ptxas is None:
        print("skipped: there is no nvcc")
        return 77
    sources = arguments.sources or sorted(glob.glob(os.path.join(ROOT, "kernels/cuda/**/*.cu"), recursive=True))
    kernels = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            for found in pool.map(lambda source: kernels_of(nvcc, ptxas, arguments.arch, source), sources):
                kernels += found
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
    print(markdown(kernels))
    if arguments.page:
        model = {"bytes": ran([arguments.model])} if arguments.model else {}
        write_page(arguments.page, {"resources": markdown(kernels), **model})
    spilling = [kernel for kernel in kernels if kernel.spills()]
    if arguments.check and (spilling or not kernels):
        print(f"{len(spilling)} of {len(kernels)} kernels spill registers", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
