#!/bin/bash
# supervise.sh OWNER_PID PID_FILE COMMAND [ARGUMENT...]
# Runs COMMAND until it ends by itself, the process OWNER_PID is gone, or SIGTERM arrives; then ends
# COMMAND (SIGTERM, SIGKILL after 10 s) and removes PID_FILE. If this script is killed, the kernel
# kills COMMAND. PID_FILE says "supervisor's pid, its start time, COMMAND's pid".
set -u

# The start time tells a process from a later one with its number. Empty: gone, or not yet reaped.
start_time() {
  local stat
  { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${stat##*) }
  [ "$1" = Z ] || echo "${20}"
}

owner=$1 pid_file=$2
shift 2
owner_start=$(start_time "$owner")
if [ -z "$owner_start" ]; then
  echo "supervise.sh: no process $owner to work for" >&2
  exit 1
fi

stopping=
trap 'stopping=1' TERM INT HUP
setpriv --pdeathsig KILL -- "$@" &
child=$!
echo "$$ $(start_time $$) $child" > "$pid_file.new" && mv "$pid_file.new" "$pid_file"

while [ -z "$stopping" ] && [ -n "$(start_time "$child")" ] &&
      [ "$(start_time "$owner")" = "$owner_start" ]; do
  sleep 0.5 &
  wait $!  # a trapped signal ends the wait at once
done

kill -TERM "$child" 2>/dev/null
for ((i = 0; i < 200; i++)); do
  [ -n "$(start_time "$child")" ] || break
  sleep 0.05
done
kill -KILL "$child" 2>/dev/null
rm -f "$pid_file"
