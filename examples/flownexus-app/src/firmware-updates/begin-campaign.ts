import type { FirmwareUpdater } from '@flownexus/lwm2m-server';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import type { CampaignReader } from './campaign-reader.ts';
import { formatCampaignMetadata, formatUpdateMetadata } from './firmware-metadata.ts';
import type { FirmwareSource } from './firmware-source.ts';
import { type CampaignBody, toUpdateOptions } from './update-body.ts';
import { withPackage } from './update-routes.ts';
import { firstOf, type UpdateTargets } from './update-targets.ts';
import { callingUpdater } from './updater-errors.ts';

export interface BeginCampaignOptions {
  readonly updater: Pick<FirmwareUpdater, 'campaign'>;
  readonly source: FirmwareSource;
  readonly reader: CampaignReader;
}

/** A campaign that is wanted, for endpoints that have been selected. */
export interface NewCampaign extends Omit<CampaignBody, 'endpoints'> {
  readonly targets: UpdateTargets;
  readonly retryOf?: string;
  readonly createdBy: string | undefined;
}

/**
 * Begins a campaign, or schedules it; resolves to its id when all of it is stored.
 *
 * @throws ApiError 409 when no endpoint is left, or there are as many campaigns as may be; 422 when there is no such package
 */
export function beginCampaign(options: BeginCampaignOptions, campaign: NewCampaign): Promise<string> {
  return withPackage(options.source, campaign.firmware, ({ version }) => begin(options, campaign, version));
}

async function begin(
  { updater, reader }: BeginCampaignOptions,
  { name, firmware, targets, retryOf, createdBy, concurrency, stopAtFailureShare, startAt, ...settings }: NewCampaign,
  firmwareVersion: string,
): Promise<string> {
  const { names, leftOut } = targets;
  const [first] = leftOut;
  if (names.length === 0) {
    const reason = first === undefined ? 'none was selected' : `${JSON.stringify(first.endpoint)}: ${first.message}`;
    throw new ApiError(409, 'conflict', `no endpoint is left to be updated (${reason})`);
  }
  if ((await reader.unfinished()) >= limits.firmwareCampaigns) {
    throw new ApiError(409, 'quota-exceeded', `at most ${String(limits.firmwareCampaigns)} campaigns are not over at a time`); // prettier-ignore
  }
  const metadata = formatCampaignMetadata({
    name,
    createdBy,
    firmwareVersion,
    retryOf,
    settings,
    leftOut: leftOut.length,
    leftOutEndpoints: firstOf(leftOut),
  });
  const { id } = await callingUpdater(() =>
    updater.campaign({
      ...toUpdateOptions(firmware, settings),
      endpoints: names,
      metadata,
      updateMetadata: formatUpdateMetadata({ createdBy, firmwareVersion }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(stopAtFailureShare === undefined ? {} : { stopAtFailureShare }),
      ...(startAt === undefined ? {} : { startAt: Date.parse(startAt) }),
    }),
  );
  return id;
}
