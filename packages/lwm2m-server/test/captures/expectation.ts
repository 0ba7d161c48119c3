import type { Registration } from '../../src/index.ts';
import type { Outcome } from './replay.ts';

/** What a replay has to come to. The values were decoded from the captured bytes by other means than this project. */
export interface Expectation {
  readonly registration: Partial<Registration>;
  /** By the number of the datagram that begins the step: values, the refusal, or how else it ended. */
  readonly outcomes: Readonly<Record<number, Outcome>>;
}

/** Object versions from `id:version` pairs. */
export function versions(text: string): ReadonlyMap<number, string> {
  return new Map(
    text.split(' ').map((entry) => {
      const [id, version = ''] = entry.split(':');
      return [Number(id), version];
    }),
  );
}
