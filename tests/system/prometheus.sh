#!/bin/bash
# A real Prometheus for tests, scraping one target every second; on loopback.
#   prometheus.sh start DIR HOST:PORT OWNER_PID   prints url=http://127.0.0.1:PORT, pid, start_ms, log
#   prometheus.sh status DIR                      prints state=running|stopped, and pid, rss_kb, ...
#   prometheus.sh stop DIR                        prints state=stopped; nothing to stop is no error
# DIR is the caller's: data, log and pid file go there, one server a folder. The server ends with
# the process OWNER_PID, whatever way that ends.
# Without a prometheus program: "SKIPPED: reason" and status 77; with SLUICE_REQUIRE_PROMETHEUS=1,
# as for any other failure, "FAILED: reason" and status 1.
set -u

service=prometheus
. "$(dirname "${BASH_SOURCE[0]}")/service.sh"

write_configuration() {
  cat > "$dir/prometheus.yml" << YAML
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: sluice
    static_configs: [{targets: ["$1"]}]
YAML
}

is_ready() {
  local status
  exec 8<> "/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET /-/ready HTTP/1.0\r\n\r\n' >&8
  read -r -t 5 status <&8
  exec 8>&-
  [[ $status == *" 200 "* ]]
} 2> /dev/null

attempt_start() {
  write_configuration "$target"
  run_service prometheus --config.file="$dir/prometheus.yml" \
    --storage.tsdb.path="$dir/prometheus-data" --web.listen-address="127.0.0.1:$1"
}

usage() { fail "usage: prometheus.sh start DIR HOST:PORT OWNER_PID | status DIR | stop DIR"; }

[ $# -ge 2 ] || usage
dir=$(realpath -m "$2")
target=${3:-}
owner=${4:-}
case $1 in
  start)
    [ -n "$owner" ] || usage
    command -v prometheus > /dev/null ||
      skip "no prometheus (package prometheus)" "${SLUICE_REQUIRE_PROMETHEUS:-0}"
    start_service url=http:// 30
    ;;
  status) print_status ;;
  stop) stop_service && print_status ;;
  *) usage ;;
esac
