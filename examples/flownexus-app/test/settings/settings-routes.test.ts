import { expect, test } from 'vitest';
import { Settings } from '../../src/settings/settings.ts';
import { settingsRoutes } from '../../src/settings/settings-routes.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

const SETTINGS = '/api/v1/settings';

onEachDatabase('settings', (kind) => {
  async function start() {
    const database = await testDatabase(kind);
    const settings = await Settings.load(database, { production: false });
    return { database, settings, ...(await testRoutes(settingsRoutes({ settings }))) };
  }

  test('they are read by all, and changed by an administrator alone, who is written down', async () => {
    const { database, settings, call, audited } = await start();
    const { body } = await call('GET', SETTINGS, undefined, { 'x-permissions': 'read' });
    expect(body).toEqual(settings.values);
    const heard: unknown[] = [];
    settings.onChange((values) => heard.push(values.admission));
    const change = { admission: 'hold', maxEndpoints: 5 };
    expect(await call('PATCH', SETTINGS, change, { 'x-permissions': 'read,operate' })).toMatchObject({ status: 403 });
    expect(await call('PATCH', SETTINGS, change)).toMatchObject({
      status: 200,
      body: { ...(body as object), ...change },
    });
    expect(heard).toEqual(['hold']);
    expect(audited).toMatchObject([{ actor: 'anna', action: 'changeSettings', detail: change }]);
    expect((await Settings.load(database, { production: false })).values).toMatchObject(change);
  });

  test.each([
    ['body.admission', { admission: 'x' }],
    ['body.maxEndpoints', { maxEndpoints: 0 }],
    ['body.eventObject', { noSec: false, eventObject: 65_536 }],
    ['body', { x: 1 }],
    ['body', []],
  ])('what is wrong changes nothing: %s', async (path, change) => {
    const { settings, call } = await start();
    const before = settings.values;
    expect(await call('PATCH', SETTINGS, change)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(settings.values).toEqual(before);
  });
});
