import { once } from 'node:events';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startApp } from './support/app-process.ts';
import { BusyDevice } from './support/busy-device.ts';
import { databasePlace, onEachDatabase, testDatabase, valuesOf } from './support/test-database.ts';

const ROUNDS = 12;
const DEVICES = 4;

onEachDatabase('killed at any moment under load', (kind) => {
  test('the app has every registration and value that a device saw acknowledged', { timeout: 180_000 }, async () => {
    const place = await databasePlace(kind);
    const registry = await ObjectRegistry.bundled();
    let acknowledged = 0;
    let killAt = Number.POSITIVE_INFINITY;
    let kill = (): void => undefined;
    let killAtRegistration = (): void => undefined;
    const devices = Array.from({ length: DEVICES }, (_, index) => {
      const onAcknowledged = (): void => {
        acknowledged += 1;
        if (acknowledged === killAt) kill();
      };
      return new BusyDevice(`busy-${String(index)}`, registry, onAcknowledged, () => killAtRegistration());
    });

    let coapPort = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const app = await startApp({
        FLOWNEXUS_HTTP_PORT: '0',
        FLOWNEXUS_COAP_PORT: String(coapPort),
        FLOWNEXUS_COAP_HOST: '127.0.0.1',
        FLOWNEXUS_DATA_DIR: place.dataDirectory,
        FLOWNEXUS_DATABASE_URL: place.url ?? '',
      });
      ({ coapPort } = app);
      kill = () => void setTimeout(() => app.child.kill('SIGKILL'), Math.random() * 10);
      killAtRegistration = () => undefined;
      killAt = Number.POSITIVE_INFINITY;
      if (round % 6 === 5) {
        // While the devices register.
        kill();
      } else if (round % 2 === 1) {
        // As soon as one was told that it is registered: that must be on the disk already.
        killAtRegistration = () => void app.child.kill('SIGKILL');
      } else {
        // Somewhere between two acknowledgements, and not always in the same place.
        killAt = acknowledged + 20 + Math.floor(Math.random() * 200);
      }
      for (const device of devices) device.start(coapPort);
      await once(app.child, 'exit');
      await Promise.all(devices.map((device) => device.close()));
      expect(await app.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    }

    const { db } = await testDatabase(kind, place);
    if (kind === 'sqlite') {
      const { rows } = await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(db);
      expect(rows).toEqual([{ integrity_check: 'ok' }]);
    }
    for (const device of devices) {
      const stored = new Set(await valuesOf(db, device.name, 3303, 5700));
      const lost = [...device.acknowledged].filter((value) => !stored.has(value));
      expect(device.acknowledged.size).toBeGreaterThan(ROUNDS / 2);
      expect(lost).toEqual([]);
      expect(device.registrations).toBeGreaterThanOrEqual(ROUNDS / 3);
      expect((await valuesOf(db, device.name, 10240, 0)).length).toBeGreaterThanOrEqual(device.registrations);
    }
    expect(acknowledged).toBeGreaterThanOrEqual((ROUNDS / 2) * 20);
  });
});
