"""Checks that clang-format 14 would change no source file."""

import subprocess
import sys

from sources import source_files

if __name__ == "__main__":
    root = sys.argv[1]
    files = source_files(root)
    result = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=root, check=False)
    print(f"formatting: {len(files)} files" if result.returncode == 0 else "formatting: run `make format`")
    sys.exit(result.returncode)
