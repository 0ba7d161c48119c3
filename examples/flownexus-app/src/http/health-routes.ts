import { z } from 'zod';
import { limits } from '../limits.ts';
import { within } from '../within.ts';
import { type Route, route } from './route.ts';

const healthSchema = z.object({ status: z.enum(['pass', 'fail']) }).meta({ id: 'Health' });
type Health = z.infer<typeof healthSchema>;

/**
 * Whether the app works, for those who watch over it: they have no token, and are told nothing else. `ready` rejects when it does not; it is asked once for
 * all that ask within a moment, and has `limits.readyMs` to answer.
 */
export function healthRoutes(ready: () => Promise<unknown>): Route[] {
  const isReady = shared(() => succeeds(ready), limits.readyKeptMs);
  const answer = async (): Promise<{ status: number; body: Health }> =>
    (await isReady()) ? { status: 200, body: { status: 'pass' } } : { status: 503, body: { status: 'fail' } };
  const health = (path: string, operationId: string, summary: string, handle: typeof answer): Route =>
    route({
      method: 'get',
      path,
      operationId,
      summary,
      tag: 'Health',
      access: 'public',
      answers: {
        200: { description: 'It does', schema: healthSchema },
        503: { description: 'It does not at present', schema: healthSchema },
      },
      handle,
    });
  return [
    health('/api/v1/health', 'getHealth', 'Whether the app works', answer),
    health('/healthz', 'getHealthz', 'The same', answer),
    health('/healthz/ready', 'getReadiness', 'Whether the app can serve: its database answers', answer),
    health('/healthz/live', 'getLiveness', 'Whether the process answers, whatever it depends on', () =>
      Promise.resolve({ status: 200, body: { status: 'pass' } }),
    ),
  ];
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await within(work(), limits.readyMs);
    return true;
  } catch {
    // Why not is in the log, and not for who asks.
    return false;
  }
}

/** Who asks while an answer is being found, or within `keptMs` after, gets the same one. */
function shared(ask: () => Promise<boolean>, keptMs: number): () => Promise<boolean> {
  let latest: { readonly at: number; readonly answer: Promise<boolean> } | undefined;
  return () => {
    const now = performance.now();
    if (latest === undefined || now - latest.at >= keptMs) latest = { at: now, answer: ask() };
    return latest.answer;
  };
}
