import {
  type FirmwareCampaign,
  type FirmwareUpdate,
  formatFirmwareCampaign,
  formatFirmwareUpdate,
} from '@flownexus/lwm2m-server';
import type { Selectable } from 'kysely';
import type {
  FirmwareCampaignRow,
  FirmwareUpdateChangeRow,
  FirmwareUpdateRow,
} from '../database/firmware-update-tables.ts';
import { escapeNul } from '../database/nul-text.ts';
import { parseCampaignMetadata, parseUpdateMetadata } from './firmware-metadata.ts';
import { resultOf, stateOf, updateResults, updateStates } from './flownexus-state.ts';

/** Rows without what the database counts up. */
export type NewUpdateRow = Omit<Selectable<FirmwareUpdateRow>, 'position'>;
export type NewChangeRow = Omit<Selectable<FirmwareUpdateChangeRow>, 'id'>;
export type NewCampaignRow = Omit<Selectable<FirmwareCampaignRow>, 'position'>;

/** The row of an update. */
export function toUpdateRow(update: FirmwareUpdate): NewUpdateRow {
  const { state: phase, failure, progress, delivery } = update;
  const { createdBy, firmwareVersion } = parseUpdateMetadata(update.metadata);
  return {
    id: update.id,
    endpoint: update.endpointName,
    firmware: update.packageId,
    firmware_version: text(firmwareVersion),
    campaign: update.campaignId ?? null,
    state: updateStates.indexOf(stateOf(update)),
    result: updateResults.indexOf(resultOf(update)),
    phase,
    finished: phase === 'SUCCEEDED' || phase === 'FAILED' || phase === 'CANCELLED' ? 1 : 0,
    delivery: delivery ?? null,
    attempts: update.attempts,
    transferred: progress?.transferred ?? null,
    size: update.packageSize,
    failure_reason: failure?.reason ?? null,
    // It may have what the device said.
    failure_message: text(failure?.message),
    created_by: text(createdBy),
    // A clock may have fractions.
    timestamp_created: Math.floor(update.createdAt),
    timestamp_updated: Math.floor(update.updatedAt),
    firmware_update: formatFirmwareUpdate(update),
  };
}

/** The row of the history that says what an update came to. */
export function toChangeRow(row: NewUpdateRow): NewChangeRow {
  return {
    update_id: row.id,
    time: row.timestamp_updated,
    phase: row.phase,
    state: row.state,
    result: row.result,
    attempt: row.attempts,
    failure_reason: row.failure_reason,
    failure_message: row.failure_message,
  };
}

/** The row of a campaign. */
export function toCampaignRow(campaign: FirmwareCampaign): NewCampaignRow {
  const { state, startAt } = campaign;
  const { name, createdBy, firmwareVersion, retryOf } = parseCampaignMetadata(campaign.metadata);
  return {
    id: campaign.id,
    name: escapeNul(name),
    firmware: campaign.packageId,
    firmware_version: text(firmwareVersion),
    state,
    over: state === 'FINISHED' || state === 'CANCELLED' ? 1 : 0,
    start_at: startAt === undefined ? null : Math.floor(startAt),
    total: campaign.total,
    retry_of: retryOf ?? null,
    created_by: text(createdBy),
    timestamp_created: Math.floor(campaign.createdAt),
    timestamp_updated: Math.floor(campaign.updatedAt),
    firmware_campaign: formatFirmwareCampaign(campaign),
  };
}

function text(value: string | undefined): string | null {
  return value === undefined ? null : escapeNul(value);
}
