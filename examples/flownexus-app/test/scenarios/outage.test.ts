import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../src/database/open-database.ts';
import { BusyDevice } from '../support/busy-device.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { temporaryDirectory, valuesOf } from '../support/test-database.ts';
import { BlackBox, soon } from './black-box.ts';

const server = PostgresServer.create();
const what = 'PostgreSQL stops under load and comes back';
// What it would need: initdb and pg_ctl of PostgreSQL.
const suite = server === undefined ? describe.skip : describe;

suite(server === undefined ? `${what} (PostgreSQL is not installed)` : what, () => {
  test(
    'nothing is acknowledged meanwhile, nothing acknowledged is lost, and the app is well again by itself',
    { timeout: 120_000 },
    async () => {
      if (server === undefined) throw new Error('skipped');
      onTestFinished(() => {
        server.stop();
        server.remove();
      });
      server.start();
      const box = await BlackBox.start({ FLOWNEXUS_DATABASE_URL: server.url, FLOWNEXUS_LOG_LEVEL: 'silent' });
      const registry = await ObjectRegistry.bundled();
      let acknowledged = 0;
      const devices = [0, 1, 2, 3].map((index) => new BusyDevice(`busy-${String(index)}`, registry, () => (acknowledged += 1), () => undefined)); // prettier-ignore
      for (const device of devices) device.start(box.app.coapPort);
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(100), soon);

      server.stop();
      expect(await box.call('GET', '/healthz/ready', undefined, {})).toMatchObject({ status: 503 });
      expect(await box.call('GET', '/healthz/live', undefined, {})).toMatchObject({ status: 200 });
      expect(await box.call('GET', '/api/v1/endpoints')).toMatchObject({ status: 503 });
      // What was on its way when it stopped has been answered by now.
      const during = acknowledged;
      const single = { ep: 'a', obj_id: 3303, val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 1 } };
      expect(await box.call('POST', '/leshan_api/resource/single', single)).toMatchObject({ status: 503 });
      expect(acknowledged).toBe(during);

      server.start();
      await vi.waitFor(async () => expect(await box.call('GET', '/healthz/ready', undefined, {})).toMatchObject({ status: 200 }), soon); // prettier-ignore
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(during + 100), { timeout: 60_000, interval: 100 });
      await Promise.all(devices.map((device) => device.close()));
      box.app.child.kill('SIGTERM');
      expect(await box.app.ended).toMatchObject({ code: 0 });

      const fail = (error: Error): never => {
        throw error;
      };
      const database = await openDatabase({
        url: server.url,
        dataDirectory: temporaryDirectory(),
        onFatal: fail,
        onLost: fail,
      });
      for (const device of devices) {
        const stored = new Set(await valuesOf(database.db, device.name, 3303, 5700));
        expect([...device.acknowledged].filter((value) => !stored.has(value))).toEqual([]);
      }
      await database.close();
    },
  );
});
