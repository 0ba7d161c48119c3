import { formatOperation, parseOperation } from '../downlink/operation-json.ts';
import { CAMPAIGN_STATES, type FirmwareCampaign } from './firmware-campaign.ts';
import { FIRMWARE_STATES, type FirmwareUpdate } from './firmware-update.ts';

/** The text of an update: JSON, with null for what is undefined. */
export function formatFirmwareUpdate(update: FirmwareUpdate): string {
  // Operations have a text of their own: there are bytes in some.
  return format({ ...update, todo: update.todo.map(formatOperation) });
}

/**
 * Reads an update from the text that `formatFirmwareUpdate` made of it.
 *
 * @throws Error for any text that is none
 */
export function parseFirmwareUpdate(text: string): FirmwareUpdate {
  const value = parse(text);
  const { id, endpointName, state, todo, settings } = value;
  const isUpdate =
    typeof id === 'string' &&
    typeof endpointName === 'string' &&
    Object.hasOwn(FIRMWARE_STATES, String(state)) &&
    Array.isArray(todo) &&
    typeof settings === 'object';
  if (!isUpdate) throw new Error('the text is no firmware update');
  return { ...value, todo: todo.map((operation) => parseOperation(String(operation))) } as unknown as FirmwareUpdate;
}

/** The text of a campaign, as {@link formatFirmwareUpdate}. */
export function formatFirmwareCampaign(campaign: FirmwareCampaign): string {
  return format(campaign);
}

/** Reads a campaign from its text, as {@link parseFirmwareUpdate}. */
export function parseFirmwareCampaign(text: string): FirmwareCampaign {
  const value = parse(text);
  const { id, packageId, state } = value;
  const isState = CAMPAIGN_STATES.some((known) => known === state);
  if (typeof id !== 'string' || typeof packageId !== 'string' || !isState) throw new Error('the text is no campaign');
  return value as unknown as FirmwareCampaign;
}

function format(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) => field ?? null);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  const value = withUndefined(JSON.parse(text));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('the text is no object');
  return value as Record<string, unknown>;
}

/** Puts undefined in the place of null: what JSON leaves out would not be the same again. */
function withUndefined(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(withUndefined);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withUndefined(field)]));
}
