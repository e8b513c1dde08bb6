#!/usr/bin/env bash
# One command for a machine with a GPU: the GPU tests, the same under compute-sanitizer, the GPU benchmarks; writes
# report.md and report.json. Runs in a bundle (`make bundle`; needs glibc and the driver only) or in a checkout.
#
#   run.sh [--out FOLDER] [--tests-only] [--build]
#
#   --out FOLDER   where the report goes (default: gpu-report)
#   --tests-only   no benchmarks
#   --build        in a checkout with nvcc and cmake: builds the kernels and their GPU tests first, without any
#                  third-party library but GoogleTest, which may be missing too (then only the self-check is built)
#
# Exit status: 0 all passed, 1 something failed, 2 nothing to run.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=gpu-report
benchmarks=1
build=0
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift ;;
    --tests-only) benchmarks=0 ;;
    --build) build=1 ;;
    *) sed -n '2,13p' "${BASH_SOURCE[0]}"; exit 2 ;;
  esac
  shift
done
mkdir -p "$out"
out=$(cd "$out" && pwd)

if [ -d "$here/bin" ]; then
  layout=bundle
  tests=$here/bin programs=$here/bin
  commit=$(cat "$here/COMMIT" 2>/dev/null || echo unknown)
else
  layout=checkout
  root=$(cd "$here/../.." && pwd)
  commit=$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)
  folder=$root/build
  if [ $build = 1 ]; then
    folder=$root/build/minimal
    echo "building $folder"
    cmake -S "$root" -B "$folder" -DSLUICE_MINIMAL=ON -DSLUICE_CUDA=ON >"$out/build.log" 2>&1 &&
      cmake --build "$folder" --parallel >>"$out/build.log" 2>&1 || { tail -n 40 "$out/build.log"; exit 1; }
  fi
  tests=$folder/bin/tests programs=$folder/bin
fi

export SLUICE_REQUIRE_CUDA=1 # a test that finds no device fails instead of being skipped
failures=0
test_rows=() sanitizer_rows=() benchmark_rows=()
test_objects=() sanitizer_objects=() benchmark_objects=()

join() { local IFS=,; echo "$*"; }

quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\n'/ }"
}

gpu() { # one property of the first GPU, as nvidia-smi knows it
  nvidia-smi --id=0 --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -n 1 | grep . || echo unknown
}

run_logged() { # log file, command...: its exit status; prints the seconds
  local log=$1 started=$SECONDS status
  shift
  timeout 900 "$@" >"$log" 2>&1
  status=$?
  seconds=$((SECONDS - started))
  return $status
}

verdict() {
  if [ "$1" = 0 ]; then
    echo passed
  elif [ "$1" = 124 ]; then
    echo 'timed out'
  else
    echo failed
  fi
}

gpu_tests() {
  find "$tests" -maxdepth 1 -type f -name 'cuda_*' -perm -u+x 2>/dev/null | sort
  find "$programs" -maxdepth 1 -type f -name 'self_check' -perm -u+x 2>/dev/null
}

run_tests() {
  local program name log status
  for program in $(gpu_tests); do
    name=$(basename "$program") log=$out/$(basename "$program").log
    run_logged "$log" "$program"
    status=$?
    [ $status = 0 ] || failures=$((failures + 1))
    echo "test $name: $(verdict $status), $seconds s"
    test_rows+=("| $name | $(verdict $status) | $seconds |")
    test_objects+=("{\"name\":\"$name\",\"status\":\"$(verdict $status)\",\"seconds\":$seconds}")
  done
}

run_sanitizers() {
  local tool program name log status
  if ! command -v compute-sanitizer >/dev/null; then
    echo "compute-sanitizer: skipped, it is not installed here"
    sanitizer_rows+=("| all | - | skipped: compute-sanitizer is not installed |  |")
    sanitizer_objects+=('{"tool":"all","status":"skipped","reason":"compute-sanitizer is not installed"}')
    return
  fi
  for tool in memcheck racecheck initcheck synccheck; do
    for program in $(gpu_tests); do
      name=$(basename "$program") log=$out/$(basename "$program").$tool.log
      run_logged "$log" compute-sanitizer --tool "$tool" --error-exitcode 99 "$program"
      status=$?
      [ $status = 0 ] || failures=$((failures + 1))
      echo "$tool $name: $(verdict $status), $seconds s"
      sanitizer_rows+=("| $tool | $name | $(verdict $status) | $seconds |")
      sanitizer_objects+=("{\"tool\":\"$tool\",\"test\":\"$name\",\"status\":\"$(verdict $status)\",\"seconds\":$seconds}")
    done
  done
}

run_benchmarks() {
  local program name status
  for program in "$programs"/bench_accumulate "$programs"/bench_close; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    run_logged "$out/$name.log" "$program" --benchmark_filter=cuda --benchmark_counters_tabular=true \
      --benchmark_out="$out/$name.json" --benchmark_out_format=json
    status=$?
    [ $status = 0 ] || failures=$((failures + 1))
    echo "benchmark $name: $(verdict $status), $seconds s"
    benchmark_rows+=("### $name ($(verdict $status), clocks after it: $(gpu clocks.sm), $(gpu clocks.mem))" ''
      '```' "$(grep -v WARNING "$out/$name.log")" '```' '')
    if [ -s "$out/$name.json" ]; then
      benchmark_objects+=("$(printf '"%s":' "$name"; cat "$out/$name.json")")
    fi
  done
}

properties=(name driver_version compute_cap memory.total clocks.max.sm clocks.max.mem clocks.sm clocks.mem power.limit ecc.mode.current)

write_json() {
  local objects=() property
  for property in "${properties[@]}"; do
    objects+=("$(quoted "$property"):$(quoted "$(gpu "$property")")")
  done
  printf '{"commit":%s,"layout":"%s","date":"%s","host":%s,"device":{%s},"tests":[%s],"sanitizers":[%s],"benchmarks":{%s},"failures":%d}\n' \
    "$(quoted "$commit")" "$layout" "$(date -u +%FT%TZ)" "$(quoted "$(uname -srm)")" "$(join "${objects[@]}")" \
    "$(join "${test_objects[@]:-}")" "$(join "${sanitizer_objects[@]:-}")" "$(join "${benchmark_objects[@]:-}")" \
    "$failures" >"$out/report.json"
}

write_markdown() {
  local property
  {
    printf '# GPU report\n\nCommit %s (%s), %s, %s.\n\n' "$commit" "$layout" "$(date -u +%FT%TZ)" "$(uname -srm)"
    printf '| device | |\n|---|---|\n'
    for property in "${properties[@]}"; do
      printf '| %s | %s |\n' "$property" "$(gpu "$property")"
    done
    printf '\n## Tests\n\n| test | result | seconds |\n|---|---|---|\n'
    printf '%s\n' "${test_rows[@]:-| none | - | - |}"
    printf '\n## compute-sanitizer\n\n| tool | test | result | seconds |\n|---|---|---|---|\n'
    printf '%s\n' "${sanitizer_rows[@]:-| none | - | - | - |}"
    printf '\n## Benchmarks\n\n'
    printf '%s\n' "${benchmark_rows[@]:-Not run.}"
  } >"$out/report.md"
}

if [ -z "$(gpu_tests)" ]; then
  echo "no GPU tests under $tests: build with CUDA first, or use --build" >&2
  exit 2
fi
run_tests
run_sanitizers
[ $benchmarks = 0 ] || run_benchmarks
write_json
write_markdown
echo "report: $out/report.md, $out/report.json"
[ $failures = 0 ]
