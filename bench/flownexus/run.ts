// npm run bench:flownexus -- [--smoke] [--seconds=300] [--only='engine sqlite'] [--endpoints=100] [--days=365] [--cpu-prof=FOLDER] [--node='--max-semi-space-size=4']
// The application's way from a value to the disk and back, on SQLite and on PostgreSQL.
import { parseArgs } from 'node:util';
import type { DatabaseKind } from '../../examples/flownexus-app/src/database/dialect.ts';
import { markdownTable } from '../statistics.ts';
import { measureEngine } from './engine.ts';
import { measureHistory } from './history.ts';
import { measureThroughUdp } from './through-udp.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    only: { type: 'string', default: '' },
    endpoints: { type: 'string' },
    days: { type: 'string' },
    'cpu-prof': { type: 'string' },
    node: { type: 'string' },
  },
});
const { smoke, only } = values;
const seconds = Number(values.seconds ?? (smoke ? 1 : 300));
const pace = smoke ? 200 : 5_000;
const devices = smoke ? 20 : 1_000;
const fleet = smoke ? 60 : 5_000;
const history = { endpoints: Number(values.endpoints ?? (smoke ? 2 : 100)), days: Number(values.days ?? (smoke ? 2 : 365)), queries: smoke ? 4 : 200 }; // prettier-ignore
const kinds: readonly DatabaseKind[] = ['sqlite', 'postgres'];
const folder = values['cpu-prof'];
const options = [
  ...(folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]),
  ...(values.node?.split(' ') ?? []),
];
const results: object[] = [];

const engine: string[][] = [['storing alone', 'values/s', 'CPU µs/value', 'p50 ms', 'p99 ms']];
for (const kind of kinds) {
  for (const [name, perSecond] of [
    ['at a pace', pace],
    ['as many as there can be', Infinity],
  ] as const) {
    // prettier-ignore
    if (!`engine ${kind}`.includes(only)) continue;
    const result = await measureEngine(kind, { endpoints: devices, perSecond, window: devices, seconds: Math.min(seconds, 30) }); // prettier-ignore
    if (result === undefined) continue;
    results.push({ part: 'engine', name, ...result });
    engine.push([`${kind}, ${name}`, whole(result.perSecond), tenth(result.cpuMicros), tenth(result.p50Ms), tenth(result.p99Ms)]); // prettier-ignore
  }
}
show(engine);

let lost = 0;
for (const [part, load] of [
  ['udp', { devices, perSecond: pace, seconds }],
  ['fleet', { devices: fleet, perSecond: fleet / 60, seconds }],
] as const) {
  const table: string[][] = [[`${part}: through the app`, 'acknowledged/s', 'acknowledged', 'sent again', 'lost', 'CPU µs/value', 'p50 ms', 'p99 ms', 'RSS MB', 'at most']]; // prettier-ignore
  for (const kind of kinds) {
    if (!`${part} ${kind}`.includes(only)) continue;
    const result = await measureThroughUdp(kind, load, options);
    if (result === undefined) continue;
    lost += result.lost;
    results.push({ part, ...result });
    table.push([kind, whole(result.perSecond), whole(result.acknowledged), whole(result.repeated), whole(result.lost), tenth(result.cpuMicros), tenth(result.p50Ms), tenth(result.p99Ms), whole(result.rssMb), whole(result.maxRssMb)]); // prettier-ignore
  }
  show(table);
}

for (const kind of kinds) {
  if (!`history ${kind}`.includes(only)) continue;
  const result = await measureHistory(kind, history);
  if (result === undefined) continue;
  results.push({ part: 'history', ...result });
  const times = result.queries.map(({ name, p50Ms, p99Ms }) => [kind, whole(result.rows), name, tenth(p50Ms), tenth(p99Ms)]); // prettier-ignore
  show([['reading', 'rows', 'query', 'p50 ms', 'p99 ms'], ...times]);
}
process.stdout.write(`${JSON.stringify(results)}\n`);
if (lost > 0) {
  process.stderr.write(`${String(lost)} values were acknowledged and are not in the database\n`);
  process.exitCode = 1;
}

function show(table: readonly (readonly string[])[]): void {
  if (table.length > 1) process.stdout.write(`${markdownTable(table)}\n\n`);
}

function whole(value: number): string {
  return value.toFixed(0);
}

function tenth(value: number): string {
  return value.toFixed(1);
}
