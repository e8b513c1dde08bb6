"""bench/gpu/run.sh and report.py, without a GPU: the programs that run.sh starts are scripts. Argument: run.sh's path."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

RUN = None
PASSES = "#!/bin/sh\nexit 0\n"
FAILS = "#!/bin/sh\necho it broke\nexit 1\n"
SLEEPS = "#!/bin/sh\nexec sleep 60\n"
NVIDIA_SMI = '#!/bin/sh\necho \'A "quoted" device\'\n'
SANITIZER = '#!/bin/sh\nshift 4\nexec "$@"\n'
NO_COUNTERS = "#!/bin/sh\necho '==ERROR== ERR_NVGPUCTRPERM' >&2\nexit 1\n"
BENCHMARK = """#!/bin/bash
for argument in "$@"; do
  case $argument in --benchmark_out=*) echo '{"benchmarks": [{"name": "BM_A"}]}' >"${argument#*=}" ;; esac
done
"""
NCU_CSV = """==PROF== Connected
"ID","Process Name","Kernel Name","gpu__time_duration.sum","dram__bytes_read.sum","dram__bytes_write.sum"
"","","","ns","byte","byte"
"0","bench","void sluice::cuda::(anonymous namespace)::lift_kernel<(int)2>(int, long)","9000","1","1"
"1","bench","void sluice::cuda::(anonymous namespace)::lift_kernel<(int)2>(int, long)","2000","6000000","2000000"
"""


def benchmark(name, rate=0.0, data_rate=0.0, milliseconds=1.0, **more):
    """One of Google Benchmark's results."""
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "real_time": milliseconds,
        "time_unit": "ms",
        "items_per_second": rate,
        "bytes_per_second": data_rate,
        **more,
    }


def accumulate(keys, rate, spread="uniform", **more):
    name = f"accumulate/cuda/from:device/events:16000000/keys:{keys}/{spread}/panes:1/count_sum/dense/bytes:16/path:auto"
    return benchmark(name + "/process_time/real_time", rate, rate * 16, label="GPU, shared", **more)


CEILINGS = [
    benchmark("ceiling/copy_up/bytes:16777216/streams:1/manual_time", 0, 54e9),
    benchmark("ceiling/copy_up/bytes:67108864/streams:2/manual_time", 0, 55e9),
    benchmark("ceiling/copy_on_device/bytes:2147483648/manual_time", 0, 4.0e12),
    benchmark("ceiling/read/bytes:2147483648/manual_time", 0, 3.2e12),
    benchmark("ceiling/red/row2/slots:1000/uniform/manual_time", 80e9),
    benchmark("ceiling/red/row2/slots:1000000/uniform/manual_time", 40e9),
    benchmark("ceiling/red/row2/slots:1000000/half/manual_time", 2e9),
]


