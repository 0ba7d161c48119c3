import type { DefinitionSource, ResourceRecord } from '@flownexus/lwm2m-core';
import type { Database } from '../database/open-database.ts';
import type { Reply, Route } from '../http/route.ts';
import { route } from '../http/route.ts';
import { limits } from '../limits.ts';
import type { SettingsValues } from '../settings/settings.ts';
import type { Batch } from '../values/batch.ts';
import { eventsByObject, readComposite, readSingle } from './read-report.ts';
import { changeOf } from './registration-change.ts';
import { compositeBody, singleBody } from './report-bodies.ts';
import { ReportTypes } from './report-types.ts';

export interface ReportRoutesOptions {
  readonly database: Pick<Database, 'reads'>;
  readonly definitions: DefinitionSource;
  /** Stores a batch as a whole or not at all; resolves when it is on the disk. */
  readonly submit: (batch: Batch) => Promise<void>;
  readonly settings: { readonly values: Pick<SettingsValues, 'registrationObject' | 'eventObject'> };
}

/** `POST /leshan_api/resource/single` and `/composite`: FlowNexus' interface for another LwM2M server that hands on what devices report. */
export function reportRoutes({ database, definitions, submit, settings }: ReportRoutesOptions): Route[] {
  const types = new ReportTypes(definitions, database, () => settings.values.eventObject);

  const store = async (
    body: { readonly ep: string },
    read: (definitions: DefinitionSource) => ResourceRecord[],
    composite: boolean,
  ): Promise<Reply> => {
    let records = read(types.known);
    const stored = await types.stored(records);
    if (stored !== undefined) records = read(stored);
    const change = await changeOf(body.ep, records, settings.values.registrationObject, database);
    await submit({
      endpoint: body.ep,
      receivedAt: Date.now(),
      source: 'ingest',
      records,
      ...(change === undefined ? {} : { change }),
      ...(composite ? { events: eventsByObject(records) } : {}),
    });
    return { status: 201, body };
  };

  const shared = {
    method: 'post',
    tag: 'Reports',
    access: 'ingest',
    bodyLimit: limits.reportBytes,
    audited: false,
  } as const;
  return [
    route({
      ...shared,
      path: '/leshan_api/resource/single',
      operationId: 'reportSingle',
      summary: 'Stores the value of one Resource',
      description:
        'An endpoint and a Resource that are not known yet are added. The Resources of the registration object say that the endpoint registered (0), ' +
        'unregistered (1) or updated its registration (2).',
      body: singleBody,
      answers: { 201: { description: 'Stored: the report again', schema: singleBody } },
      handle: ({ body }) => store(body, (source) => readSingle(body, source), false),
    }),
    route({
      ...shared,
      path: '/leshan_api/resource/composite',
      operationId: 'reportComposite',
      summary: 'Stores the values of Objects together, and an Event for each Object',
      description: 'All of them or, when one can not be stored, none.',
      body: compositeBody,
      answers: { 201: { description: 'Stored: the report again', schema: compositeBody } },
      handle: ({ body }) => store(body, (source) => readComposite(body, source), true),
    }),
  ];
}
