import { FIRMWARE_FAILURES, FIRMWARE_STATES, type FirmwareFailureReason, type FirmwareState, type FirmwareUpdate, parseFirmwareUpdate } from '@flownexus/lwm2m-server'; // prettier-ignore
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { FirmwareUpdateChangeRow, FirmwareUpdateRow } from '../database/firmware-update-tables.ts';
import { unescapeNul } from '../database/nul-text.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { isoTime } from '../values/resource-item.ts';
import { updateResults, updateStates } from './flownexus-state.ts';
import { settingsBodyOf, updateSettingsSchema } from './update-body.ts';

const phases = Object.keys(FIRMWARE_STATES) as [FirmwareState, ...FirmwareState[]];
const failureReasons = Object.keys(FIRMWARE_FAILURES) as [FirmwareFailureReason, ...FirmwareFailureReason[]];

export const stateSchema = z.enum(updateStates).meta({
  id: 'FirmwareState',
  description: 'The State of the device (5/0/3); IDLE again when the update is finished',
});
const resultSchema = z.enum(updateResults).meta({
  id: 'FirmwareResult',
  description:
    'The Update Result (5/0/5). DEFAULT: it is not finished. UPDATE_FAILED also for reasons that devices have no number for, and for one that was cancelled',
});
export const phaseSchema = z.enum(phases).meta({
  id: 'FirmwarePhase',
  description: `What the server does: ${phases.map((phase) => `${phase}: ${FIRMWARE_STATES[phase]}`).join('; ')}`,
});
export const failureReasonSchema = z.enum(failureReasons).meta({
  id: 'FirmwareFailureReason',
  description: failureReasons.map((reason) => `${reason}: ${FIRMWARE_FAILURES[reason]}`).join('; '),
});

/** A firmware update in lists and in the stream. */
export const updateItemSchema = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    firmware: z.string().meta({ description: 'The id of the package' }),
    firmwareVersion: z.string().nullable().meta({ description: 'Its version when the update was wanted' }),
    campaign: z.string().nullable().meta({ description: 'The id of its campaign' }),
    state: stateSchema,
    result: resultSchema,
    phase: phaseSchema,
    finished: z.boolean(),
    delivery: z.enum(['push', 'pull']).nullable().meta({ description: '`push`: the server writes the package; `pull`: the device fetches it' }), // prettier-ignore
    attempts: z.int(),
    transferred: z.int().nullable().meta({ description: 'Of a push: bytes that the device took' }),
    size: z.int().meta({ description: 'Bytes of the package' }),
    failureReason: failureReasonSchema.nullable().meta({ description: 'Why it FAILED; of one that is tried again, why the last attempt did' }), // prettier-ignore
    failureMessage: z.string().nullable().meta({ description: 'The same in words' }),
    createdBy: z.string().nullable(),
    createdAt: isoTimestamp,
    updatedAt: isoTimestamp,
  })
  .meta({ id: 'FirmwareUpdate' });
export type UpdateItem = z.infer<typeof updateItemSchema>;

const changeSchema = z.object({
  time: isoTimestamp,
  phase: phaseSchema,
  state: stateSchema,
  result: resultSchema,
  attempt: z.int(),
  failureReason: failureReasonSchema.nullable(),
  failureMessage: z.string().nullable(),
});

/** One update with its settings and its history. */
export const updateDetailSchema = updateItemSchema
  .extend({
    target: z.string().meta({ description: 'The Object Instance: `/5/0`' }),
    settings: updateSettingsSchema.meta({ description: 'As they were given, or by default' }),
    responseCode: z.string().nullable().meta({ description: 'What the device refused a command with: `4.13`' }),
    nextAttemptAt: isoTimestamp.nullable().meta({ description: 'Of one that is RETRYING' }),
    history: z.array(changeSchema).readonly().meta({ description: 'What it came to, in the order of time' }),
  })
  .meta({ id: 'FirmwareUpdateDetail' });
export type UpdateDetail = z.infer<typeof updateDetailSchema>;

/** The columns that items are made of: all but the one that may be large. */
export const itemColumns = ['position', 'id', 'endpoint', 'firmware', 'firmware_version', 'campaign', 'state', 'result', 'phase', 'finished', 'delivery', 'attempts', 'transferred', 'size', 'failure_reason', 'failure_message', 'created_by', 'timestamp_created', 'timestamp_updated'] as const; // prettier-ignore
type ItemRow = Pick<Selectable<FirmwareUpdateRow>, Exclude<(typeof itemColumns)[number], 'position'>>;

/** The item of a row. */
export function toUpdateItem(row: ItemRow): UpdateItem {
  return {
    id: row.id,
    endpoint: row.endpoint,
    firmware: row.firmware,
    firmwareVersion: text(row.firmware_version),
    campaign: row.campaign,
    ...positionOf(row),
    finished: row.finished === 1,
    delivery: row.delivery as UpdateItem['delivery'],
    attempts: row.attempts,
    transferred: row.transferred,
    size: row.size,
    ...failureOf(row),
    createdBy: text(row.created_by),
    createdAt: isoTime(row.timestamp_created),
    updatedAt: isoTime(row.timestamp_updated),
  };
}

/** The same with its settings and its history. */
export function toUpdateDetail(
  row: ItemRow & Pick<Selectable<FirmwareUpdateRow>, 'firmware_update'>,
  history: readonly Selectable<FirmwareUpdateChangeRow>[],
): UpdateDetail {
  const update: FirmwareUpdate = parseFirmwareUpdate(row.firmware_update);
  const { objectId, instanceId, failure, state, nextAt } = update;
  return {
    ...toUpdateItem(row),
    target: `/${String(objectId)}/${String(instanceId)}`,
    settings: settingsBodyOf(update),
    responseCode: failure?.responseCode ?? null,
    nextAttemptAt: state === 'RETRYING' && nextAt !== undefined ? isoTime(nextAt) : null,
    history: history.map((change) => ({
      time: isoTime(change.time),
      ...positionOf(change),
      attempt: change.attempt,
      ...failureOf(change),
    })),
  };
}

/** Written from an update. */
function positionOf({
  state,
  result,
  phase,
}: {
  readonly state: number;
  readonly result: number;
  readonly phase: string;
}) {
  // prettier-ignore
  return {
    state: updateStates[state] ?? 'IDLE',
    result: updateResults[result] ?? 'DEFAULT',
    phase: phase as FirmwareState,
  };
}

function failureOf({
  failure_reason: reason,
  failure_message: message,
}: Pick<ItemRow, 'failure_reason' | 'failure_message'>) {
  // prettier-ignore
  return { failureReason: reason as FirmwareFailureReason | null, failureMessage: text(message) };
}

function text(stored: string | null): string | null {
  return stored === null ? null : unescapeNul(stored);
}
