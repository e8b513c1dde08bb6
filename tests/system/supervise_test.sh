#!/bin/bash
# Nothing that supervise.sh runs may stay behind, whatever happens to those who started it.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

service=sleeper dir=$folder
. "$here/service.sh"

is_gone() { [[ ! -e /proc/$1 || $(< "/proc/$1/status") == *"State:"?"Z"* ]]; }

# Starts a service for an owner of its own: sets owner, supervisor, served.
arrange() {
  sleep 1000 &
  owner=$!
  run_service "$@" || fail "the service did not start: $(< "$(log_file)")"
  served=$child
}

expect() {
  local name=$1
  shift
  if until_true 15 "$@"; then
    echo "ok: $name"
  else
    echo "not ok: $name"
    failures=1
  fi
  kill -KILL "$owner" "$served" 2> /dev/null
  wait "$owner" 2> /dev/null
}

arrange sleep 1000
kill -KILL "$owner"
expect "it ends with its owner, even one that is killed" is_gone "$served"

arrange sleep 1000
kill -KILL "$supervisor"
expect "it ends with its supervisor, even one that is killed" is_gone "$served"

arrange sleep 1000
stop_service
expect "it ends when it is stopped" is_gone "$served"

arrange bash -c 'trap "" TERM; while :; do sleep 1; done'
stop_service
expect "it ends even if it ignores SIGTERM" is_gone "$served"

arrange sleep 0.1
expect "a supervisor ends with what it runs" is_stopped

owner=999999999
if run_service sleep 1000; then
  echo "not ok: nothing runs for an owner that is gone"
  failures=1
else
  echo "ok: nothing runs for an owner that is gone"
fi

exit "$failures"
