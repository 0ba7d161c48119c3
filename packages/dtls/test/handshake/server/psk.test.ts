import { describe, expect, it } from 'vitest';
import { MAX_PSK_LENGTH } from '../../../src/limits.ts';
import {
  deviceKey,
  ECDHE_PSK_SUITE,
  PSK_SUITE,
  ServerTalk,
  type ServerTalkOptions,
} from '../../support/test-client-talk.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const device = (identity: Uint8Array, key: Uint8Array = deviceKey) => ({ psk: { identity, key } });

describe.each([PSK_SUITE, ECDHE_PSK_SUITE])('%s', (suite) => {
  const talkWith = ({ client, ...options }: ServerTalkOptions = {}): ServerTalk =>
    new ServerTalk({ ...options, client: { suites: [suite], ...client } });

  it('knows the client by its identity as text', () => {
    const identity = utf8('urn:dev:ops:32473-α');
    const talk = talkWith({ client: device(identity), lookUpPsk: () => deviceKey }).full();
    expect(talk.connection?.identity).toEqual({ kind: 'psk', identity: 'urn:dev:ops:32473-α' });
  });

  it('fails at Finished with a wrong key', () => {
    const talk = talkWith({ client: device(utf8('dev1'), utf8('wrong')) }).full();
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'decrypt_error' });
  });

  it('fails at Finished with an identity that is not known, as with a wrong key', () => {
    const unknown = talkWith({ client: device(utf8('nobody')) }).agree();
    const wrong = talkWith({ client: device(utf8('dev1'), utf8('wrong')) }).agree();
    expect(unknown.state.kind).toBe('awaitChangeCipherSpec');
    expect(unknown.said).toEqual(wrong.said);
    unknown.finish();
    wrong.finish();
    expect(unknown.said).toEqual(wrong.said);
    expect(unknown.error).toEqual(wrong.error);
  });

  it('fails at once with an identity that is not known where that may be told', () => {
    const talk = talkWith({ server: { hideUnknownIdentities: false }, client: device(utf8('nobody')) }).agree();
    expect(talk.error).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'unknown_psk_identity' });
    expect(talk.state).toEqual({ kind: 'failed' });
  });

  it('lets nobody in with the stand-in key', () => {
    // A random source of zeros alone: whoever guesses the stand-in key has a Finished that fits.
    const random = { bytes: (length: number) => new Uint8Array(length), unit: () => 0 };
    const talk = talkWith({ server: { random }, client: device(utf8('nobody'), new Uint8Array(32)) }).full();
    expect(talk.error?.alert).toBe('decrypt_error');
    expect(talk.connection).toBeUndefined();
  });

  it.each([0, MAX_PSK_LENGTH + 1])('takes a key of %i bytes for none', (length) => {
    const key = new Uint8Array(length);
    const options: ServerTalkOptions = { client: device(utf8('dev1'), key), lookUpPsk: () => key };
    expect(talkWith(options).full().error?.alert).toBe('decrypt_error');
    expect(talkWith({ ...options, server: { hideUnknownIdentities: false } }).full().error?.alert).toBe(
      'unknown_psk_identity',
    );
  });

  it.each([1, 64, MAX_PSK_LENGTH])('takes a key of %i bytes', (length) => {
    const key = new Uint8Array(length).fill(0xa5);
    const talk = talkWith({ client: device(utf8('dev1'), key), lookUpPsk: () => key }).full();
    expect(talk.connection?.identity).toEqual({ kind: 'psk', identity: 'dev1' });
  });

  it('asks nobody about an identity that is not UTF-8: it is not known', () => {
    const latin1 = Uint8Array.of(0x64, 0xe4);
    const lookUpPsk = (): never => {
      throw new Error('not to be asked');
    };
    expect(talkWith({ client: device(latin1), lookUpPsk }).full().error?.alert).toBe('decrypt_error');
    const open = talkWith({ server: { hideUnknownIdentities: false }, client: device(latin1), lookUpPsk }).agree();
    expect(open.error?.alert).toBe('unknown_psk_identity');
  });

  it('tells an identity with a byte order mark from the one without', () => {
    const identity = Uint8Array.of(0xef, 0xbb, 0xbf, 0x64);
    const talk = talkWith({ client: device(identity), lookUpPsk: () => deviceKey }).full();
    expect(talk.connection?.identity).toEqual({ kind: 'psk', identity: '\ufeffd' });
  });

  it('takes an empty identity if it has a key', () => {
    const talk = talkWith({ client: device(new Uint8Array(0)), lookUpPsk: () => deviceKey }).full();
    expect(talk.connection?.identity).toEqual({ kind: 'psk', identity: '' });
  });

  it('waits for the key and takes nothing else', () => {
    const talk = talkWith({ silent: true }).agree();
    expect(talk.state.kind).toBe('awaitPsk');
    talk.hear({ kind: 'psk', key: deviceKey });
    expect(talk.state.kind).toBe('awaitChangeCipherSpec');
    const impatient = talkWith({ silent: true }).agree();
    impatient.hear(impatient.client.changeCipherSpec());
    expect(impatient.error?.alert).toBe('unexpected_message');
  });
});

describe('the point of a client', () => {
  it.each([
    { what: 'not on the curve', point: Uint8Array.of(4, ...new Uint8Array(64).fill(7)) },
    { what: 'compressed', point: Uint8Array.of(2, ...new Uint8Array(32).fill(7)) },
    { what: 'of another length', point: Uint8Array.of(4) },
  ])('is refused: $what', ({ point }) => {
    const talk = new ServerTalk({ client: { suites: [ECDHE_PSK_SUITE] } }).begin();
    talk.hear(talk.client.clientKeyExchange({ point }));
    expect(talk.error?.alert).toBe('illegal_parameter');
  });
});
