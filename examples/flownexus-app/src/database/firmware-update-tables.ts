import type { Generated } from 'kysely';

// The rows of the tables that migrations/0004-firmware-updates.ts makes and explains.

export interface FirmwareUpdateRow {
  position: Generated<number>;
  id: string;
  endpoint: string;
  firmware: string;
  firmware_version: string | null;
  campaign: string | null;
  state: number;
  result: number;
  phase: string;
  finished: 0 | 1;
  delivery: string | null;
  attempts: number;
  transferred: number | null;
  size: number;
  failure_reason: string | null;
  failure_message: string | null;
  created_by: string | null;
  timestamp_created: number;
  timestamp_updated: number;
  firmware_update: string;
}

export interface FirmwareUpdateChangeRow {
  id: Generated<number>;
  update_id: string;
  time: number;
  phase: string;
  state: number;
  result: number;
  attempt: number;
  failure_reason: string | null;
  failure_message: string | null;
}

export interface FirmwareCampaignRow {
  position: Generated<number>;
  id: string;
  name: string;
  firmware: string;
  firmware_version: string | null;
  state: string;
  over: 0 | 1;
  start_at: number | null;
  total: number;
  retry_of: string | null;
  created_by: string | null;
  timestamp_created: number;
  timestamp_updated: number;
  firmware_campaign: string;
}

/** The tables of firmware updates. */
export interface FirmwareUpdateTables {
  FirmwareUpdate: FirmwareUpdateRow;
  FirmwareUpdateChange: FirmwareUpdateChangeRow;
  FirmwareCampaign: FirmwareCampaignRow;
}
