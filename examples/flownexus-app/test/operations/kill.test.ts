import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Code } from '@flownexus/coap';
import type { QueuedOperation } from '@flownexus/lwm2m-server';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { OperationProcessOptions, Said, Told } from '../support/operation-process.ts';
import { pathOf, RawDevice } from '../support/raw-device.ts';
import { databasePlace, onEachDatabase } from '../support/test-database.ts';

const PROGRAM = fileURLToPath(new URL('../support/operation-process.ts', import.meta.url));

/** Starts the server; resolves when it listens. */
async function startServer(options: OperationProcessOptions) {
  const child: ChildProcess = fork(PROGRAM, [JSON.stringify(options)], { execArgv: ['--conditions=source'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const operations = new Map<string, QueuedOperation>();
  const listening = new Promise<number>((resolve, reject) => {
    child.on('exit', () => reject(new Error('the server ended')));
    child.on('message', (said: Said) => {
      if (said.kind === 'listening') resolve(said.port);
      else operations.set(said.operation.operation.kind, said.operation);
    });
  });
  const port = await listening;
  return {
    port,
    /** The latest that was told of the operation of a kind. */
    operation: (kind: string) => operations.get(kind),
    tell: (told: Told): void => void child.send(told),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

onEachDatabase('killed while an operation is SENDING', (kind) => {
  test(
    'a Write is sent once more and CONFIRMED, an Execute is FAILED with an unknown outcome',
    { timeout: 60_000 },
    async () => {
      const place = await databasePlace(kind);
      const first = await startServer({ place, port: 0 });
      const [writer, executor] = [await RawDevice.open(first.port), await RawDevice.open(first.port)];
      const registration = await writer.register('writer', {}, '</3/0>');
      await executor.register('executor', {}, '</3/0>');
      first.tell({ endpointName: 'writer', operation: { kind: 'write', path: '/3/0/14', mode: 'replace', node: { kind: 'singleResource', id: 14, type: 'string', value: '+02:00' } } }); // prettier-ignore
      first.tell({ endpointName: 'executor', operation: { kind: 'execute', path: '/3/0/4' } });
      const sent = await writer.requestFor('/3/0/14');
      const executed = await executor.requestFor('/3/0/4');
      await first.kill();

      const second = await startServer({ place, port: first.port });
      expect(second.operation('execute')).toMatchObject({ state: 'FAILED', attempts: 1, failure: { reason: 'outcome-unknown' } }); // prettier-ignore
      await writer.send({ code: Code.POST, options: { path: registration } });
      // What the first server had sent again before it was killed does not count.
      let again = await writer.requestFor('/3/0/14');
      while (again.messageId === sent.messageId) again = await writer.requestFor('/3/0/14');
      writer.answer(again, { code: Code.CHANGED });
      await vi.waitFor(() => expect(second.operation('write')).toMatchObject({ state: 'CONFIRMED', attempts: 2 }), { timeout: 10_000 }); // prettier-ignore
      // The Execute is not sent again: the next request of its device is another.
      second.tell({ endpointName: 'executor', operation: { kind: 'read', path: '/3/0/9' } });
      let next = await executor.request();
      while (next.messageId === executed.messageId) next = await executor.request();
      expect(pathOf(next)).toBe('/3/0/9');
      executor.answer(next, { code: Code.CONTENT, options: { contentFormat: 0 }, payload: '1' });
      await vi.waitFor(() => expect(second.operation('read')).toMatchObject({ state: 'CONFIRMED' }), {
        timeout: 10_000,
      });
    },
  );
});
