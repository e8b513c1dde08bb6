#!/usr/bin/env bash
# Measures everything that docs/performance.md says of the CPU backend, of decoding and of Kafka, and draws the charts: about
# ten minutes on two quiet cores.
#
#   [SLUICE_BENCH_KAFKA=HOST:PORT] bench/run_cpu.sh [RESULTS [BUILD]]
#
# RESULTS: a folder for the raw output (bench/results/DATE-cpu-CORES-cores); BUILD: a release build (build), which is
# brought up to date first. Without a broker the part on Kafka is left out, and says so; tests/system/kafka_broker.sh starts
# one.
set -euo pipefail
cd "$(dirname "$0")/.."
results=${1:-bench/results/$(date -u +%F)-cpu-$(nproc)-cores}
build=${2:-build}
mkdir -p "$results"
results=$(realpath "$results")
cmake --build "$build"

commit=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- && changed='' || changed=', with changes that are not committed'
model=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)
. /etc/os-release

cat >"$results/README.md" <<EOF
# $(date -u +%F), CPU backend, $(nproc) cores

Machine: $model, $(nproc) cores, $memory, $PRETTY_NAME, $(${CXX:-g++} --version | head -n 1).
Commit: $commit$changed, preset \`release\`. Load average before: $(cut -d ' ' -f 1-3 /proc/loadavg).

| file | command | took |
|---|---|---|
EOF

# measure FILE COMMAND...: output goes to FILE; a name ending in .json is written by the command itself.
measure() {
  local file=$1 before=$SECONDS
  shift
  echo "== $*"
  if [[ $file = *.json ]]; then
    "$@"
  else
    "$@" | tee "$results/$file"
  fi
  local shown="$*"
  shown=${shown//$results/RESULTS}
  shown=${shown//$build\//build/}
  echo "| $file | \`${shown//|/\\|}\` | $((SECONDS - before)) s |" >>"$results/README.md"
}

# bench FILE PROGRAM OPTIONS...
bench() {
  local file=$1 program=$2
  shift 2
  measure "$file" "$build/bin/$program" "$@" --benchmark_out_format=json --benchmark_out="$results/$file"
}

measure workloads.txt "$build/bin/sluice" bench workloads --runs 15
bench workloads.json bench_workloads --benchmark_repetitions=5 --benchmark_min_time=0.3
bench growth.json bench_growth --benchmark_repetitions=3 --benchmark_min_time=0.1
bench accumulate.json bench_accumulate --benchmark_repetitions=3 --benchmark_min_time=0.1
bench close.json bench_close --benchmark_min_time=0.05
measure workloads_one_thread.txt taskset -c 0 "$build/bin/sluice" bench workloads --threads 1 --runs 3
measure peers.txt bench/peers/run.sh "$build" "$results/peers.json"
measure sluice_bench.txt "$build/bin/sluice" bench
bench decode.json bench_decode --benchmark_repetitions=3 --benchmark_min_time=0.2
bench/draw_growth.py "$results/growth.json" docs/growth.svg
if [ -n "${SLUICE_BENCH_KAFKA:-}" ]; then
  measure kafka.txt "$build/bin/sluice" bench kafka --brokers "$SLUICE_BENCH_KAFKA" --events 20000000 --keys 1000 100000 \
    --runs 3 --json "$results/kafka.json"
  bench/draw_kafka.py "$results/kafka.json" docs/kafka.svg
else
  echo "Kafka: SKIPPED: SLUICE_BENCH_KAFKA names no broker"
fi
echo "results: $results, charts: docs/growth.svg, docs/kafka.svg"
