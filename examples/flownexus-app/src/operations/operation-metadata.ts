import { z } from 'zod';
import type { Principal } from '../http/principal.ts';

/** What FlowNexus keeps with a queued operation. */
export interface OperationMetadata {
  /** Who asked for it, as the audit log names them. */
  readonly createdBy?: string | undefined;
  /** What was asked of many endpoints at once has one id. */
  readonly bulkId?: string | undefined;
}

const schema = z.object({ createdBy: z.string().optional(), bulkId: z.string().optional() });
const ACTOR_LENGTH = 400;

/** The text for `QueueOptions.metadata`. An actor's name that is too long is cut. */
export function formatOperationMetadata({ createdBy, bulkId }: OperationMetadata): string {
  return JSON.stringify({ createdBy: createdBy?.slice(0, ACTOR_LENGTH), bulkId });
}

/** The same for what somebody asks for. */
export function metadataOf(principal: Principal | undefined): string {
  return formatOperationMetadata({ createdBy: principal?.actor });
}

/** Reads `QueuedOperation.metadata`. Operations that others than the API have queued may have other text, or none: nothing is known of them. */
export function parseOperationMetadata(text: string | undefined): OperationMetadata {
  if (text === undefined) return {};
  try {
    return schema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
