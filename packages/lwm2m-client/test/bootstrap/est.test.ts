import { Code, type CoapReply } from '@flownexus/coap';
import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { BOOTSTRAP_ACCOUNT, BootstrapStage } from './bootstrap-stage.ts';

const ENROLL = 'bootstrap POST /.well-known/est/sen';
const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';

async function begun(answer: CoapReply): Promise<BootstrapStage> {
  const stage = await BootstrapStage.open(BOOTSTRAP_ACCOUNT, { est: true });
  stage.bootstrapAnswers.push(answer);
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  return stage;
}

test('a device without a certificate from its bootstrap server does not bootstrap, and asks again', async () => {
  const stage = await begun({ code: Code.FORBIDDEN, payload: new TextEncoder().encode('unknown') });
  expect(stage.requests).toEqual([ENROLL]);
  expect(stage.troubles).toEqual(['bootstrap: the bootstrap server gave no certificate: the answer was 4.03 unknown']);
  await stage.pass(5);
  expect(stage.requests).toEqual([ENROLL, ENROLL]);
  await stage.close();
});

test.each([2, 4])(
  'accounts of the mode %s that come without a certificate get it, others keep theirs',
  async (mode) => {
    const { der } = testCertificate({ commonName: 'device' });
    const stage = await begun({ code: Code.CHANGED, contentFormat: 287, payload: der });
    expect(stage.requests).toEqual([ENROLL, REQUEST]);
    const account = { 0: 'coaps://10.0.0.1', 1: false, 2: mode, 10: 1 };
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const of = (
      id: number,
      more: Record<number, string | number | boolean | Uint8Array>,
    ): Parameters<typeof stage.write>[1] =>
      Object.fromEntries(
        Object.entries({ ...account, ...more }).map(([resource, value]) => [`/0/${id}/${resource}`, value]),
      );
    await stage.write('/0/1', of(1, { 3: bytes(''), 5: bytes('') }));
    await stage.write('/0/2', of(2, { 3: bytes('own'), 5: bytes('key') }));
    await stage.write('/0/3', of(3, { 2: 0 }));
    expect(await stage.finish()).toMatch(/^4\.06 /);
    expect(stage.tree.content('/0/1/3')).toEqual(der);
    expect(stage.tree.content('/0/2/3')).toEqual(bytes('own'));
    expect(stage.tree.content('/0/3/3')).toBeUndefined();
    await stage.close();
  },
);
