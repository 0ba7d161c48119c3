import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Code, CoapClient } from '@flownexus/coap';
import { udpTransport } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { FirmwareItem } from '../../src/firmware/firmware-item.ts';
import { BINARY, COLLECTION, image, sha256 } from '../firmware/firmware-host.ts';
import { send } from '../support/test-http.ts';
import { BlackBox, soon, TOKEN } from './black-box.ts';

const IMAGE = image(1_000_000);
const AUTHORIZED = { authorization: `Bearer ${TOKEN}`, ...BINARY };

async function upload(box: BlackBox, version: string, bytes: Buffer): Promise<FirmwareItem> {
  const path = `${COLLECTION}?version=${version}&fileName=app.bin&sha256=${sha256(bytes)}`;
  const answer = await send(box.app.httpUrl, 'POST', path, { ...AUTHORIZED, 'content-length': String(bytes.length) }, bytes); // prettier-ignore
  expect(answer.status, answer.text).toBe(201);
  return answer.body as FirmwareItem;
}

async function downloads(box: BlackBox, id: string): Promise<unknown> {
  return (await box.get<FirmwareItem>(`${COLLECTION}/${id}`)).downloads;
}

test(
  'a package of 1 MB is fetched over HTTP as Zephyr does it, over CoAP and over CoAPS',
  { timeout: 120_000 },
  async () => {
    const box = await BlackBox.start();
    const { id, path, coapPath } = await upload(box, '1.0', IMAGE);

    const { hostname, port } = new URL(box.app.httpUrl);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /${path} HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(sha256(Buffer.concat(chunks).subarray(-IMAGE.length))).toBe(sha256(IMAGE));
    const range = await send(box.app.httpUrl, 'GET', path, { range: 'bytes=999990-' });
    expect(range).toMatchObject({ status: 206, bytes: IMAGE.subarray(-10) });

    const maxBodySize = IMAGE.length;
    await using plain = new CoapClient({ transport: udpTransport({ host: '127.0.0.1' }), maxBodySize });
    const whole = await plain.get(`coap://127.0.0.1:${String(box.app.coapPort)}${coapPath ?? ''}`, {
      timeoutMs: 50_000,
    });
    expect(whole.code).toBe(Code.CONTENT);
    expect(sha256(whole.payload)).toBe(sha256(IMAGE));

    const key = '000102030405060708090a0b0c0d0e0f';
    await box.call('PUT', '/api/v1/endpoints/dev/credentials', { mode: 'psk', identity: 'dev', key });
    const psk = { identity: 'dev', key: new Uint8Array(Buffer.from(key, 'hex')) };
    const transport = dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client: { psk } });
    await using secured = new CoapClient({ transport, maxBodySize });
    const again = await secured.get(`coaps://127.0.0.1:${String(box.app.coapsPort)}${coapPath ?? ''}`, { timeoutMs: 50_000 }); // prettier-ignore
    expect(sha256(again.payload)).toBe(sha256(IMAGE));

    const bytes = 3 * IMAGE.length + 10;
    await vi.waitFor(async () => expect(await downloads(box, id)).toEqual({ started: 3, completed: 4, bytes }), soon);
    const { items } = await box.get<{ items: { action: string; detail: unknown }[] }>('/api/v1/audit');
    expect(items).toContainEqual(expect.objectContaining({ action: 'uploadFirmware' }));
    const deleted = await box.call('DELETE', `${COLLECTION}/${id}`);
    expect(deleted.status).toBe(204);
    expect(await plain.get(`coap://127.0.0.1:${String(box.app.coapPort)}${coapPath ?? ''}`)).toMatchObject({ code: Code.NOT_FOUND }); // prettier-ignore
  },
);

test(
  'killed during an upload: what was stored is served at the same address, and nothing is left of the other',
  { timeout: 120_000 },
  async () => {
    const box = await BlackBox.start();
    const stored = await upload(box, '1.0', IMAGE.subarray(0, 100_000));
    const folder = join(box.directory, 'firmware');
    const { hostname, port } = new URL(box.app.httpUrl);
    const headers = { ...AUTHORIZED, 'content-length': String(IMAGE.length) };
    const outgoing = request({ host: hostname, port, method: 'POST', path: `${COLLECTION}?version=2.0`, headers });
    const broken = new Promise((resolve) => outgoing.on('error', resolve));
    onTestFinished(() => void outgoing.destroy());
    outgoing.write(IMAGE.subarray(0, 500_000));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(2), soon);
    const again = await box.killAndStart();
    await broken;
    expect(readdirSync(folder)).toEqual([stored.id]);
    expect(await again.get(`${COLLECTION}/${stored.id}`)).toEqual(stored);
    const { bytes } = await send(again.app.httpUrl, 'GET', stored.path);
    expect(sha256(bytes)).toBe(stored.sha256);
    await upload(again, '2.0', IMAGE);
  },
);
