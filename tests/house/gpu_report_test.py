"""bench/gpu/run.sh, without a GPU: the programs that it starts are scripts. Argument: its path."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

RUN = None
PASSES = "#!/bin/sh\nexit 0\n"
FAILS = "#!/bin/sh\nexit 1\n"
NVIDIA_SMI = '#!/bin/sh\necho \'A "quoted" device\'\n'
SANITIZER = '#!/bin/sh\nshift 4\nexec "$@"\n'
BENCHMARK = """#!/bin/bash
for argument in "$@"; do
  case $argument in --benchmark_out=*) echo '{"benchmarks": [{"name": "BM_A"}]}' >"${argument#*=}" ;; esac
done
"""


class GpuReport(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(RUN, os.path.join(self.folder, "run.sh"))
        self.write("COMMIT", "abc123\n")

    def write(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def run_script(self):
        """Runs the script as a bundle's; gives its exit status, the JSON report and the Markdown one."""
        path = os.path.join(self.folder, "tools") + ":/usr/bin:/bin"
        result = subprocess.run(
            [os.path.join(self.folder, "run.sh"), "--out", "report"],
            cwd=self.folder,
            env={"PATH": path},
            capture_output=True,
            check=False,
        )
        if result.returncode == 2:
            return 2, None, None
        with open(os.path.join(self.folder, "report/report.json"), encoding="utf-8") as file:
            report = json.load(file)
        with open(os.path.join(self.folder, "report/report.md"), encoding="utf-8") as file:
            return result.returncode, report, file.read()

    def test_a_run_where_all_passes_names_commit_device_and_results(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("bin/bench_accumulate", BENCHMARK)
        self.write("tools/nvidia-smi", NVIDIA_SMI)
        self.write("tools/compute-sanitizer", SANITIZER)
        status, report, markdown = self.run_script()
        self.assertEqual(status, 0)
        self.assertEqual(report["commit"], "abc123")
        self.assertEqual(report["device"]["name"], 'A "quoted" device')
        self.assertEqual([test["status"] for test in report["tests"]], ["passed"])
        self.assertEqual(
            [run["tool"] for run in report["sanitizers"]], ["memcheck", "racecheck", "initcheck", "synccheck"]
        )
        self.assertEqual(report["benchmarks"]["bench_accumulate"]["benchmarks"][0]["name"], "BM_A")
        self.assertIn("| cuda_backend | passed |", markdown)

    def test_a_failing_test_fails_the_run(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("bin/cuda_runtime", FAILS)
        status, report, _ = self.run_script()
        self.assertEqual(status, 1)
        self.assertEqual(report["failures"], 1)

    @unittest.skipIf(shutil.which("compute-sanitizer", path="/usr/bin:/bin"), "compute-sanitizer is installed")
    def test_a_missing_sanitizer_is_said_to_be_skipped(self):
        self.write("bin/cuda_backend", PASSES)
        status, report, markdown = self.run_script()
        self.assertEqual(status, 0)
        self.assertEqual(report["sanitizers"][0]["status"], "skipped")
        self.assertIn("skipped: compute-sanitizer is not installed", markdown)

    def test_a_bundle_without_gpu_tests_is_refused(self):
        self.write("bin/sluice", PASSES)
        self.assertEqual(self.run_script()[0], 2)


if __name__ == "__main__":
    RUN = sys.argv.pop()
    unittest.main()
