import { parsePath, type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { storableText } from '../http/schemas.ts';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { limits } from '../limits.ts';
import type { Batch, NewEvent } from '../values/batch.ts';
import { compileEndpointFilter, endpointFilterSchema } from './endpoint-filter.ts';
import { severitySchema } from './event-items.ts';

/** The name of a definition or rule, which is the type of its events. Numbers are the types of events of Objects. */
export const eventTypeName = storableText
  .min(1)
  .max(limits.eventNameLength)
  .regex(/^(?!\d+$)[^\p{Cc}]+$/u, 'expected a name that is no number and has no control characters');

const sources = ['composite', 'observe', 'send', 'read', 'ingest'] as const;

/** What an administrator defines an event by. */
export const eventDefinitionSchema = z
  .strictObject({
    name: eventTypeName,
    enabled: z.boolean().default(true),
    paths: z
      .array(lwm2mPath(1))
      .min(1)
      .max(limits.definitionPaths)
      .readonly()
      .meta({ description: 'Objects, Object Instances, Resources or Resource Instances: the event groups all values at or below them' }), // prettier-ignore
    match: z
      .enum(['any', 'all'])
      .default('any')
      .meta({ description: '`all`: only a report that has a value for each of the paths makes an event' }),
    sources: z
      .array(z.enum(sources))
      .min(1)
      .max(sources.length)
      .readonly()
      .default(['composite', 'send'])
      .meta({ description: 'Which reports make events: composite notifications, notifications, Sends, Reads, values posted to the API' }), // prettier-ignore
    severity: severitySchema.default('info'),
    endpoints: endpointFilterSchema.optional(),
  })
  .meta({ id: 'EventDefinitionBody' });
/** A definition in answers. */
export const eventDefinitionItemSchema = eventDefinitionSchema
  .extend({ id: z.int(), createdAt: z.iso.datetime() })
  .meta({ id: 'EventDefinition' });
export type EventDefinitionBody = z.infer<typeof eventDefinitionSchema>;

/** A definition that makes events of batches. */
export class CompiledDefinition {
  readonly #body: EventDefinitionBody;
  readonly #paths: readonly Path[];
  readonly #sources: ReadonlySet<string>;
  readonly #concerns: (endpoint: string) => boolean;

  constructor(body: EventDefinitionBody) {
    this.#body = body;
    this.#paths = body.paths.map(parsePath);
    this.#sources = new Set(body.sources);
    this.#concerns = compileEndpointFilter(body.endpoints);
  }

  /** The event that the batch is, if it is one: it groups every value at or below the paths. */
  eventOf(batch: Batch): NewEvent | undefined {
    const source = sources.find((each) => each === batch.source);
    if (source === undefined || !this.#sources.has(source) || !this.#concerns(batch.endpoint)) return undefined;
    const records: number[] = [];
    const found = new Set<Path>();
    for (const [index, { path }] of batch.records.entries()) {
      const matching = this.#paths.filter((base) => pathStartsWith(path, base));
      if (matching.length > 0) records.push(index);
      for (const base of matching) found.add(base);
    }
    if (records.length === 0 || (this.#body.match === 'all' && found.size < this.#paths.length)) return undefined;
    return { eventType: this.#body.name, source, severity: this.#body.severity, records };
  }
}
