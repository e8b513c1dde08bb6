// Groups the same events by key and second with Sluice, DuckDB, ClickHouse and Polars, in turns, and compares the rows.
// Called by run.sh, which installs the packages: node peers.mjs PEER_GROUP_BY [--json FILE]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const threads = availableParallelism();
process.env.POLARS_MAX_THREADS = String(threads);
const require = createRequire(join(process.cwd(), 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');
const { Session } = require('chdb');
const pl = require('nodejs-polars');

const program = process.argv[2];
const jsonPath = process.argv[3] === '--json' ? process.argv[4] : undefined;
const rounds = 5;
const cases = [
  { events: 10_000_000, keys: 100, panes: 10 },
  { events: 10_000_000, keys: 10_000, panes: 10 },
  { events: 5_000_000, keys: 1_000_000, panes: 5 },
  { events: 5_000_000, keys: 1_000, panes: 3_600 },
];
// Sums over the rows that differ when a row does; the same in every engine.
const sums = ['rows', 'n', 'total', 'least', 'most', 'key_n', 'pane_total', 'key_least', 'pane_most'];

/** Our program, kept running: its engine is fed again and again. */
class Sluice {
  name = 'Sluice';
  constructor({ events, keys, panes }) {
    this.child = spawn(program, [events, keys, panes, threads].map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  async ask(command) {
    this.child.stdin.write(command + '\n');
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`peer_group_by ended at "${command}"`);
    return JSON.parse(value);
  }
  async run() {
    return (await this.ask('run')).seconds;
  }
  async result() {
    const row = await this.ask('end');
    this.child.stdin.end();
    return row;
  }
}

const outer = `SELECT count(*) AS rows, sum(c) AS n, sum(s) AS total, sum(a) AS least, sum(b) AS most,
  sum(key * c) AS key_n, sum(pane * s) AS pane_total, sum(key * a) AS key_least, sum(pane * b) AS pane_most`;

class DuckDB {
  name = 'DuckDB';
  async load(csv, parquet) {
    const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
    this.connection = await instance.connect();
    await this.connection.run(`CREATE TABLE e AS SELECT * FROM read_csv('${csv}', header = true,
      columns = {'ms': 'INTEGER', 'k': 'INTEGER', 'v': 'INTEGER'})`);
    await this.connection.run(`COPY e TO '${parquet}' (FORMAT parquet)`);
    const version = await this.connection.runAndReadAll('SELECT version()');
    this.version = version.getRows()[0][0];
  }
  async run() {
    const start = performance.now();
    const reader = await this.connection.runAndReadAll(`${outer} FROM (SELECT k::BIGINT AS key, (ms - ms % 1000)::BIGINT
      AS pane, count(*) AS c, sum(v)::BIGINT AS s, min(v)::BIGINT AS a, max(v)::BIGINT AS b
      FROM e GROUP BY k, ms - ms % 1000)`);
    this.row = reader.getRowObjects()[0];
    return (performance.now() - start) / 1e3;
  }
  async result() {
    return this.row;
  }
}

class ClickHouse {
  name = 'ClickHouse';
  async load(csv, parquet) {
    this.session = new Session();
    this.session.query('CREATE TABLE e (ms Int32, k Int32, v Int32) ENGINE = Memory');
    this.session.query(`INSERT INTO e SELECT ms, k, v FROM file('${parquet}', Parquet)`);
    this.version = this.session.query('SELECT version()', 'TSV').trim();
  }
  async run() {
    const start = performance.now();
    const text = this.session.query(
      `${outer} FROM (SELECT toInt64(k) AS key, toInt64(ms - ms % 1000) AS pane, toInt64(count()) AS c,
        sum(v) AS s, toInt64(min(v)) AS a, toInt64(max(v)) AS b FROM e GROUP BY k, ms - ms % 1000)
        SETTINGS max_threads = ${threads}`,
      'JSONEachRow',
    );
    this.row = JSON.parse(text);
    return (performance.now() - start) / 1e3;
  }
  async result() {
    return this.row;
  }
}

class Polars {
  name = 'Polars';
  async load(csv, parquet) {
    this.frame = pl.readParquet(parquet);
    this.version = require('nodejs-polars/package.json').version;
  }
  async run() {
    const wide = (name) => pl.col(name).cast(pl.Int64);
    const start = performance.now();
    const rows = await this.frame
      .lazy()
      .withColumns(pl.col('ms').sub(pl.col('ms').rem(pl.lit(1000).cast(pl.Int32))).alias('pane'))
      .groupBy(['k', 'pane'])
      .agg(
        pl.col('v').count().alias('c'),
        wide('v').sum().alias('s'),
        pl.col('v').min().alias('a'),
        pl.col('v').max().alias('b'),
      )
      .select(
        pl.col('c').count().alias('rows'),
        wide('c').sum().alias('n'),
        pl.col('s').sum().alias('total'),
        wide('a').sum().alias('least'),
        wide('b').sum().alias('most'),
        wide('k').mul(wide('c')).sum().alias('key_n'),
        wide('pane').mul(pl.col('s')).sum().alias('pane_total'),
        wide('k').mul(wide('a')).sum().alias('key_least'),
        wide('pane').mul(wide('b')).sum().alias('pane_most'),
      )
      .collect();
    this.row = rows.toRecords()[0];
    return (performance.now() - start) / 1e3;
  }
  async result() {
    return this.row;
  }
}

function checkAlike(results) {
  const [[, ours]] = results;
  for (const [name, row] of results) {
    for (const sum of sums) {
      if (BigInt(row[sum]) !== BigInt(ours[sum])) {
        throw new Error(`${name}: ${sum} is ${row[sum]}, ours ${ours[sum]}`);
      }
    }
  }
}

async function compare(shape, folder) {
  const ours = new Sluice(shape);
  const csv = join(folder, 'events.csv');
  const parquet = join(folder, 'events.parquet');
  await ours.ask(`csv ${csv}`);
  const engines = [ours, new DuckDB(), new ClickHouse(), new Polars()];
  for (const engine of engines.slice(1)) await engine.load(csv, parquet);
  const seconds = new Map(engines.map((engine) => [engine, []]));
  for (const engine of engines) await engine.run();
  for (let round = 0; round < rounds; ++round) {
    for (const engine of engines) seconds.get(engine).push(await engine.run());
  }
  const results = [];
  for (const engine of engines) results.push([engine.name, await engine.result()]);
  checkAlike(results);
  engines.find((engine) => engine.session)?.session.close();
  return engines.map((engine) => {
    const times = seconds.get(engine).sort((a, b) => a - b);
    const rate = (time) => shape.events / time;
    return {
      ...shape,
      engine: engine.name,
      version: engine.version,
      groups: Number(results[0][1].rows),
      median_events_per_second: rate(times[times.length >> 1]),
      best_events_per_second: rate(times[0]),
    };
  });
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-peers-'));
try {
  const all = [];
  console.log(`${cpus()[0].model.trim()}, ${threads} threads; count, sum, min, max of an integer by key and second; ` +
    `12 bytes an event in memory; ${rounds} rounds, in turns`);
  console.log('    events       keys   panes      groups  engine      M events/s: median    best');
  for (const shape of cases) {
    for (const row of await compare(shape, folder)) {
      all.push(row);
      const cells = [
        String(row.events).padStart(10),
        String(row.keys).padStart(11),
        String(row.panes).padStart(8),
        String(row.groups).padStart(12),
        ` ${row.engine.padEnd(12)}`,
        (row.median_events_per_second / 1e6).toFixed(1).padStart(18),
        (row.best_events_per_second / 1e6).toFixed(1).padStart(8),
      ];
      console.log(cells.join(''));
    }
  }
  console.log('all engines gave the same rows');
  if (jsonPath) writeFileSync(jsonPath, JSON.stringify({ threads, rounds, rows: all }, null, 2) + '\n');
} finally {
  rmSync(folder, { recursive: true });
}
