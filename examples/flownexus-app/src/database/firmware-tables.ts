/** As migrations/0003-firmware.ts makes it. */
export interface FirmwareRow {
  id: string;
  version: string;
  file_name: string;
  size: number;
  sha256: string;
  notes: string | null;
  token: string;
  created_at: number;
  created_by: string;
  downloads_started: number;
  downloads_completed: number;
  downloaded_bytes: number;
}
