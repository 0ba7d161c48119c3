// npm run bench -- [--smoke] [--rounds=5] [--only=name] [--cpu-prof=folder]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Measurement, SUBJECTS, type Sample, type Subject } from './measure.ts';
import { summarise, table } from './report.ts';

/** Peers, and requests before the clock starts and in a round. No peer sends a Message ID twice. */
const FULL = { peers: 64, warmUp: 20_000, requests: 4000, rounds: 25 };
const SMOKE = { peers: 4, warmUp: 40, requests: 200, rounds: 2 };

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    'cpu-prof': { type: 'string' },
  },
});

const size = values.smoke ? SMOKE : FULL;
const rounds = Number(values.rounds ?? size.rounds);
const profile = values['cpu-prof'];
const serverOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
const measurements = new Map<Subject, Measurement>();
const samples = new Map<Subject, Sample[]>();

for (const subject of SUBJECTS.filter(({ name }) => name.includes(values.only))) {
  const measurement = await Measurement.open(subject, size.peers, serverOptions);
  measurements.set(subject, measurement);
  samples.set(subject, []);
  await measurement.run(size.warmUp);
}
// A little of each, again and again: what the machine does meanwhile meets all alike.
for (let round = 1; round <= rounds; round += 1) {
  for (const [subject, measurement] of measurements) samples.get(subject)?.push(await measurement.run(size.requests));
  process.stderr.write(`\rround ${round} of ${rounds}`);
}
process.stderr.write('\n');
for (const measurement of measurements.values()) await measurement.close();

const results = summarise(samples);
const { peers, warmUp, requests } = size;
const run = { node: process.version, peers, warmUp, requests, rounds, results };
process.stdout.write(`${table(results)}\n${JSON.stringify(run)}\n`);

if (values.only === '') {
  const memory = fileURLToPath(new URL('dedup-memory.ts', import.meta.url));
  const arguments_ = [...process.execArgv, memory, ...(values.smoke ? ['--smoke'] : [])];
  process.exitCode = spawnSync(process.execPath, arguments_, { stdio: 'inherit' }).status ?? 1;
}
