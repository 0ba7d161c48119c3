import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { InstanceLock } from '../../src/database/postgres/instance-lock.ts';

test('a server that takes connections and says nothing is not waited for without end', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `postgres://nobody@127.0.0.1:${String((server.address() as AddressInfo).port)}/none`;
  const onTaken = (error: Error): never => {
    throw error;
  };
  await expect(InstanceLock.take({ url, retryMs: 10, answerMs: 50, onTaken })).rejects.toThrow('timeout');
  expect(sockets).toHaveLength(1);
});
