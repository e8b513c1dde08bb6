#!/usr/bin/env bash
# One command for a machine with a GPU: tests, the same under compute-sanitizer, benchmarks beside the device's measured
# ceilings, hardware counters; writes report.md and report.json (which holds every raw result). Runs in a bundle
# (`make bundle`; needs glibc and the driver, and python3 for the report) or in a checkout.
#
#   run.sh [--out FOLDER] [--seconds N] [--build] [PART...]
#
#   --out FOLDER   where the report and the raw results go (default: gpu-report); a later call with other parts adds to it
#   --seconds N    stop starting things after N seconds, and cut the last one short (default: no limit)
#   --build        in a checkout with nvcc and cmake: builds the kernels and their GPU tests first, without any
#                  third-party library but GoogleTest, which may be missing too (then only the self-check is built)
#
# Parts, all by default; each takes less than 10 minutes:
#   tests                                        the self-check and every GPU test
#   memcheck racecheck initcheck synccheck       the same under a tool of compute-sanitizer
#   ceilings                                     what the device can do at most
#   accumulate                                   events on the device
#   host                                         events in pinned and in pageable host memory
#   decode                                       raw bytes in pinned host memory to closed windows
#   close                                        closing windows
#   engine                                       from pinned host memory to closed windows
#   textbook                                     Thrust's sort and reduction beside ours
#   counters                                     ncu's hardware counters of the kernels
#
# Exit status: 0 all passed, 1 something failed, 2 nothing to run.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command="run.sh $*"
all=(tests memcheck racecheck initcheck synccheck ceilings accumulate host decode close engine textbook counters)
out=gpu-report
budget=0
build=0
parts=()

usage() {
  sed -n '/^#   run.sh/,/^# Exit/p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?} && shift ;;
    --seconds) budget=${2:?} && shift ;;
    --build) build=1 ;;
    *)
      [[ " ${all[*]} " == *" $1 "* ]] || usage
      parts+=("$1")
      ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
mkdir -p "$out/raw"
out=$(cd "$out" && pwd)
raw=$out/raw

if [ -d "$here/bin" ]; then
  tests=$here/bin programs=$here/bin
  commit=$(cat "$here/COMMIT" 2>/dev/null || echo unknown)
else
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

gpu() { # one property of the first GPU, as nvidia-smi knows it
  nvidia-smi --id=0 --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -n 1 | grep . || echo unknown
}

note() { # part, program, status, seconds: one line of the report; the clocks are those right after it
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$(gpu clocks.sm)" "$(gpu clocks.mem)" >>"$raw/programs.tsv"
  echo "$1 $2: $3, $4 s"
}

run() { # part, program's name, seconds at most, command...: logs it, notes how it went
  local part=$1 name=$2 limit=$3 started=$SECONDS status verdict
  shift 3
  if [ "$budget" != 0 ]; then
    local left=$((budget - SECONDS))
    if [ $left -lt 5 ]; then
      note "$part" "$name" 'not run: out of time' 0
      return 1
    fi
    [ $left -ge "$limit" ] || limit=$left
  fi
  timeout --kill-after=10 "$limit" "$@" >"$raw/$part.$name.log" 2>&1
  status=$?
  case $status in
    0) verdict=passed ;;
    124 | 137) verdict='timed out' ;;
    *) verdict=failed ;;
  esac
  note "$part" "$name" "$verdict" $((SECONDS - started))
  return $status
}

gpu_tests() {
  find "$tests" -maxdepth 1 -type f -name 'cuda_*' -perm -u+x 2>/dev/null | sort
  find "$programs" -maxdepth 1 -type f -name 'self_check' -perm -u+x 2>/dev/null
}

run_tests() {
  local program
  for program in $(gpu_tests); do
    run tests "$(basename "$program")" 300 "$program" || failures=$((failures + 1))
  done
}

