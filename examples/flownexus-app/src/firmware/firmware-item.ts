import { z } from 'zod';
import { isoTimestamp } from '../http/schemas.ts';
import { isoTime } from '../values/resource-item.ts';
import type { Downloads } from './download-counts.ts';
import type { StoredPackage } from './firmware-repository.ts';

/** A firmware package in an answer. */
export const firmwareItemSchema = z
  .object({
    id: z.string(),
    version: z.string(),
    fileName: z.string(),
    size: z.int().meta({ description: 'Bytes' }),
    sha256: z.string().meta({ description: 'In hexadecimal' }),
    notes: z.string().nullable(),
    createdAt: isoTimestamp,
    createdBy: z.string(),
    damage: z.string().nullable().meta({ description: 'Why its file can not be used; null: it can' }),
    path: z.string().meta({ description: 'Where devices fetch it over HTTP. Whoever knows it needs no other right' }),
    coapPath: z.string().nullable().meta({
      description: 'The same over CoAP and CoAPS; null: it is too large for CoAP, or its file can not be used',
    }),
    downloads: z
      .object({
        started: z.int().meta({ description: 'Those that began with the first byte' }),
        completed: z.int().meta({ description: 'Those that came to the last byte' }),
        bytes: z.int().meta({ description: 'Over HTTP, CoAP and CoAPS' }),
      })
      .meta({ description: 'By devices, since it was uploaded', id: 'FirmwareDownloads' }),
  })
  .meta({ id: 'Firmware' });
export type FirmwareItem = z.infer<typeof firmwareItemSchema>;

/** What is beside the row of a package. */
export interface FirmwareItemParts {
  readonly path: string;
  readonly coapPath: string | undefined;
  readonly downloads: Downloads;
}

export function toFirmwareItem(stored: StoredPackage, { path, coapPath, downloads }: FirmwareItemParts): FirmwareItem {
  const { id, version, fileName, size, sha256, notes, createdAt, createdBy, damage } = stored;
  return {
    id,
    version,
    fileName,
    size,
    sha256,
    notes,
    createdAt: isoTime(createdAt),
    createdBy,
    damage: damage ?? null,
    path,
    coapPath: coapPath ?? null,
    downloads,
  };
}
