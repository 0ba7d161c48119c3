import { z } from 'zod';

const ACTOR_LENGTH = 400;

const updateSchema = z.object({ createdBy: z.string().optional(), firmwareVersion: z.string().optional() });

/** What FlowNexus keeps with each update. */
export type UpdateMetadata = z.infer<typeof updateSchema>;

const campaignSchema = updateSchema.extend({
  name: z.string().default(''),
  /** The campaign whose failed updates it tries again. */
  retryOf: z.string().optional(),
  /** The settings that the API was told, to tell them again. */
  settings: z.record(z.string(), z.unknown()).default({}),
  leftOut: z.number().default(0),
  leftOutEndpoints: z.array(z.object({ endpoint: z.string(), code: z.string(), message: z.string() })).default([]),
});

/** What FlowNexus keeps with a campaign. */
export type CampaignMetadata = z.output<typeof campaignSchema>;

/** The text for `metadata` of an update. An actor's name that is too long is cut. */
export function formatUpdateMetadata({ createdBy, firmwareVersion }: UpdateMetadata): string {
  return JSON.stringify({ createdBy: createdBy?.slice(0, ACTOR_LENGTH), firmwareVersion });
}

/** The text for `metadata` of a campaign. */
export function formatCampaignMetadata(metadata: CampaignMetadata): string {
  return JSON.stringify({ ...metadata, createdBy: metadata.createdBy?.slice(0, ACTOR_LENGTH) });
}

/** Reads `metadata` of an update; of text that is something else nothing is known. */
export function parseUpdateMetadata(text: string | undefined): UpdateMetadata {
  return updateSchema.safeParse(json(text)).data ?? {};
}

/** Reads `metadata` of a campaign, as {@link parseUpdateMetadata}. */
export function parseCampaignMetadata(text: string | undefined): CampaignMetadata {
  return campaignSchema.safeParse(json(text)).data ?? campaignSchema.parse({});
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}
