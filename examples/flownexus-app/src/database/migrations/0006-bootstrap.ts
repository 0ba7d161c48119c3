import type { ColumnTypes } from './column-types.ts';

/** The account of this server alone, for the library's `parseBootstrapConfiguration`. */
const DEFAULT_TEMPLATE = {
  deletes: ['/0', '/1'],
  instances: [
    {
      path: '/1/0',
      resources: [
        { kind: 'singleResource', id: 0, type: 'integer', value: 1 },
        { kind: 'singleResource', id: 1, type: 'integer', value: 86_400 },
        { kind: 'singleResource', id: 6, type: 'boolean', value: true },
        { kind: 'singleResource', id: 7, type: 'string', value: 'U' },
      ],
    },
    {
      path: '/0',
      resources: [
        { kind: 'singleResource', id: 0, type: 'string', value: '{server}' },
        { kind: 'singleResource', id: 1, type: 'boolean', value: false },
        { kind: 'singleResource', id: 10, type: 'integer', value: 1 },
      ],
    },
  ],
};

/** Templates of bootstrap configurations, and what became of the devices that asked. */
export function bootstrapTables({ int, text, key, id, strict }: ColumnTypes): string[] {
  return [
    `CREATE TABLE "BootstrapTemplate" (
      name ${key} PRIMARY KEY,
      -- JSON of the LwM2M library, with {endpoint} in texts, and {server} for the URI of this server.
      configuration ${text} NOT NULL,
      -- Endpoints whose names begin so get it when they ask and have none. Null: none does.
      prefix ${key},
      credentials ${text} NOT NULL CHECK (credentials IN ('psk', 'keep')),
      -- Where devices reach the LwM2M server. Null: by the public URL.
      server_uri ${text},
      updated_at ${int} NOT NULL
    ) ${strict}`,
    `INSERT INTO "BootstrapTemplate" (name, configuration, credentials, updated_at)
     VALUES ('default', '${JSON.stringify(DEFAULT_TEMPLATE)}', 'psk', 0)`,
    `CREATE TABLE "BootstrapSession" (
      id ${id},
      -- Null: the request was refused and named none.
      endpoint ${key},
      address ${text} NOT NULL,
      security ${text} NOT NULL CHECK (security IN ('none', 'psk', 'x509', 'rpk')),
      -- The identity of the PSK, the common name of the certificate, or the SHA-256 of it or of the public key.
      identity ${text},
      began ${int} NOT NULL,
      ended ${int} NOT NULL,
      outcome ${text} NOT NULL CHECK (outcome IN ('finished', 'failed', 'refused', 'pack')),
      -- The response code of what was refused.
      code ${text},
      reason ${text},
      -- JSON: the requests and their answers, without values.
      steps ${text} NOT NULL,
      step_count ${int} NOT NULL
    ) ${strict}`,
    `CREATE INDEX "BootstrapSession_endpoint" ON "BootstrapSession" (endpoint, id)`,
  ];
}
