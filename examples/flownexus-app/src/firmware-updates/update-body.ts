import type { FirmwareUpdate, UpdateOptions } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { endpointSelection } from '../operations/operation-body.ts';

const YEAR_SECONDS = 31_536_000;
const severities = ['critical', 'mandatory', 'optional'] as const;

const seconds = (least: number, description: string) =>
  z
    .int()
    .min(least)
    .max(YEAR_SECONDS)
    .optional()
    .meta({ description: `Seconds: ${description}` });

const settings = {
  delivery: z.enum(['auto', 'push', 'pull']).optional().meta({ description: '`push`: the server writes the package; `pull`: the device fetches it. Default `auto`: what the device supports (5/0/9), and the other way when one does not work' }), // prettier-ignore
  blockSize: z.literal([16, 32, 64, 128, 256, 512, 1_024]).optional().meta({ description: 'Bytes of a block of a push' }), // prettier-ignore
  target: lwm2mPath(2)
    .refine(
      (path) => /^\/(5|9|33629)\/\d+$/.test(path),
      'expected an Object Instance of Object 5, 9 or 33629, such as /5/0',
    )
    .optional()
    .meta({ description: 'The Object Instance. Default: the first of Object 33629 that it registered, else `/5/0`' }),
  expectedVersion: storableText.min(1).max(limits.firmwareExpectedVersionLength).optional().meta({ description: 'What the device says when the package is installed (3/0/3 or 5/0/7): then only that is a success, and who says so already is not updated' }), // prettier-ignore
  severity: z.enum(severities).optional().meta({ description: '5/0/11; default: not written' }),
  maximumDeferPeriod: z.int().min(0).max(0xffff_ffff).optional().meta({ description: '5/0/13: seconds for which the user of the device may put the installation off; default: not written' }), // prettier-ignore
  automaticUpgrade: z.boolean().optional().meta({ description: '5/0/14: whether the device installs by itself what it has downloaded; default: not written' }), // prettier-ignore
  install: z.boolean().optional().meta({ description: 'Default true. Without it the update is a success when the device has the package' }), // prettier-ignore
  linkedInstances: z.array(z.int().min(0).max(65_534)).max(limits.linkedFirmwareInstances).optional().meta({ description: 'Of Object 33629: further instances that are installed together with this one' }), // prettier-ignore
  activate: z.boolean().optional().meta({ description: 'Of Object 9: whether the software is activated after the installation; default true' }), // prettier-ignore
  maxAttempts: z.int().min(1).max(100).optional().meta({ description: 'Default 3' }),
  maxDeferrals: z.int().min(0).max(100).optional().meta({ description: 'How often the device may put it off; default 10' }), // prettier-ignore
  contactSeconds: seconds(1, 'how long a device may take to do what it is asked, asleep or away; default 7 days'),
  downloadSeconds: seconds(1, 'how long it may take to fetch the package; default 1 day'),
  updateSeconds: seconds(1, 'how long it may take to install it; default 1 hour'),
  pollSeconds: seconds(1, 'how often it is asked meanwhile, besides when it is heard; default 60'),
  retrySeconds: seconds(1, 'the pause before the second attempt; each further one is twice as long. Default 60'),
};

/** How an update is done. */
export const updateSettingsSchema = z.strictObject(settings);
export type UpdateSettingsBody = z.output<typeof updateSettingsSchema>;

const firmware = storableText.min(1).max(64).meta({ description: 'The id of the package' });

/** An update of one endpoint. */
export const updateBody = z.strictObject({ firmware, ...settings }).meta({ id: 'FirmwareUpdateBody' });

/** Updates of many endpoints. */
export const campaignBody = z
  .strictObject({
    name: storableText.trim().min(1).max(limits.firmwareCampaignNameLength),
    firmware,
    endpoints: endpointSelection,
    concurrency: z.int().min(1).max(10_000).optional().meta({ description: 'Updates that are under way at a time; default 10' }), // prettier-ignore
    stopAtFailureShare: z.number().gt(0).max(1).optional().meta({ description: 'No further update begins when this share of all has failed; default 1: that does not happen' }), // prettier-ignore
    startAt: z.iso.datetime({ offset: true }).optional().meta({ description: 'When it begins; default, and for a time that has passed: at once' }), // prettier-ignore
    ...settings,
  })
  .meta({ id: 'FirmwareCampaignBody' });
export type CampaignBody = z.output<typeof campaignBody>;

/** The options of the library for what the API was told. */
export function toUpdateOptions(packageId: string, body: UpdateSettingsBody): UpdateOptions {
  const { expectedVersion, severity, contactSeconds, downloadSeconds, updateSeconds, pollSeconds, retrySeconds, ...same } = body; // prettier-ignore
  return defined({
    ...same,
    packageId,
    version: expectedVersion,
    severity: severity === undefined ? undefined : severities.indexOf(severity),
    contactMs: milliseconds(contactSeconds),
    downloadMs: milliseconds(downloadSeconds),
    updateMs: milliseconds(updateSeconds),
    pollMs: milliseconds(pollSeconds),
    retryMs: milliseconds(retrySeconds),
  }) as unknown as UpdateOptions;
}

/** What the API would be told for an update like this one. */
export function settingsBodyOf({ settings: given, version, objectId, instanceId }: FirmwareUpdate): UpdateSettingsBody {
  const { severity, linkedInstances, contactMs, downloadMs, updateMs, pollMs, retryMs, ...same } = given;
  return defined({
    ...same,
    target: `/${String(objectId)}/${String(instanceId)}`,
    expectedVersion: version,
    severity: severity === undefined ? undefined : severities[severity],
    linkedInstances: linkedInstances === undefined ? undefined : [...linkedInstances],
    contactSeconds: Math.ceil(contactMs / 1_000),
    downloadSeconds: Math.ceil(downloadMs / 1_000),
    updateSeconds: Math.ceil(updateMs / 1_000),
    pollSeconds: Math.ceil(pollMs / 1_000),
    retrySeconds: Math.ceil(retryMs / 1_000),
  });
}

function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1_000;
}

/** An option that is there and undefined is none. */
function defined(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
