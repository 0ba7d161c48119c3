import { CAMPAIGN_STATES, type CampaignState, type FirmwareCampaign, type FirmwareState, parseFirmwareCampaign } from '@flownexus/lwm2m-server'; // prettier-ignore
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { FirmwareCampaignRow } from '../database/firmware-update-tables.ts';
import { unescapeNul } from '../database/nul-text.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { isoTime } from '../values/resource-item.ts';
import { parseCampaignMetadata } from './firmware-metadata.ts';
import { failureReasonSchema, phaseSchema } from './update-item.ts';
import { updateSettingsSchema } from './update-body.ts';

export const campaignStateSchema = z.enum(CAMPAIGN_STATES as [CampaignState, ...CampaignState[]]).meta({
  id: 'FirmwareCampaignState',
  description:
    'SCHEDULED: it begins at `startAt`. RUNNING: updates begin, so many at a time. PAUSED and STOPPED (too many have failed): no further one begins, and those ' +
    'that are under way go on. FINISHED: all are finished. CANCELLED: it was taken back with its updates',
});

const leftOutSchema = z.object({ endpoint: z.string(), code: z.string(), message: z.string() });
export type LeftOut = z.infer<typeof leftOutSchema>;

/** A campaign in lists and in the stream. */
export const campaignItemSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    firmware: z.string().meta({ description: 'The id of the package' }),
    firmwareVersion: z.string().nullable(),
    state: campaignStateSchema,
    total: z.int().meta({ description: 'How many updates it has' }),
    counts: z.partialRecord(phaseSchema, z.int()).meta({ description: 'How many updates are in which phase; finished ones leave after a time' }), // prettier-ignore
    failures: z.partialRecord(failureReasonSchema, z.int()).meta({ description: 'How many FAILED for which reason' }),
    leftOut: z.int().meta({ description: 'Endpoints that were selected, and are not updated' }),
    concurrency: z.int(),
    stopAtFailureShare: z.number(),
    startAt: isoTimestamp.nullable(),
    retryOf: z.string().nullable().meta({ description: 'The campaign whose failed updates it tries again' }),
    createdBy: z.string().nullable(),
    createdAt: isoTimestamp,
    updatedAt: isoTimestamp,
  })
  .meta({ id: 'FirmwareCampaign' });
export type CampaignItem = z.infer<typeof campaignItemSchema>;

/** One campaign with its settings. */
export const campaignDetailSchema = campaignItemSchema
  .extend({
    settings: updateSettingsSchema,
    leftOutEndpoints: z.array(leftOutSchema).readonly().meta({ description: `The first ${String(limits.firmwareLeftOut)} of them` }), // prettier-ignore
  })
  .meta({ id: 'FirmwareCampaignDetail' });
export type CampaignDetail = z.infer<typeof campaignDetailSchema>;

/** How the updates of a campaign stand. */
export interface CampaignCounts {
  readonly counts: Partial<Record<FirmwareState, number>>;
  readonly failures: CampaignItem['failures'];
}

/** The item of a row. */
export function toCampaignItem(
  row: Selectable<FirmwareCampaignRow>,
  { counts, failures }: CampaignCounts,
): CampaignItem {
  // prettier-ignore
  const campaign: FirmwareCampaign = parseFirmwareCampaign(row.firmware_campaign);
  return {
    id: row.id,
    name: unescapeNul(row.name),
    firmware: row.firmware,
    firmwareVersion: row.firmware_version === null ? null : unescapeNul(row.firmware_version),
    state: campaign.state,
    total: row.total,
    counts,
    failures,
    leftOut: parseCampaignMetadata(campaign.metadata).leftOut,
    concurrency: campaign.concurrency,
    stopAtFailureShare: campaign.stopAtFailureShare,
    startAt: row.start_at === null ? null : isoTime(row.start_at),
    retryOf: row.retry_of,
    createdBy: row.created_by === null ? null : unescapeNul(row.created_by),
    createdAt: isoTime(row.timestamp_created),
    updatedAt: isoTime(row.timestamp_updated),
  };
}

/** The same with its settings. */
export function toCampaignDetail(row: Selectable<FirmwareCampaignRow>, counts: CampaignCounts): CampaignDetail {
  const { settings, leftOutEndpoints } = parseCampaignMetadata(parseFirmwareCampaign(row.firmware_campaign).metadata);
  return { ...toCampaignItem(row, counts), settings, leftOutEndpoints };
}
