import { Code } from '@flownexus/coap';
import { ContentFormat, ObjectRegistry } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { ObjectModels } from '../../src/lwm2m/object-models.ts';
import { RawDevice } from '../support/raw-device.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const PATH = '/api/v1/object-models';

const xml = (id: number, version = '1.0', type = 'Float') => `<?xml version="1.0" encoding="utf-8"?>
<LWM2M><Object ObjectType="MODefinition">
  <Name>Kettle</Name><Description1/><ObjectID>${String(id)}</ObjectID>
  <ObjectURN>urn:oma:lwm2m:x:${String(id)}${version === '1.0' ? '' : `:${version}`}</ObjectURN>
  <LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>${version}</ObjectVersion>
  <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
  <Resources><Item ID="1"><Name>Level</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances>
    <Mandatory>Mandatory</Mandatory><Type>${type}</Type><RangeEnumeration>0..1</RangeEnumeration><Units>l</Units><Description/>
  </Item></Resources><Description2/>
</Object></LWM2M>`;

onEachDatabase('object models', (kind) => {
  test('one that is uploaded decodes at once and after a restart, until it is removed', async () => {
    const { call, newClient, side, objects, database, audited } = await testLwm2m({ kind });
    expect(await call('GET', `${PATH}/33000`)).toMatchObject({ status: 404 });
    const made = await call('POST', PATH, { xml: xml(33_000) });
    expect(made).toMatchObject({
      status: 201,
      body: { items: [{ objectId: 33_000, version: '1.0', name: 'Kettle', uploaded: true }], warnings: [] },
    });
    expect(audited).toMatchObject([{ action: 'uploadObjectModels', detail: { models: ['33000:1.0'] } }]);
    expect((await call('GET', `${PATH}/33000`)).body).toMatchObject({
      multiple: true,
      resources: [{ id: 1, name: 'Level', operations: 'R', type: 'float', range: '0..1', units: 'l' }],
    });

    const client = newClient('dev');
    client.objects.set('/33000/0/1', 0.5);
    await client.start();
    const { records } = await side.server.device('dev').read('/33000/0/1', { accept: ContentFormat.TEXT });
    expect(records).toMatchObject([{ type: 'float', value: 0.5 }]);

    const registry = await ObjectRegistry.bundled();
    const again = await ObjectModels.load(database, registry);
    expect(registry.resource(33_000, 1)).toEqual(objects.resource(33_000, 1));
    expect(again.isUploaded({ objectId: 33_000, version: '1.0' })).toBe(true);

    expect(await call('DELETE', `${PATH}/33000?version=1.0`)).toMatchObject({ status: 204 });
    expect(await call('DELETE', `${PATH}/33000?version=1.0`)).toMatchObject({ status: 404 });
    expect(objects.object(33_000)).toBeUndefined();
  });

  test('one of the OMA registry gives way, and holds again', async () => {
    const { call } = await testLwm2m({ kind });
    const present = (await call('GET', `${PATH}/3303`)).body as { version: string; name: string };
    expect(present).toMatchObject({ name: 'Temperature', uploaded: false });
    await call('POST', PATH, { xml: xml(3303, present.version) });
    expect((await call('GET', `${PATH}/3303?version=${present.version}`)).body).toMatchObject({ name: 'Kettle', uploaded: true }); // prettier-ignore
    await call('DELETE', `${PATH}/3303?version=${present.version}`);
    expect((await call('GET', `${PATH}/3303`)).body).toEqual(present);
    expect(await call('DELETE', `${PATH}/3303?version=${present.version}`)).toMatchObject({ status: 404 });
  });

  test('Resources that are known already get their names and units, by the newest version', async () => {
    const { call, addresses, database } = await testLwm2m({ kind });
    const device = await RawDevice.open(addresses.lwm2m.coap.port);
    await device.register('dev', {}, '</33000/0>');
    const send = (...resources: number[]) => {
      const payload = JSON.stringify(resources.map((id) => ({ n: `/33000/0/${String(id)}`, v: 0.5 })));
      return device.send({ code: Code.POST, options: { path: ['dp'], contentFormat: 110 }, payload });
    };
    await send(1, 2);
    const types = () =>
      database.reads
        .selectFrom('ResourceType')
        .select(['name', 'units', 'object_version', 'data_type'])
        .where('object_id', '=', 33_000)
        .orderBy('resource_id')
        .execute();
    const second = { name: '33000/2', units: null, object_version: null, data_type: 'FLOAT' };
    expect(await types()).toEqual([{ ...second, name: '33000/1' }, second]);
    expect(await call('POST', PATH, { xml: xml(33_000, '2.0', 'Integer') })).toMatchObject({ status: 201 });
    expect(await call('POST', PATH, { xml: xml(33_000, '1.0').replace('Level', 'Old') })).toMatchObject({
      status: 201,
    });
    expect(await types()).toEqual([{ name: 'Level', units: 'l', object_version: '2.0', data_type: 'FLOAT' }, second]);
    await send(1);
    const rows = await database.reads
      .selectFrom('Resource')
      .select(['float_value', 'int_value'])
      .orderBy('id')
      .execute();
    expect(rows.at(-1)).toEqual({ float_value: 0.5, int_value: null });
  });

  test('a document of several is stored as a whole', async () => {
    const { call, database } = await testLwm2m({ kind });
    const both = xml(33_000).replace('</LWM2M>', xml(33_001).replace(/^[\s\S]*?<LWM2M>/, ''));
    expect(await call('POST', PATH, { xml: both })).toMatchObject({ status: 201 });
    const registry = await ObjectRegistry.bundled();
    await ObjectModels.load(database, registry);
    expect([registry.object(33_000)?.name, registry.object(33_001)?.name]).toEqual(['Kettle', 'Kettle']);
  });
});

