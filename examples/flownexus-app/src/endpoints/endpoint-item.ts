import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { EndpointRow } from '../database/tables.ts';
import { isoTimestamp } from '../http/schemas.ts';

export const admissionSchema = z
  .enum(['accepted', 'held', 'refused'])
  .meta({ id: 'Admission', description: '`held`: it waits for approval' });

export const securityModeSchema = z.enum(['none', 'psk', 'x509', 'rpk']).meta({
  id: 'SecurityMode',
  description:
    '`none`: it came over plain CoAP and proved nothing. `psk`: a pre-shared key; `x509`: a certificate; `rpk`: a raw public key',
});

const presenceSchema = z
  .object({
    state: z.enum(['awake', 'asleep']),
    since: isoTimestamp,
    reason: z
      .enum(['register', 'update', 'send', 'notification', 'answer', 'restored', 'silence', 'no-answer'])
      .meta({ description: 'Awake: what was heard. Asleep: its awake time is over, or it did not answer' }),
  })
  .meta({ id: 'Presence' });

/** An endpoint in answers and in the stream. */
export const endpointItemSchema = z
  .object({
    name: z.string().meta({ description: 'Percent-encode it in addresses: it may be any text' }),
    registered: z.boolean(),
    presence: presenceSchema
      .nullable()
      .meta({ description: 'Whether it can be reached now; null while it is not registered' }),
    admission: admissionSchema,
    firstSeen: isoTimestamp,
    lastUpdated: isoTimestamp.meta({
      description: 'When the server last heard of it: a Register, an Update, a De-register or a value',
    }),
    registeredAt: isoTimestamp.nullable().meta({ description: 'When the present or latest registration was made' }),
    registrations: z.int().meta({ description: 'How often it registered' }),
    updates: z.int().meta({ description: 'How often it updated a registration' }),
    address: z.string().meta({ description: 'Where it registered from: `192.0.2.7:5683`, `[2001:db8::7]:5683`' }),
    lifetime: z.int().meta({ description: 'Seconds' }),
    lwm2mVersion: z.string(),
    bindingMode: z.string().meta({ description: 'Such as `U`' }),
    queueMode: z.boolean(),
    demo: z.boolean().meta({ description: 'A simulated device that the app started itself' }),
    security: securityModeSchema.meta({ description: 'What the device proved who it is with when it registered' }),
    objectLinks: z
      .array(z.string())
      .readonly()
      .meta({ description: 'What it registered: `["/1/0", "/3/0", "/3303/0"]`' }),
    manufacturer: z.string().nullable().meta({ description: 'The latest 3/0/0; null while unknown' }),
    modelNumber: z.string().nullable().meta({ description: 'The latest 3/0/1' }),
    serialNumber: z.string().nullable().meta({ description: 'The latest 3/0/2' }),
    firmwareVersion: z.string().nullable().meta({ description: 'The latest 3/0/3' }),
    reboots: z.int().meta({
      description: 'How often it has confirmed an Execute of 3/0/4. Of reboots by itself its registrations tell',
    }),
    rebootedAt: isoTimestamp.nullable().meta({ description: 'When it did so last' }),
  })
  .meta({ id: 'Endpoint' });

export type EndpointItem = z.infer<typeof endpointItemSchema>;

/** Whether a registered endpoint can be reached now, as the LwM2M server has it: times in milliseconds since 1970. */
export interface EndpointPresence {
  readonly state: 'awake' | 'asleep';
  readonly since: number;
  readonly reason: NonNullable<EndpointItem['presence']>['reason'];
}

/** The item of a row. */
export function toEndpointItem(row: EndpointRowRead, presence: EndpointPresence | undefined): EndpointItem {
  return {
    name: row.endpoint,
    registered: row.registered === 1,
    presence: row.registered === 0 || presence === undefined ? null : { ...presence, since: timestamp(presence.since) },
    admission: row.admission,
    firstSeen: timestamp(row.first_seen),
    lastUpdated: timestamp(row.last_updated),
    registeredAt: row.registered_at === null ? null : timestamp(row.registered_at),
    registrations: row.registrations,
    updates: row.updates,
    address: row.address,
    lifetime: row.lifetime,
    lwm2mVersion: row.lwm2m_version,
    bindingMode: row.binding_mode,
    queueMode: row.queue_mode === 1,
    demo: row.demo === 1,
    security: row.security,
    objectLinks: JSON.parse(row.object_links) as string[],
    manufacturer: row.manufacturer,
    modelNumber: row.model_number,
    serialNumber: row.serial_number,
    firmwareVersion: row.firmware_version,
    reboots: row.reboots,
    rebootedAt: row.rebooted_at === null ? null : timestamp(row.rebooted_at),
  };
}

/** A row of table Endpoint as it is read. */
export type EndpointRowRead = Selectable<EndpointRow>;

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
