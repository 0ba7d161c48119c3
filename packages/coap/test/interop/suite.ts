import { afterAll, beforeAll, describe, test } from 'vitest';
import { plugtestCases } from '../plugtest/cases/index.ts';
import type { ForeignPeer, RunningServer } from './peer.ts';
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
      const lack = peer.serverLacks[each.id];
      test.skipIf(lack !== undefined)(nameOf(each, lack), async () => {
        const settings = settingsFor(each);
        const server = each.retransmits === true ? await peer.startServer(settings) : shared;
        try {
          await runIn(await foreignServerEnvironment(peer, server.port, settings), each);
        } finally {
          if (server !== shared) await server.stop();
        }
      });
    }
  });

  describe.skipIf(missing !== undefined)(`${peer.name}'s client and our server${suffix}`, () => {
    for (const each of plugtestCases) {
      const lack = peer.clientLacks[each.id];
      test.skipIf(lack !== undefined)(nameOf(each, lack), async () => {
        await runIn(await foreignClientEnvironment(peer, settingsFor(each)), each);
      });
    }
  });
}

type Case = (typeof plugtestCases)[number];

function nameOf({ id, title }: Case, lack: string | undefined): string {
  return `${id}: ${title}${lack === undefined ? '' : ` (skipped: ${lack})`}`;
}

async function runIn({ environment, end }: UdpEnvironment, { run }: Case): Promise<void> {
  try {
    await run(environment);
  } finally {
    await end();
  }
}
