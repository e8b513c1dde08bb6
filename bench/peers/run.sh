#!/usr/bin/env bash
# Compares with engines that one could choose instead (DuckDB, ClickHouse, Polars), on the same events, in the same run.
# They come from npm, into a cache folder; without npm or its registry this is skipped, and says so.
#
#   bench/peers/run.sh [BUILD [JSON]]     BUILD: folder of bin/peer_group_by (build); JSON: where results go
set -euo pipefail
peers=$(realpath "$(dirname "$0")")
build=$(realpath "${1:-$peers/../../build}")
json=${2:+$(realpath "$2")}
cd "$peers"
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}/peers

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "bench/peers: SKIPPED: there is no npm here"
  exit 0
fi
mkdir -p "$cache"
if ! cmp -s package.json "$cache/package.json" || [ ! -d "$cache/node_modules" ]; then
  cp package.json "$cache/package.json.new"
  if ! npm view --silent @duckdb/node-api name >/dev/null 2>&1; then
    echo "bench/peers: SKIPPED: npm cannot reach its registry"
    exit 0
  fi
  mv "$cache/package.json.new" "$cache/package.json"
  if ! (cd "$cache" && npm install --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null); then
    rm -rf "$cache/node_modules"
    echo "bench/peers: SKIPPED: npm could not install the engines"
    exit 0
  fi
fi
cd "$cache"
exec node "$peers/peers.mjs" "$build/bin/peer_group_by" ${json:+--json "$json"}
