# Sourced by the scripts that run a server for system tests: kafka_broker.sh, prometheus.sh.
# Expects:
#   service  its name
#   dir      the caller's folder, in which files named after the service are kept
#   owner    the process that the service must not outlive
#   attempt_start PORT   starts it with run_service to listen on PORT
#   is_ready PORT        whether it answers there

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

pid_file() { echo "$dir/$service.pid"; }
log_file() { echo "$dir/$service.log"; }

# fail REASON: ends the script with status 1.
fail() {
  echo "FAILED: $1"
  exit 1
}

# skip REASON REQUIRED: ends the script with status 77, or with 1 where REQUIRED is 1.
skip() {
  [ "$2" != 1 ] || fail "$1"
  echo "SKIPPED: $1"
  exit 77
}

# until_true SECONDS COMMAND...: whether COMMAND succeeds in time; asks 20 times a second.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# Prints a port of 127.0.0.1 below the ephemeral ones that nobody listens on now.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    if ! accepts_connections "$port"; then
      echo "$port"
      return
    fi
  done
  return 1
}

accepts_connections() { (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# is_running: sets supervisor and child. The start time tells our process from a later one.
is_running() {
  local started stat
  supervisor= child=
  { read -r supervisor started child < "$(pid_file)"; } 2>/dev/null || return 1
  { read -r stat < "/proc/$supervisor/stat"; } 2>/dev/null || return 1
  set -- ${stat##*) }
  [ "$1" != Z ] && [ "${20}" = "$started" ]
}

is_stopped() { ! is_running; }

# run_service COMMAND...: runs it supervised; it keeps none of our open files.
run_service() {
  : > "$(log_file)"
  setsid "$here/supervise.sh" "$owner" "$(pid_file)" "$@" < /dev/null >> "$(log_file)" 2>&1 &
  until_true 5 is_running
}

has_settled() { is_ready "$1" || ! is_running; }

# start_service PREFIX SECONDS: starts the service on a free port and prints PREFIX127.0.0.1:PORT
# and more once it is ready. A port that somebody else takes in between costs another attempt.
start_service() {
  local began=${EPOCHREALTIME/[.,]/} port
  mkdir -p "$dir" || fail "cannot write $dir"
  ! is_running || fail "$service is running in $dir already"
  trap stop_service EXIT
  for _ in 1 2 3; do
    port=$(free_port) || fail "no free port"
    attempt_start "$port"
    until_true "$2" has_settled "$port" || fail "$service is not ready after $2 s, see $(log_file)"
    if is_running; then
      trap - EXIT
      echo "${1}127.0.0.1:$port"
      echo "pid=$child"
      echo "start_ms=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
      echo "log=$(log_file)"
      return
    fi
    grep -q -i "address already in use" "$(log_file)" || break
    stop_service
  done
  fail "$service did not start: $(grep -i -m 1 -E "error|fatal|exception" "$(log_file)" || tail -n 1 "$(log_file)")"
}

stop_service() {
  if is_running; then
    kill -TERM "$supervisor"
    if ! until_true 15 is_stopped; then
      kill -KILL "$supervisor"
      until_true 5 is_stopped || fail "$service (pid $child) does not stop"
    fi
  fi
  rm -f "$(pid_file)"
}

print_status() {
  if is_running; then
    echo "state=running"
    echo "pid=$child"
    awk '/^VmRSS|^VmHWM/ { name = $1 == "VmRSS:" ? "rss_kb" : "peak_rss_kb"; print name "=" $2 }' "/proc/$child/status"
  else
    echo "state=stopped"
  fi
}