class RunScript(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(RUN, os.path.join(self.folder, "run.sh"))
        shutil.copy(os.path.join(os.path.dirname(RUN), "report.py"), self.folder)
        self.write("COMMIT", "abc123\n")

    def write(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def run_script(self, *arguments):
        """Runs the script as a bundle's; gives its exit status, the JSON report and the Markdown one."""
        path = os.path.join(self.folder, "tools") + ":/usr/bin:/bin"
        result = subprocess.run(
            [os.path.join(self.folder, "run.sh"), "--out", "report", *arguments],
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

    @staticmethod
    def statuses(report, part):
        return [program["status"] for program in report["programs"] if program["part"] == part]

    def test_a_run_where_all_passes_names_commit_device_command_and_results(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("bin/bench_accumulate", BENCHMARK)
        self.write("tools/nvidia-smi", NVIDIA_SMI)
        self.write("tools/compute-sanitizer", SANITIZER)
        self.write("tools/ncu", PASSES)
        status, report, markdown = self.run_script()
        self.assertEqual(status, 0)
        self.assertEqual(report["commit"], "abc123")
        self.assertEqual(report["commands"], ["run.sh --out report"])
        self.assertEqual(report["device"]["name"], 'A "quoted" device')
        for part in ("tests", "memcheck", "racecheck", "initcheck", "synccheck"):
            self.assertEqual(self.statuses(report, part), ["passed"])
        self.assertEqual(report["benchmarks"]["accumulate.accumulate"]["benchmarks"][0]["name"], "BM_A")
        self.assertEqual(self.statuses(report, "textbook"), ["skipped: bench_textbook is not built"])
        self.assertIn("| tests | cuda_backend | passed |", markdown)

    def test_a_failing_test_fails_the_run_and_shows_the_end_of_its_log(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("bin/cuda_runtime", FAILS)
        status, report, markdown = self.run_script("tests")
        self.assertEqual(status, 1)
        self.assertEqual(self.statuses(report, "tests"), ["passed", "failed"])
        self.assertIn("it broke", markdown)

    def test_only_the_parts_asked_for_run_and_later_ones_are_added(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("bin/bench_textbook", BENCHMARK)
        _, report, _ = self.run_script("tests")
        self.assertEqual({program["part"] for program in report["programs"]}, {"tests"})
        _, report, _ = self.run_script("textbook", "tests")
        self.assertEqual([program["part"] for program in report["programs"]], ["textbook", "tests"])

    def test_an_unknown_part_is_refused(self):
        self.write("bin/cuda_backend", PASSES)
        self.assertEqual(self.run_script("test")[0], 2)

    def test_what_does_not_fit_in_the_time_is_said_not_to_have_run(self):
        self.write("bin/cuda_backend", SLEEPS)
        self.write("bin/cuda_runtime", PASSES)
        status, report, _ = self.run_script("--seconds", "6", "tests")
        self.assertEqual(status, 1)
        self.assertEqual(self.statuses(report, "tests"), ["timed out", "not run: out of time"])

    @unittest.skipIf(shutil.which("compute-sanitizer", path="/usr/bin:/bin"), "compute-sanitizer is installed")
    def test_a_missing_sanitizer_is_said_to_be_skipped(self):
        self.write("bin/cuda_backend", PASSES)
        status, report, markdown = self.run_script("memcheck")
        self.assertEqual(status, 0)
        self.assertEqual(self.statuses(report, "memcheck"), ["skipped: compute-sanitizer is not installed"])
        self.assertIn("skipped: compute-sanitizer is not installed", markdown)

    def test_counters_that_may_not_be_read_are_no_failure(self):
        self.write("bin/cuda_backend", PASSES)
        self.write("tools/ncu", NO_COUNTERS)
        status, report, markdown = self.run_script("counters")
        self.assertEqual(status, 0)
        self.assertIn("failed", self.statuses(report, "counters"))
        self.assertIn("ERR_NVGPUCTRPERM", markdown)

    def test_a_bundle_without_gpu_tests_is_refused(self):
        self.write("bin/sluice", PASSES)
        self.assertEqual(self.run_script()[0], 2)


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        spec = importlib.util.spec_from_file_location("report", os.path.join(os.path.dirname(RUN), "report.py"))
        cls.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.module)

    @staticmethod
    def report_of(**benchmarks):
        return {
            "commit": "abc123",
            "date": "2026-01-01T00:00:00Z",
            "commands": ["run.sh"],
            "host": "Linux",
            "device": {"name": "GPU"},
            "programs": [],
            "benchmarks": {name.replace("__", "."): {"benchmarks": runs} for name, runs in benchmarks.items()},
            "counters": {},
        }

    def targets(self, **benchmarks):
        return {row[0]: row[1:] for row in self.module.target_rows(self.report_of(**benchmarks))}

    def test_targets_are_judged_by_the_slowest_case_they_cover(self):
        rows = self.targets(accumulate__accumulate=[accumulate(10_000, 40e9), accumulate(100_000, 12e9)])
        self.assertEqual(rows, {"10,000 to 500,000 groups": ("12.0 to 40.0 G events/s", 10, 35, "honest")})

    def test_failed_benchmarks_meet_no_target(self):
        failed = accumulate(1_000, 300e9, error_occurred=True, error_message="no memory")
        self.assertEqual(self.targets(accumulate__accumulate=[failed]), {})
        self.assertIn("no memory", self.module.markdown(self.report_of(accumulate__accumulate=[failed])))

    def test_a_hot_key_is_compared_with_uniform_keys(self):
        runs = [accumulate(1_000_000, 26e9), accumulate(1_000_000, 10e9, "half")]
        self.assertEqual(self.targets(accumulate__accumulate=runs)["half on one of 1,000,000 keys"][0], "2.60x slower")
        self.assertEqual(self.targets(accumulate__accumulate=runs)["half on one of 1,000,000 keys"][3], "missed")

    def test_host_to_windows_is_a_share_of_the_link_measured_in_the_same_call(self):
        name = "engine/cuda/events:1000000/keys:1000/size:10/slide:10/count_sum/dense/bytes:16/process_time/real_time"
        slow_link = [benchmark("ceiling/copy_up/bytes:16777216/streams:1/manual_time", 0, 20e9)]
        rows = self.targets(
            engine__engine=[benchmark(name, 3e9, 48e9)], engine__ceilings=CEILINGS, ceilings__ceilings=slow_link
        )
        measured, _, _, met = rows["host to windows, 16 B, 1,000 keys"]
        self.assertEqual((measured, met), ("3.00 G events/s, 87 % of the link", "honest"))

    def test_sliding_is_compared_with_tumbling_of_the_same_keys(self):
        def close(keys, panes, milliseconds):
            name = f"close/cuda/count_sum/keys:{keys}/panes:{panes}/iterations:100/process_time/manual_time"
            return benchmark(name, milliseconds=milliseconds)

        rows = self.targets(close__close=[close(1_000_000, 1, 1.0), close(1_000, 1, 0.1), close(1_000_000, 3600, 1.1)])
        self.assertEqual(rows["closing 1 h by 1 s, count_sum, 1,000,000 keys"][0], "1.10x tumbling")

    def test_rates_stand_beside_the_ceilings_that_limit_them(self):
        report = self.report_of(accumulate__accumulate=[accumulate(900_000, 20e9)], ceilings__ceilings=CEILINGS)
        row = self.module.accumulate_rows(report, "accumulate")[0]
        self.assertEqual(row[1:], ("20.00", "320.00", "10 % of reads", "50 %", "shared"))

    def test_repetitions_count_by_their_median(self):
        runs = [accumulate(10_000, rate) for rate in (30e9, 11e9, 10e9)]
        runs.append({**accumulate(10_000, 99e9), "run_type": "aggregate", "aggregate_name": "mean"})
        rows = self.targets(accumulate__accumulate=runs)
        self.assertEqual(rows["10,000 to 500,000 groups"][0], "11.0 G events/s")

    def test_the_roofline_divides_the_models_bytes_by_the_time(self):
        counters = {"lift.us": 100.0, "lift.bytes": 200e6, "lift.events": 10e6, "lift.launches": 8.0}
        report = self.report_of(accumulate__accumulate=[accumulate(1_000, 1e9, **counters)], ceilings__ceilings=CEILINGS)
        row = self.module.kernel_rows(report, "accumulate", "accumulate")[0]
        self.assertEqual(row[1:], ("lift", "8", "100.0", "200.00", "20.0", "2000.00", "50 %"))

    def test_thrust_and_ours_stand_side_by_side(self):
        case = "/events:16000000/keys:1000/uniform/panes:1/count_sum/real_time"
        thrust = benchmark("textbook/thrust" + case, 5e9, label="results agree")
        report = self.report_of(textbook__textbook=[benchmark("textbook/sluice" + case, 50e9), thrust])
        self.assertEqual(self.module.textbook_rows(report)[0][1:], ("50.00", "5.00", "10.0x", "results agree"))

    def test_different_results_are_shown_and_not_compared(self):
        case = "/events:16000000/keys:1000/uniform/panes:1/count_sum/real_time"
        thrust = benchmark("textbook/thrust" + case, error_occurred=True, error_message="the results differ")
        report = self.report_of(textbook__textbook=[benchmark("textbook/sluice" + case, 50e9), thrust])
        self.assertEqual(self.module.textbook_rows(report)[0][1:], ("the results differ", "", "", ""))

    def test_of_output_that_was_cut_short_the_whole_benchmarks_count(self):
        text = json.dumps({"context": {}, "benchmarks": [accumulate(10, 1e9), accumulate(20, 2e9)]}, indent=2)
        cut = text[: text.rindex('"real_time"')]
        document = self.module.read_benchmarks(cut)
        self.assertEqual([run.number("keys") for run in self.module.runs_of(document)], [10])
        self.assertTrue(document["cut_short"])
        self.assertEqual(self.module.runs_of(self.module.read_benchmarks("")), [])

    def test_counters_are_those_of_a_kernels_last_launch(self):
        kernels = self.module.read_counters(NCU_CSV)
        self.assertEqual(list(kernels), ["lift_kernel<(int)2>"])
        report = {**self.report_of(), "counters": {"keys_1000": kernels}}
        self.assertEqual(self.module.counter_rows(report)[0][2:5], ("2.0", "8.00", "4000.00"))

    def test_reports_of_several_calls_become_one(self):
        first = self.report_of(ceilings__ceilings=CEILINGS)
        first["programs"] = [{"part": "tests", "name": "a"}, {"part": "ceilings", "name": "ceilings"}]
        second = self.report_of(accumulate__accumulate=[accumulate(1_000, 1e9)])
        second["programs"] = [{"part": "tests", "name": "b"}]
        merged = self.module.merge([first, second])
        self.assertEqual([program["name"] for program in merged["programs"]], ["ceilings", "b"])
        self.assertEqual(set(merged["benchmarks"]), {"ceilings.ceilings", "accumulate.accumulate"})

    def test_reports_of_different_commits_are_not_mixed(self):
        with self.assertRaises(SystemExit):
            self.module.merge([self.report_of(), {**self.report_of(), "commit": "def456"}])


if __name__ == "__main__":
    RUN = sys.argv.pop()
    sys.dont_write_bytecode = True
    unittest.main()
