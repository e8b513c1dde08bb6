#include "host/config/load_job.hpp"

namespace sluice {

std::string default_configuration() {
  return R"yaml(# Every option of a job file with its default. A test holds this text against the program.
# Durations carry units (500ms, 10s, 5m, 1h, 1d), sizes too (64KiB, 32MiB, 8GiB).

pipeline: sluice                 # names the job in rows, labels and logs

source:                          # required
  type: kafka                    # kafka | file | generator
  brokers: "localhost:9092"      # required
  topics: [events]               # required: names, or one "^regex", resolved at start
  group: sluice                  # for offset commits; required by start: committed
  start: committed               # earliest | latest | committed (without a commit: earliest) |
                                 # {timestamp: MILLISECONDS} | {offsets: {TOPIC: {PARTITION: OFFSET}}}
  properties: {}                 # any librdkafka property
  fetch: auto                    # auto (direct where it can) | direct | librdkafka
  lanes: 0                       # consumers, each with a thread; 0: one a core
  start_timeout: 15s             # for the brokers to answer at start
# source: {type: file, path: events.ndjson}            # a file, a folder, a list; - is standard input
# source: {type: generator, kind: user_behaviour,      # user_behaviour | nexmark_bids | yahoo
#          seed: 1, events: 0, keys: 1000,             # events 0: without end
#          distribution: uniform, zipf_exponent: 1.0,  # uniform | zipf
#          disorder: 1s, late_ratio: 0, malformed_ratio: 0,
#          rate: off,                                  # events a second of wall time; off: flat out
#          events_per_second: 100000,                  # of event time, where the rate does not say
#          partitions: 1}                              # start: MILLISECONDS (default: now)

format:                          # required
  type: json                     # json | csv | binary
  framing: message               # message | lines (default: message for Kafka, else lines)
  event_time: {field: ts, unit: ms}   # required; s | ms | us | ns | iso8601, or {from: kafka}
  key: []                        # NAME, {field: a.b, as: NAME, type: int64 | string | boolean}, or a list
  values: {}                     # NAME: {field: NAME, type: int64 | double | decimal(2), required: false}
  on_malformed: drop             # drop | fail
  max_key_bytes: 4KiB            # longer strings in a key are malformed
  allow_non_finite: false        # take NaN and infinities
  # csv: {header: true, delimiter: ",", quote: '"', columns: []}
  # binary: {endian: little, layout: [{name: ts, type: int64}, {pad: 4}, {name: id, type: "char(8)"}]}

# where: "amount > 0 AND kind IN ('view', 'cart')"   # which events go on to the windows (docs/filters.md);
                                 # default: all

watermark:
  out_of_orderness: 5s
  idle_timeout: 30s              # or off
  on_all_idle: hold              # hold | advance
  allowed_lateness: 0s
  max_future: 1h                 # or off (default for files and generators)

windows:                         # required
  - {name: 1m, type: tumbling, size: 1m, offset: 0s}
  - {name: 10m, type: sliding, size: 10m, slide: 1m, offset: 0s}

aggregates:                      # required; count | sum | min | max | avg | stddev | stddev_pop |
  - {as: events, fn: count}      # variance | variance_pop, all but count with of: VALUE

sinks:                           # default: one prometheus sink
  - {type: prometheus, max_series: 10000, max_label_bytes: 256, ttl: 5m}
# - {type: stdout, format: json}
# - {type: file, path: rows.ndjson, format: json}

engine:
  backend: auto                  # auto (CUDA where a GPU is) | cpu | cuda
  batch_events: 1048576          # a batch is sealed by its events, its bytes or its age
  batch_bytes: 32MiB
  batch_linger: 50ms
  batches: 4                     # in flight, at least 3; two more than lanes if that is more
  max_keys: 4194304              # alive at once
  max_state_bytes: 8GiB
  on_full: stop                  # stop | drop_new, for keys and state
  accumulate: auto               # auto (by keys x panes) | private | shared | partitioned
  decode: auto                   # auto (the device, where it leaves little to the host) | host | device
  threads: 0                     # 0: one a core
  max_rows_per_close: 1048576    # rows held at once while windows close

http:
  listen: "127.0.0.1:9465"       # port 0 picks one; off
)yaml";
}

}  // namespace sluice
