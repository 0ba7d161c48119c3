import type { ColumnTypes } from './column-types.ts';

/** The tables of firmware updates: times are milliseconds since 1970, flags 0 and 1. */
export function firmwareUpdateTables({ int, text, key, id, strict }: ColumnTypes): string[] {
  return [
    `CREATE TABLE "FirmwareUpdate" (
      -- The order in which they were wanted.
      position ${id},
      id ${key} NOT NULL UNIQUE,
      -- Not references: an update is kept when the package is deleted.
      endpoint ${key} NOT NULL,
      firmware ${key} NOT NULL,
      firmware_version ${text},
      campaign ${key},
      -- 0 IDLE, 1 DOWNLOADING, 2 DOWNLOADED, 3 UPDATING; 0 again when it is finished.
      state ${int} NOT NULL CHECK (state BETWEEN 0 AND 3),
      -- 0 while it is under way, 1 success, 2 to 9 why it failed.
      result ${int} NOT NULL CHECK (result BETWEEN 0 AND 9),
      -- The state of the LwM2M library.
      phase ${key} NOT NULL,
      finished ${int} NOT NULL,
      delivery ${text},
      attempts ${int} NOT NULL,
      -- Of a push: bytes that the device took, when the phase changed last.
      transferred ${int},
      size ${int} NOT NULL,
      failure_reason ${text},
      failure_message ${text},
      created_by ${text},
      timestamp_created ${int} NOT NULL,
      timestamp_updated ${int} NOT NULL,
      -- JSON of the LwM2M library.
      firmware_update ${text} NOT NULL
    ) ${strict}`,
    `CREATE INDEX "FirmwareUpdate_endpoint" ON "FirmwareUpdate" (endpoint, position)`,
    `CREATE INDEX "FirmwareUpdate_campaign" ON "FirmwareUpdate" (campaign, position)`,
    `CREATE INDEX "FirmwareUpdate_counts" ON "FirmwareUpdate" (campaign, phase, failure_reason)`,
    `CREATE INDEX "FirmwareUpdate_finished" ON "FirmwareUpdate" (finished, timestamp_updated)`,
    `CREATE INDEX "FirmwareUpdate_unfinished" ON "FirmwareUpdate" (position) WHERE finished = 0`,
    `CREATE INDEX "FirmwareUpdate_firmware" ON "FirmwareUpdate" (firmware, finished)`,
    // The history of an update.
    `CREATE TABLE "FirmwareUpdateChange" (
      id ${id},
      update_id ${key} NOT NULL REFERENCES "FirmwareUpdate" (id) ON DELETE CASCADE,
      time ${int} NOT NULL,
      phase ${key} NOT NULL,
      state ${int} NOT NULL,
      result ${int} NOT NULL,
      attempt ${int} NOT NULL,
      failure_reason ${text},
      failure_message ${text},
      -- A change whose commit nobody heard of is written again.
      UNIQUE (update_id, time, phase, attempt)
    ) ${strict}`,
    `CREATE TABLE "FirmwareCampaign" (
      position ${id},
      id ${key} NOT NULL UNIQUE,
      name ${text} NOT NULL,
      firmware ${key} NOT NULL,
      firmware_version ${text},
      state ${key} NOT NULL,
      over ${int} NOT NULL,
      start_at ${int},
      total ${int} NOT NULL,
      -- The campaign whose failed updates it tries again.
      retry_of ${key},
      created_by ${text},
      timestamp_created ${int} NOT NULL,
      timestamp_updated ${int} NOT NULL,
      -- JSON of the LwM2M library, with what the API was told as its metadata.
      firmware_campaign ${text} NOT NULL
    ) ${strict}`,
    `CREATE INDEX "FirmwareCampaign_over" ON "FirmwareCampaign" (over, timestamp_updated)`,
  ];
}
