/** An HTTP date has whole seconds, and the answer took a while: smaller differences mean nothing. */
const TOLERANCE_MS = 3000;

let offsetMs = 0;

/** Notes how far the server's clock is from the browser's, from the Date header of an answer. */
export function learnServerTime(dateHeader: string | null, browserNow: number): void {
  const server = Date.parse(dateHeader ?? '');
  if (Number.isNaN(server)) return;
  const difference = server - browserNow;
  offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** The time on the server's clock, in milliseconds: ages and charts are right even where the browser's clock is off. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
