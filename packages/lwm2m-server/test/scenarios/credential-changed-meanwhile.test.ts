import { expect, test } from 'vitest';
import { MemoryCredentialStore, type CredentialStore } from '../../src/index.ts';
import { Stage } from '../scripted-device.ts';

test('a Register without identity is refused when its endpoint is given a credential while the store is asked', async () => {
  const store = new MemoryCredentialStore();
  const answers: (() => void)[] = [];
  // A database: it answers later, with what was there when it was asked.
  const credentials: CredentialStore = {
    pskKey: (identity) => store.pskKey(identity),
    endpointNameOf: (identity) => store.endpointNameOf(identity),
    isSecured: (name) => {
      const answer = store.isSecured(name);
      return new Promise((resolve) => {
        answers.push(() => {
          resolve(answer);
        });
      });
    },
    onChange: (listener) => store.onChange(listener),
  };
  const stage = await Stage.start({ credentials });
  const registering = stage.device(1000).register('lwm2m=1.1&lt=60&ep=dev');
  await stage.settle();
  expect(answers).toHaveLength(1);
  store.set('dev', { mode: 'psk', identity: 'id', key: Uint8Array.of(1) });
  for (let count = 0; count < 3; count += 1) {
    for (const answer of answers.splice(0)) answer();
    await stage.settle();
  }
  expect(stage.server.registration('dev')).toBeUndefined();
  await registering;
  expect(stage.taken()).toEqual(['refused register of dev: 4.03 the endpoint has a credential: it comes over DTLS']);
});
