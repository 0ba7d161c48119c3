import { systemClock } from '@flownexus/datagram';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { plugtestCases } from '../plugtest/cases/index.ts';
import { transcript } from '../plugtest/checks.ts';
import type { ForeignPeer, RunningClient, RunningServer } from './peer.ts';
import {
  foreignClientEnvironment,
  foreignServerEnvironment,
  settingsFor,
  type UdpEnvironment,
} from './udp-environment.ts';

/** Runs the test descriptions with our client and the peer's server, and with the peer's client and our server. */
export function plugtestSuite(peer: ForeignPeer): void {
  const missing = peer.missing();
  const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

  describe.skipIf(missing !== undefined)(`our client and ${peer.name}'s server${suffix}`, () => {
    let shared: RunningServer;
    beforeAll(async () => {
      shared = await peer.startServer(settingsFor({}));
    });
    afterAll(() => shared.stop());

    for (const each of plugtestCases) {
      const lack = each.onlyOurs ?? peer.serverLacks[each.id];
      test.skipIf(lack !== undefined)(nameOf(each, lack), async () => {
        const settings = settingsFor(each);
        const server = peer.serverPerCase === true || needsOwnServer(each) ? await peer.startServer(settings) : shared;
        try {
          await runIn(await foreignServerEnvironment(peer, server.port, settings), each);
        } finally {
          if (server !== shared) await server.stop();
        }
      });
    }
  });

  describe.skipIf(missing !== undefined)(`${peer.name}'s client and our server${suffix}`, () => {
    let shared: RunningClient;
    beforeAll(async () => {
      shared = await peer.startClient(settingsFor({}));
    });
    afterAll(() => shared.stop());

    for (const each of plugtestCases) {
      const lack = each.onlyOurs ?? peer.clientLacks[each.id];
      test.skipIf(lack !== undefined)(nameOf(each, lack), async () => {
        const settings = settingsFor(each);
        const client = each.retransmits === true ? await peer.startClient(settings) : shared;
        try {
          await runIn(await foreignClientEnvironment(peer, client, settings), each);
        } finally {
          if (client !== shared) await client.stop();
        }
      });
    }
  });
}

type Case = (typeof plugtestCases)[number];

/** One with its timing, or one that does not have the observers of the cases before, who are gone. */
function needsOwnServer({ id, retransmits = false }: Case): boolean {
  return retransmits || id.includes('_OBS_');
}

function nameOf({ id, title }: Case, lack: string | undefined): string {
  return `${id}: ${title}${lack === undefined ? '' : ` (skipped: ${lack})`}`;
}

/** A case that hangs says what went over the wire. */
const DEADLINE_MS = 15_000;

async function runIn({ environment, end }: UdpEnvironment, { run }: Case): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = systemClock.schedule(DEADLINE_MS, () => {
    reject(new Error(`not done after ${DEADLINE_MS} ms; the wire:\n${transcript(environment.wire)}`));
  });
  try {
    await Promise.race([run(environment), late]);
  } finally {
    timer.cancel();
    await end();
  }
}