test('the list has all in pages', async () => {
  const { call, objects } = await testLwm2m();
  await call('POST', PATH, { xml: xml(3303, '9.10') });
  const seen: { objectId: number; version: string }[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await call('GET', `${PATH}?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
    const page = body as { items: { objectId: number; version: string }[]; nextCursor: string | null };
    seen.push(...page.items);
    cursor = page.nextCursor;
  }
  expect(seen.map(({ objectId, version }) => `${String(objectId)}:${version}`)).toEqual([...objects].map(({ id, version }) => `${String(id)}:${version}`)); // prettier-ignore
  const csv = await call('GET', `${PATH}?limit=1`, undefined, { accept: 'text/csv' });
  expect(csv.text).toBe(
    'objectId,version,name,urn,multiple,mandatory,uploaded\r\n0,1.0,LWM2M Security,urn:oma:lwm2m:oma:0,true,true,false\r\n',
  );
});

describe('refused is', () => {
  test.each([
    ['what is no XML', { xml: 'kettle' }],
    ['an entity', { xml: `<!DOCTYPE x [<!ENTITY a "b">]>${xml(1)}` }],
    ['an id that is none', { xml: xml(70_000) }],
    ['an unknown type', { xml: xml(33_000, '1.0', 'Kettle') }],
    ['too many at once', { xml: `<LWM2M>${Array.from({ length: 33 }, (_, index) => xml(33_000 + index).replace(/^[\s\S]*?<LWM2M>|<\/LWM2M>/g, '')).join('')}</LWM2M>` }],
  ])('%s', async (_name, body) => {
    const { call, objects } = await testLwm2m();
    const size = objects.size;
    expect(await call('POST', PATH, body)).toMatchObject({ status: 400, body: { errors: [{ path: 'body.xml' }] } });
    expect(objects.size).toBe(size);
  }); // prettier-ignore

  test('a version that is not there, and an id that is none', async () => {
    const { call } = await testLwm2m();
    expect(await call('GET', `${PATH}/3303?version=77.0`)).toMatchObject({ status: 404 });
    expect(await call('GET', `${PATH}/70000`)).toMatchObject({ status: 400 });
    expect(await call('GET', `${PATH}?cursor=x`)).toMatchObject({ status: 400, body: { errors: [{ path: 'query.cursor' }] } }); // prettier-ignore
  });
});