run_sanitizer() { # tool
  local program
  if ! command -v compute-sanitizer >/dev/null; then
    note "$1" all 'skipped: compute-sanitizer is not installed' 0
    return
  fi
  for program in $(gpu_tests); do
    run "$1" "$(basename "$program")" 300 compute-sanitizer --tool "$1" --error-exitcode 99 "$program" ||
      failures=$((failures + 1))
  done
}

bench() { # part, program, seconds at most, arguments...: its results go to raw/PART.PROGRAM.json
  local part=$1 name=$2 limit=$3
  shift 3
  if [ ! -x "$programs/bench_$name" ]; then
    note "$part" "$name" "skipped: bench_$name is not built" 0
    return
  fi
  run "$part" "$name" "$limit" "$programs/bench_$name" "$@" --benchmark_out_format=json \
    --benchmark_out="$raw/$part.$name.json" || failures=$((failures + 1))
}

# The ceilings that a part is compared with, measured in the same call.
own_ceilings() { # part
  bench "$1" ceilings 60 --benchmark_min_time=0.02 \
    --benchmark_filter='copy_(up|down)/bytes:(16777216|67108864)|copy_on_device|read/|red/(row|u64).*uniform|launch_and'
}

run_counters() {
  local keys case
  if ! command -v ncu >/dev/null; then
    note counters ncu 'skipped: ncu is not installed' 0
    return
  fi
  local metrics=gpu__time_duration.sum,dram__bytes_read.sum,dram__bytes_write.sum,lts__t_sector_hit_rate.pct
  metrics+=,lts__t_sectors_op_red.sum,lts__t_sectors_op_atom.sum,sm__warps_active.avg.pct_of_peak_sustained_active
  metrics+=,l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum,launch__registers_per_thread
  for keys in 1000 100000 1000000 10000000; do
    case=events:16000000/keys:$keys/uniform/panes:1/count_sum/dense/bytes:16/path:auto
    # Counters are a gift where they can be read: a driver that forbids them is no failure.
    run counters "keys_$keys" 120 ncu --clock-control none --csv --page raw --print-units base --metrics "$metrics" \
      --launch-count 80 "$programs/bench_accumulate" --full --benchmark_min_time=0 --benchmark_filter="cuda/from:device/$case"
  done
}

run_part() {
  case $1 in
    tests) run_tests ;;
    *check) run_sanitizer "$1" ;;
    ceilings) bench ceilings ceilings 400 --benchmark_min_time=0.05 ;;
    accumulate)
      own_ceilings accumulate
      bench accumulate accumulate 500 --full --benchmark_filter=cuda/from:device --benchmark_min_time=0.03 \
        --benchmark_repetitions=3
      ;;
    host)
      own_ceilings host
      bench host accumulate 500 --full --benchmark_filter='cuda/from:p' --benchmark_min_time=0.1 --benchmark_repetitions=3
      ;;
    decode)
      own_ceilings decode
      bench decode raw 300 --benchmark_filter=cuda --benchmark_min_time=0.3 --benchmark_repetitions=3
      ;;
    close)
      own_ceilings close
      bench close close 500 --full --benchmark_filter=cuda
      ;;
    engine)
      own_ceilings engine
      bench engine engine 500 --full --benchmark_filter=cuda --benchmark_min_time=0.5 --benchmark_repetitions=3
      ;;
    textbook) bench textbook textbook 400 --benchmark_min_time=0.1 --benchmark_repetitions=3 ;;
    counters) run_counters ;;
  esac
}

if [ -z "$(gpu_tests)" ]; then
  echo "no GPU tests under $tests: build with CUDA first, or use --build" >&2
  exit 2
fi
for part in "${parts[@]}"; do
  sed -i "/^$part\t/d" "$raw/programs.tsv" 2>/dev/null # measured anew
  run_part "$part"
done
if command -v python3 >/dev/null; then
  python3 "$here/report.py" collect "$out" --commit "$commit" --command "$command" || failures=$((failures + 1))
else
  echo "python3 is not installed: no report; the raw results are in $raw" >&2
fi
[ $failures = 0 ]
