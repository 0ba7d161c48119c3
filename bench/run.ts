// npm run bench -- [--smoke] [--rounds=5] [--only=name] [--cpu-prof=folder]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, SUBJECTS, type LoadSize, type Sample, type Subject } from './measure.ts';
import { summarise, table, type Result } from './report.ts';

const FULL: LoadSize = { peers: 64, warmUp: 20_000, requests: 60_000 };
const SMOKE: LoadSize = { peers: 4, warmUp: 40, requests: 200 };

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    'cpu-prof': { type: 'string' },
  },
});

const size = values.smoke ? SMOKE : FULL;
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 5));
const profile = values['cpu-prof'];
const serverOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
const subjects = SUBJECTS.filter(({ name }) => name.includes(values.only));
const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]));

// One round after the other: what the machine does meanwhile meets all subjects alike.
for (let round = 1; round <= rounds; round += 1) {
  for (const [subject, taken] of samples) {
    taken.push(await measure(subject, size, serverOptions));
    process.stderr.write(`round ${round} of ${rounds}: ${subject.name}\n`);
  }
}

const results: Result[] = summarise(samples);
process.stdout.write(`${table(results)}\n${JSON.stringify({ node: process.version, rounds, ...size, results })}\n`);

if (values.only === '') {
  const memory = fileURLToPath(new URL('dedup-memory.ts', import.meta.url));
  const arguments_ = [...process.execArgv, memory, ...(values.smoke ? ['--smoke'] : [])];
  process.exitCode = spawnSync(process.execPath, arguments_, { stdio: 'inherit' }).status ?? 1;
}
