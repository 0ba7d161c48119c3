import { describe } from 'vitest';

/** The tests with one peer; they are skipped, with the reason in their name, when it can't take part. */
export function describePeer(name: string, missing: string | undefined, body: () => void): void {
  const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== undefined)(`${name}${suffix}`, body);
}
