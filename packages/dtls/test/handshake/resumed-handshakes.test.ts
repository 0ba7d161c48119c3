import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import type { ResumableSession } from '../../src/handshake/machine.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { serverResumption, type ServerResumptionOptions } from '../../src/resumption/server-resumption.ts';
import {
  credentials,
  expectConnected,
  expectRefused,
  identityOf,
  meet,
  type Meeting,
  type MeetingOptions,
} from '../support/machine-meeting.ts';
import { suitesNamed } from '../support/machine-pair.ts';

let clock: VirtualClock;
let random: ReturnType<typeof seededRandom>;
beforeEach(() => {
  clock = new VirtualClock();
  random = seededRandom(99);
});

const resumptionWith = (options: Partial<ServerResumptionOptions> = {}): ReturnType<typeof serverResumption> =>
  serverResumption({ clock, random, limits: DEFAULT_LIMITS, ...options });

/** Two handshakes of the same parties: the second offers what the first has left. Their random numbers differ. */
function meetTwice(first: MeetingOptions, second: MeetingOptions = {}): { session: ResumableSession; again: Meeting } {
  const session = meet(first).client.connection?.resumable;
  if (session === undefined) throw new Error('nothing to resume');
  const client = { random, ...first.client, ...second.client, session };
  return {
    session,
    again: meet({ ...first, ...second, client, server: { random, ...first.server, ...second.server } }),
  };
}

const device = (): Parameters<typeof expectConnected>[1] => ({
  clientIs: identityOf(credentials.device, 'x509'),
  serverIs: identityOf(credentials.server, 'x509'),
});

describe.each([
  ['session ids', { tickets: false }],
  ['tickets', { sessionIds: false }],
  ['both', {}],
] as const)('resumption by %s', (_name, kinds) => {
  test.each(CIPHER_SUITES.map((suite) => [suite.name, suite] as const))('%s', (_suite, suite) => {
    const resumption = resumptionWith(kinds);
    const { session, again } = meetTwice({ client: { suites: [suite] }, server: { resumption } });
    const identities =
      suite.keyExchange === 'ecdhe_ecdsa'
        ? device()
        : ({ clientIs: { kind: 'psk', identity: 'dev1' }, serverIs: { kind: 'psk', identity: 'dev1' } } as const);
    expectConnected(again, { ...identities, resumed: true });
    expect(again.client.connection?.masterSecret).toEqual(session.masterSecret);
    expect(again.client.flights.at(-1)).toEqual(['ccs', 20]);
    expect(again.server.flights).toEqual([[2, 'ccs', 20]]);
    // Nobody is asked again.
    expect([...again.client.outputs, ...again.server.outputs].map(({ kind }) => kind)).not.toContain('needPeer');
  });

  test('without a cookie, again and again', () => {
    const options: MeetingOptions = { server: { resumption: resumptionWith(kinds) }, cookie: false };
    let { again } = meetTwice(options);
    for (let round = 0; round < 3; round += 1) {
      const session = again.client.connection?.resumable;
      again = meet({ ...options, client: { random, session }, server: { random, ...options.server } });
      expectConnected(again, { ...device(), resumed: true });
    }
  });
});

describe('a resumed association', () => {
  test('has other keys than the first', () => {
    const resumption = resumptionWith();
    const first = meet({ server: { resumption } });
    const second = meet({
      client: { random, session: first.client.connection?.resumable },
      server: { random, resumption },
    });
    expect(second.client.connection?.resumed).toBe(true);
    expect(second.client.connection?.keys.block).not.toEqual(first.client.connection?.keys.block);
  });

  test('has Connection IDs of its own (RFC 9146 §3)', () => {
    const { again } = meetTwice(
      {
        client: { localCid: Uint8Array.of(1) },
        server: { resumption: resumptionWith(), localCid: () => Uint8Array.of(2) },
      },
      { client: { localCid: Uint8Array.of(3, 3) }, server: { localCid: () => Uint8Array.of(4, 4) } },
    );
    expectConnected(again, { ...device(), resumed: true });
    expect(again.client.connection).toMatchObject({ localCid: Uint8Array.of(3, 3), peerCid: Uint8Array.of(4, 4) });
  });

  test('gets a ticket when it came with a session id and wants one', () => {
    const resumption = resumptionWith();
    const { again } = meetTwice({ client: { tickets: false }, server: { resumption } }, { client: { tickets: true } });
    expectConnected(again, { ...device(), resumed: true });
    expect(again.client.connection?.resumable?.ticket?.length).toBeGreaterThan(0);
    expect(again.server.flights).toEqual([[2, 4, 'ccs', 20]]);
  });
});

describe('a full handshake follows when the session', () => {
  const expectFull = (again: Meeting): void => {
    expectConnected(again, { ...device(), resumed: false });
  };

  test('is too old', () => {
    const resumption = resumptionWith();
    const session = meet({ server: { resumption } }).client.connection?.resumable;
    clock.advance(DEFAULT_LIMITS.sessionMs);
    expectFull(meet({ client: { session }, server: { resumption } }));
  });

  test('was revoked', () => {
    const resumption = resumptionWith();
    const session = meet({ server: { resumption } }).client.connection?.resumable;
    resumption.revoke(identityOf(credentials.device, 'x509'));
    expectFull(meet({ client: { session }, server: { resumption } }));
  });

  test.each([{ tickets: false }, { sessionIds: false }])('is of another server', (kinds) => {
    const { again } = meetTwice(
      { server: { resumption: resumptionWith(kinds) } },
      { server: { resumption: resumptionWith() } },
    );
    expectFull(again);
  });

  test('is of a suite that the client no longer offers', () => {
    const { again } = meetTwice(
      { server: { resumption: resumptionWith() } },
      { client: { suites: suitesNamed('ECDHE_ECDSA_WITH_AES_128_CCM_8') } },
    );
    expectFull(again);
  });

  test('is for another name (RFC 6066 §3)', () => {
    const { again } = meetTwice(
      { client: { serverName: 'a.example' }, server: { resumption: resumptionWith() } },
      { client: { serverName: 'b.example' } },
    );
    expectFull(again);
  });
});

test('an anonymous client does not resume where certificates are demanded by now', () => {
  const { again } = meetTwice(
    { client: { credential: undefined }, server: { resumption: resumptionWith(), clientCertificates: 'none' } },
    { server: { clientCertificates: 'required' } },
  );
  expectRefused(again, 'server', 'handshake_failure');
});
