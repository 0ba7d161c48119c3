import { Code, CoapEndpoint, formatCode } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { serverAccount } from '../../src/index.ts';
import { SERVER } from '../scripted-device.ts';
import { BootstrapStage } from './bootstrapping.ts';

const DEVICES = 300;
const LOSS = 0.05;

test('a crowd of devices over a network that loses, repeats and reorders datagrams is bootstrapped, each request done once', async () => {
  const stage = await BootstrapStage.begin();
  const dice = seededRandom(7);
  stage.network.latencyMs = 40;
  stage.network.rule = () => {
    const chance = dice.unit();
    if (chance < LOSS) return 'drop';
    return { copies: chance < 2 * LOSS ? 2 : 1, delayMs: Math.floor(dice.unit() * 200) };
  };
  const names = Array.from({ length: DEVICES }, (_, index) => `dev${index}`);
  const done = new Map<string, string[]>();
  const asked = names.map(async (name, index) => {
    const instances = serverAccount({ shortServerId: 1, uri: `coap://${name}`, securityInstanceId: 1 });
    stage.configurations.set(name, { instances });
    const requests: string[] = [];
    done.set(name, requests);
    const transport = stage.network.transport({ host: '192.0.2.9', port: 10_000 + index });
    const device = new CoapEndpoint({
      transport,
      clock: stage.clock,
      random: seededRandom(index),
      onRequest: ({ method, path, payload }) => {
        // The account is that of this device alone.
        const isOwn = method !== Code.PUT || path[0] !== '0' || Buffer.from(payload).includes(`coap://${name}`);
        requests.push(`${formatCode(method)} ${path.join('/')}${isOwn ? '' : ' of another device'}`);
        return { code: method === Code.DELETE ? Code.DELETED : Code.CHANGED };
      },
    });
    await device.open();
    const peer = await transport.connect(SERVER.host, SERVER.port);
    return device.request(peer, { method: Code.POST, path: ['bs'], query: [`ep=${name}`] });
  });

  const answers = await stage.clock.runUntil(Promise.all(asked));
  await stage.clock.advanceAsync(247_000);

  expect(new Set(answers.map(({ code }) => formatCode(code)))).toEqual(new Set(['2.04']));
  expect(stage.server.statistics).toMatchObject({ bootstraps: DEVICES, bootstrapFailures: 0 });
  for (const name of names) {
    expect(done.get(name)).toEqual(['0.04 0', '0.04 1', '0.03 0/1', '0.03 1/1', '0.02 bs']);
  }
});
