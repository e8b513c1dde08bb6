#!/bin/bash
# Produces user behaviour into a topic, about a thousand events a second: produce-behaviour.sh BROKERS TOPIC
# The events are out of order by up to two seconds, and about one in a thousand is not JSON.
set -euo pipefail

names=(view search cart buy leave)

events() {
  local id=0 now
  while true; do
    now=$(($(date +%s) * 1000))
    for _ in {1..1000}; do
      id=$((id + 1))
      if ((RANDOM % 1000 == 0)); then
        echo 'not json'
      else
        printf '{"id":%d,"user_id":%d,"behaviour_name":"%s","time":%d}\n' \
          $id $((RANDOM % 20)) "${names[RANDOM % 5]}" $((now - RANDOM % 2000))
      fi
    done
    sleep 1
  done
}

events | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server "$1" --topic "$2"
