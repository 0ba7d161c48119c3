import { FirmwareResult } from '@flownexus/lwm2m-client';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { FirmwareBed, IMAGE, sha256 } from './firmware-bed.ts';
import { SERVER, valuesOf } from './testbed.ts';

const { OPAQUE, TLV } = ContentFormat;

/** Writes the Package: first the NUL byte that resets, then an image in several blocks. */
async function push(bed: FirmwareBed, image: Uint8Array = IMAGE): Promise<void> {
  await bed.run(bed.device.write('/5/0/0', Uint8Array.of(0), { contentFormat: OPAQUE }));
  expect(await bed.values('/5/0/3')).toEqual({ '/5/0/3': 0 });
  bed.exchanges();
  await bed.run(bed.device.write('/5/0/0', image, { contentFormat: OPAQUE }));
  const blocks = bed.exchanges().filter((line) => line.startsWith('PUT '));
  expect(blocks.length).toBeGreaterThan(2);
  expect(blocks).toEqual([...blocks.slice(1).map(() => 'PUT /5/0/0 cf=42 → 2.31'), 'PUT /5/0/0 cf=42 → 2.04']);
}

/** Writes the Package URI: first the empty text that resets, then the address. */
async function pull(bed: FirmwareBed, uri: string): Promise<void> {
  await bed.run(bed.device.write('/5/0/1', ''));
  expect(await bed.values('/5/0/3')).toEqual({ '/5/0/3': 0 });
  bed.exchanges();
  await bed.run(bed.device.write('/5/0/1', uri));
  await bed.clock.settle();
}

/** States that were notified. */
function states(bed: FirmwareBed): unknown[] {
  return bed.notifications.map(({ values }) => values['/5/0/3']).filter((state) => state !== undefined);
}

test('1.1-int-751 Firmware: query readable resources', async () => {
  const bed = await FirmwareBed.prepared();
  const result = await bed.run(bed.device.read('/5/0', { accept: TLV }));
  expect(valuesOf(result)).toMatchObject({ '/5/0/3': 0, '/5/0/5': 0, '/5/0/8/0': 0, '/5/0/9': 2 });
  expect(bed.exchanges()).toEqual(['GET /5/0 accept=11542 → 2.05 cf=11542']);
});

test('1.1-int-755 Firmware: write Package', async () => {
  const bed = await FirmwareBed.prepared();
  await push(bed);
  expect(await bed.state()).toEqual([2, 0]);
});

test('1.1-int-756 Firmware: write Package URI', async () => {
  const bed = await FirmwareBed.prepared();
  await pull(bed, bed.uriOf());
  expect(await bed.state()).toEqual([2, 0]);
  expect(bed.firmware.image).toEqual(IMAGE);
});

test('1.1-int-760 Firmware: observe State', async () => {
  const bed = await FirmwareBed.prepared();
  await bed.run(bed.device.writeAttributes('/5/0/3', { pmin: 1, pmax: 3_600 }));
  await bed.run(bed.device.observe('/5/0/3').established);
  await push(bed);
  await bed.pass(2);
  expect(states(bed)).toEqual([0, 2]);
});

/** Installs what is downloaded: the device starts anew, and observers are gone. */
async function install(bed: FirmwareBed): Promise<void> {
  bed.exchanges();
  await bed.run(bed.device.execute('/5/0/2'));
  expect(bed.exchanges()[0]).toBe('POST /5/0/2 → 2.04');
  expect(await bed.values('/5/0/3')).toEqual({ '/5/0/3': 3 });
  await bed.pass(10);
  expect(bed.events).toContain('registered');
  expect(await bed.state()).toEqual([0, 1]);
  expect(await bed.values('/3/0/3')).toEqual({ '/3/0/3': '2.0' });
}

test('1.1-int-770 Successful FW update via CoAP (push)', async () => {
  const bed = await FirmwareBed.prepared();
  await bed.run(bed.device.observe('/5/0/3').established);
  await push(bed);
  expect(await bed.state()).toEqual([2, 0]);
  await install(bed);
  expect(states(bed)).toEqual([0, 1, 2, 3]);
});

test('1.1-int-771 Successful FW update via URI (pull)', async () => {
  const bed = await FirmwareBed.prepared();
  await bed.run(bed.device.observe('/5/0/3').established);
  await pull(bed, bed.uriOf());
  await bed.pass(1);
  expect(bed.exchanges().filter((line) => line.startsWith('GET /f/'))).toHaveLength(Math.ceil(IMAGE.length / 512));
  expect(await bed.state()).toEqual([2, 0]);
  await install(bed);
});

test('1.1-int-772 FW error: install without package', async () => {
  const bed = await FirmwareBed.prepared();
  expect(await bed.refusal(bed.device.execute('/5/0/2'))).toBe('4.05');
  expect(await bed.state()).toEqual([0, 0]);
});

test('1.1-int-773 FW error: storage shortage', async () => {
  const bed = await FirmwareBed.prepared({ maxSize: IMAGE.length - 1 });
  // The device does not take a package to its end of which it knows the size.
  expect(await bed.refusal(bed.device.write('/5/0/0', IMAGE, { contentFormat: OPAQUE }))).toBe('4.13');
  expect(await bed.state()).toEqual([0, 2]);
  await pull(bed, bed.uriOf());
  expect(await bed.state()).toEqual([0, 2]);
});

// The text prints the result 2, which is that of int-773: Object 5 says 3.
test('1.1-int-774 FW error: out of RAM', async () => {
  const bed = await FirmwareBed.prepared();
  bed.firmware.failNext(FirmwareResult.OUT_OF_RAM);
  await pull(bed, bed.uriOf());
  expect(await bed.state()).toEqual([0, 3]);
});

test('1.1-int-775 FW error: connection lost', async () => {
  const bed = await FirmwareBed.prepared();
  bed.network.latencyMs = 100;
  await bed.run(bed.device.write('/5/0/1', bed.uriOf()));
  await bed.pass(0.5);
  bed.loseFiles(true);
  expect(bed.exchanges().filter((line) => line.startsWith('GET /f/')).length).toBeGreaterThan(1);
  expect(await bed.state()).toEqual([1, 0]);
  await bed.pass(100);
  expect(await bed.state()).toEqual([0, 4]);
  bed.loseFiles(false);
});

test('1.1-int-776 FW error: integrity failure', async () => {
  const bed = await FirmwareBed.prepared({ sha256: sha256(IMAGE) });
  await push(bed, IMAGE.with(-1, 0));
  expect(await bed.state()).toEqual([0, 5]);
  await push(bed);
  expect(await bed.state()).toEqual([2, 0]);
});

test('1.1-int-777 FW error: unsupported package type', async () => {
  const bed = await FirmwareBed.prepared();
  await push(bed, IMAGE.with(0, 0));
  expect(await bed.state()).toEqual([0, 6]);
});

test('1.1-int-778 FW error: invalid URI', async () => {
  const bed = await FirmwareBed.prepared();
  for (const uri of ['image', `coap://${SERVER.host}/f/none`]) {
    await pull(bed, uri);
    expect(await bed.state()).toEqual([0, 7]);
  }
});

test('1.1-int-779 FW error: install failure', async () => {
  const bed = await FirmwareBed.prepared();
  await push(bed);
  bed.firmware.failNext(FirmwareResult.UPDATE_FAILED);
  await bed.run(bed.device.execute('/5/0/2'));
  await bed.pass(10);
  expect(await bed.state()).toEqual([2, 8]);
  expect(await bed.values('/3/0/3')).toEqual({ '/3/0/3': '1.0' });
});
