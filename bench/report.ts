import {
  ECHO,
  FLOWNEXUS_GET,
  FLOWNEXUS_POST,
  NPM_COAP_GET,
  NPM_COAP_POST,
  type Sample,
  type Subject,
} from './measure.ts';
import { markdownTable, median } from './statistics.ts';

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
  return [...samples].map(([subject, taken]) => {
    const rival = RIVALS.get(subject);
    return {
      name: subject.name,
      requestsPerSecond: median(taken.map(throughput)),
      cpuMicrosPerRequest: median(taken.map(cpu)),
      systemMicrosPerRequest: median(taken.map(({ systemMicrosPerRequest }) => systemMicrosPerRequest)),
      cpuToEcho: ratio(taken, samples.get(ECHO), cpu),
      throughputToEcho: ratio(taken, samples.get(ECHO), throughput),
      throughputToNpmCoap: ratio(taken, rival && samples.get(rival), throughput),
    };
  });
}

/** The median of the ratios of each round: both met the same machine. */
function ratio(
  taken: readonly Sample[],
  others: readonly Sample[] | undefined,
  value: (sample: Sample) => number,
): number | undefined {
  if (others === undefined) return undefined;
  return median(others.map((other, round) => value(taken[round] ?? other) / value(other)));
}

function cpu({ cpuMicrosPerRequest }: Sample): number {
  return cpuMicrosPerRequest;
}

function throughput({ requestsPerSecond }: Sample): number {
  return requestsPerSecond;
}

/** Markdown. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    result.requestsPerSecond.toFixed(0),
    result.cpuMicrosPerRequest.toFixed(2),
    result.systemMicrosPerRequest.toFixed(2),
    twoDigits(result.cpuToEcho),
    twoDigits(result.throughputToEcho),
    twoDigits(result.throughputToNpmCoap),
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
  return markdownTable([head, ...rows]);
}

function twoDigits(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}
