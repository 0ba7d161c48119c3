import { expect, test } from 'vitest';
import { openApiDocument } from '../../src/http/openapi.ts';
import { operationRoutes } from '../../src/operations/operation-routes.ts';
import { operationHost } from '../support/operation-host.ts';

test('the document says what can be asked of devices', async () => {
  const { database, server } = await operationHost();
  const routes = operationRoutes({ database, queue: server.operations, definitionsOf: () => { throw new Error('not asked'); } }); // prettier-ignore
  const document = openApiDocument(routes, { version: '1' }) as { components: { schemas: Record<string, unknown> } };
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['OperationBody', 'BulkOperationBody', 'Operation', 'OperationDetail', 'BulkResult']),
  );
  const write = (document.components.schemas['OperationBody'] as { oneOf: { properties: Record<string, unknown> }[] })
    .oneOf[1];
  expect(write?.properties).toMatchObject({
    kind: { const: 'write' },
    ttl: { type: 'integer' },
    mode: { default: 'replace' },
  });
});
