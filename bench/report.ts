import {
  ECHO,
  FLOWNEXUS_GET,
  FLOWNEXUS_POST,
  NPM_COAP_GET,
  NPM_COAP_POST,
  type Sample,
  type Subject,
} from './measure.ts';

/** The medians of a subject's rounds, and how they compare. */
export interface Result extends Sample {
  readonly name: string;
  /** Processor time per request, in that of the echo. */
  readonly cpuToEcho: number | undefined;
  /** Requests per second, in those of the echo. */
  readonly throughputToEcho: number | undefined;
  /** The same, in those of the npm package under the same load. */
  readonly throughputToNpmCoap: number | undefined;
}

const RIVALS: ReadonlyMap<Subject, Subject> = new Map([
  [FLOWNEXUS_GET, NPM_COAP_GET],
  [FLOWNEXUS_POST, NPM_COAP_POST],
]);

export function summarise(samples: ReadonlyMap<Subject, readonly Sample[]>): Result[] {
  const medians = new Map([...samples].map(([subject, taken]) => [subject, medianOf(taken)]));
  const echo = medians.get(ECHO);
  return [...medians].map(([subject, own]) => {
    const rival = RIVALS.get(subject);
    const rivalOwn = rival && medians.get(rival);
    return {
      name: subject.name,
      ...own,
      cpuToEcho: echo && own.cpuMicrosPerRequest / echo.cpuMicrosPerRequest,
      throughputToEcho: echo && own.requestsPerSecond / echo.requestsPerSecond,
      throughputToNpmCoap: rivalOwn && own.requestsPerSecond / rivalOwn.requestsPerSecond,
    };
  });
}

/** Markdown. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    result.requestsPerSecond.toFixed(0),
    result.cpuMicrosPerRequest.toFixed(2),
    result.systemMicrosPerRequest.toFixed(2),
    ratio(result.cpuToEcho),
    ratio(result.throughputToEcho),
    ratio(result.throughputToNpmCoap),
  ]);
  const head = [
    'server',
    'requests/s',
    'CPU µs/request',
    'of it kernel',
    'CPU ÷ echo',
    'throughput ÷ echo',
    'throughput ÷ coap (npm)',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function ratio(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

function medianOf(samples: readonly Sample[]): Sample {
  return {
    requestsPerSecond: median(samples.map(({ requestsPerSecond }) => requestsPerSecond)),
    cpuMicrosPerRequest: median(samples.map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest)),
    systemMicrosPerRequest: median(samples.map(({ systemMicrosPerRequest }) => systemMicrosPerRequest)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
