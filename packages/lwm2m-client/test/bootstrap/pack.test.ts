import { Code, type CoapReply } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { encoded } from '../scenarios/world.ts';
import { BOOTSTRAP_ACCOUNT, BootstrapStage, serverAccount } from './bootstrap-stage.ts';

const PACK = 'bootstrap GET /bspack?ep=device&acc=112';
const REQUEST = 'bootstrap POST /bs?ep=device&pct=112';
const REGISTER = 'server POST /rd?lwm2m=1.2&ep=device&lt=300&b=U';

function pack(values: Record<string, string | number | boolean>): CoapReply {
  const contentFormat = ContentFormat.SENML_CBOR;
  return { code: Code.CONTENT, contentFormat, payload: encoded('/', contentFormat, values) };
}

async function started(answer: CoapReply, contents = BOOTSTRAP_ACCOUNT): Promise<BootstrapStage> {
  const stage = await BootstrapStage.open(contents, { lwm2mVersion: '1.2' });
  stage.bootstrapAnswers.push(answer);
  stage.device.start().catch(() => undefined);
  await stage.pass(1);
  return stage;
}

const accountAt = (instanceId: number): Record<string, string | number | boolean> =>
  serverAccount(1, instanceId) as Record<string, string | number | boolean>;
const ACCOUNT = accountAt(1);

test('a pack is all that it takes (ETS 12)', async () => {
  const stage = await started(pack(ACCOUNT));
  expect(stage.requests).toEqual([PACK, REGISTER]);
  expect(stage.events).toEqual(['bootstrapped', 'registered 1']);
  await stage.close();
});

test('its Objects are replaced as a whole, but for the bootstrap account', async () => {
  const stage = await BootstrapStage.open({ ...BOOTSTRAP_ACCOUNT, ...serverAccount(7) }, { lwm2mVersion: '1.2' });
  await stage.clock.runUntil(stage.device.start());
  stage.bootstrapAnswers.push(pack(ACCOUNT));
  stage.device.bootstrap();
  await stage.pass(1);
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/0/1', '/1/1', '/3/0']);
  await stage.close();
});

test.each([Code.NOT_FOUND, Code.METHOD_NOT_ALLOWED, Code.NOT_ACCEPTABLE, Code.NOT_IMPLEMENTED])(
  'a server that has none (code %s) is asked for a bootstrap',
  async (code) => {
    const stage = await started({ code });
    expect(stage.requests).toEqual([PACK, REQUEST]);
    expect(stage.troubles).toEqual([]);
    await stage.close();
  },
);

test.each([
  ['is inconsistent', pack({ '/1/1/5': 1 }), 'the Bootstrap-Pack is inconsistent: /1/1/0 is missing'],
  [
    'is not in its format',
    { ...pack(ACCOUNT), contentFormat: ContentFormat.SENML_JSON },
    'the Bootstrap-Pack can not be taken: expected UTF-8, found other bytes at offset 0',
  ],
  [
    'is written over the bootstrap account',
    pack(accountAt(0)),
    'the Bootstrap-Pack can not be taken: /0/0 in the place of the bootstrap account',
  ],
])('one that %s changes nothing, and a bootstrap is asked for', async (_, answer, trouble) => {
  const stage = await started(answer);
  expect(stage.requests).toEqual([PACK, REQUEST]);
  expect(stage.troubles).toEqual([expect.stringContaining(`bootstrap: ${trouble}`)]);
  expect(stage.tree.instancePaths()).toEqual(['/0/0', '/3/0']);
  await stage.close();
});

test('a device that shall not ask for one does not', async () => {
  const stage = await BootstrapStage.bootstrapping(BOOTSTRAP_ACCOUNT, { lwm2mVersion: '1.2', bootstrapPack: false });
  expect(stage.requests).toEqual([REQUEST]);
  await stage.close();
});
