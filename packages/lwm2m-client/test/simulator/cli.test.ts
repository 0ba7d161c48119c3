import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Child } from '../processes/child.ts';
import { RefusingServer } from '../processes/refusing-server.ts';

const CLI = join(import.meta.dirname, '../../src/simulator/cli.ts');

test('after a refusal the simulator does not ask whether a server is there', async () => {
  const server = await RefusingServer.start();
  const child = new Child(CLI, ['--bootstrap', server.uri]);
  // The second one is later than the question would be.
  await Promise.race([child.wrote(3), child.ended]);
  const refusal = 'urn:imei:100000000000000: the bootstrap server answered 4.00';
  expect(child.lines.slice(1)).toEqual([refusal, refusal]);
}, 60_000);

test('without any answer it does', async () => {
  const server = await RefusingServer.start();
  const uri = server.uri;
  await server.close();
  const child = new Child(CLI, ['--bootstrap', uri]);
  await Promise.race([child.wrote(2), child.ended]);
  expect(child.lines[1]).toBe(`no answer from ${uri} yet: is the server running there?`);
}, 60_000);
