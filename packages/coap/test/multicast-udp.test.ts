import { udpTransport } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { AllCoapNodes, Code, CoapEndpoint } from '../src/index.ts';

const host = '127.0.0.1';
const groups = [AllCoapNodes.IPV4];

/** Why this machine's loopback interface carries no multicast, or an empty text when it does. */
async function multicastIsMissing(): Promise<string> {
  const heard = new DatagramRecorder();
  const transport = udpTransport({ host, multicast: { groups } });
  let timer: NodeJS.Timeout | undefined;
  try {
    await transport.open(heard);
    transport.send(await transport.connect(AllCoapNodes.IPV4, transport.localAddress?.port ?? 0), Uint8Array.of(1));
    const silence = new Promise<string>((resolve) => {
      timer = setTimeout(() => {
        resolve(`(skipped: nothing comes back from ${AllCoapNodes.IPV4} on ${host})`);
      }, 1000);
    });
    return await Promise.race([heard.count(1).then(() => ''), silence]);
  } catch (error) {
    return `(skipped: ${error instanceof Error ? error.message : String(error)})`;
  } finally {
    clearTimeout(timer);
    await transport.close();
  }
}

const reason = await multicastIsMissing();

/** A server with a list of links that is larger than a block. */
function serverOf(name: string, groupPort?: number): CoapEndpoint {
  return new CoapEndpoint({
    transport: udpTransport({ host, multicast: { groups, ...(groupPort === undefined ? {} : { port: groupPort }) } }),
    parameters: { leisureMs: 50 },
    preferredBlockSize: 16,
    onRequest: ({ path, multicast }) =>
      path.join('/') === '.well-known/core'
        ? { code: Code.CONTENT, contentFormat: 40, payload: new TextEncoder().encode(`</${name}/and/more>;ct=0`) }
        : { code: Code.NOT_FOUND, payload: new TextEncoder().encode(multicast ? 'group' : 'own') },
  });
}

test.skipIf(reason !== '')(`a client discovers servers through 224.0.1.187 over UDP ${reason}`, async () => {
  const first = serverOf('first');
  await first.open();
  const groupPort = first.localAddress?.port ?? 0;
  const second = serverOf('second', groupPort);
  const client = new CoapEndpoint({ transport: udpTransport({ host, multicast: { groups: [] } }) });
  try {
    await Promise.all([second.open(), client.open()]);
    const group = await client.connect(AllCoapNodes.IPV4, groupPort);
    const found = new Map<number, string>();
    const discovery = { method: Code.GET, path: ['.well-known', 'core'] };
    for await (const { peer, response, complete } of client.multicast(group, discovery, { maxResponses: 2 })) {
      found.set(peer.port, `${complete} ${new TextDecoder().decode(response.payload)}`);
    }
    expect(found).toEqual(
      new Map([
        [groupPort, 'true </first/and/more>;ct=0'],
        [second.localAddress?.port ?? 0, 'true </second/and/more>;ct=0'],
      ]),
    );
    // RFC 7252 §8.2: what the group does not say, a member alone does.
    const silent: unknown[] = [];
    for await (const response of client.multicast(group, { method: Code.GET, path: ['no'] }, { durationMs: 200 })) {
      silent.push(response);
    }
    expect(silent).toEqual([]);
    expect(first.statistics.suppressed).toBe(1);
    const member = await client.connect(host, groupPort);
    const alone = await client.request(member, { method: Code.GET, path: ['no'] });
    expect([alone.code, new TextDecoder().decode(alone.payload)]).toEqual([Code.NOT_FOUND, 'own']);
  } finally {
    await Promise.all([first, second, client].map((endpoint) => endpoint.close()));
  }
});
