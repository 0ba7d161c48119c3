import type { FirmwareState } from './firmware-update.ts';

/**
 * The states of a campaign.
 *
 * ```
 * SCHEDULED ──its time has come──► RUNNING ◄──resume── PAUSED, STOPPED
 *                                   │ │ └────pause────► PAUSED
 *                                   │ └── as many have failed as may ──► STOPPED
 *                                   └── all are finished ──► FINISHED    from each but FINISHED: cancel ──► CANCELLED
 * ```
 *
 * In PAUSED and STOPPED no further update begins, and those that are under way go on. A SCHEDULED one can be paused, too: when it is resumed before its
 * time it is SCHEDULED again.
 */
export type CampaignState = 'SCHEDULED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FINISHED' | 'CANCELLED';

/** All of them. */
export const CAMPAIGN_STATES: readonly CampaignState[] = [
  'SCHEDULED',
  'RUNNING',
  'PAUSED',
  'STOPPED',
  'FINISHED',
  'CANCELLED',
];

/** Updates of many endpoints with one package: a plain value, replaced as a whole at each change. Times are in milliseconds since 1970. */
export interface FirmwareCampaign {
  readonly id: string;
  readonly packageId: string;
  readonly state: CampaignState;
  /** So many updates are under way at a time. */
  readonly concurrency: number;
  /** The share of its updates, 0 to 1, that may fail before no further one begins; 1: all. */
  readonly stopAtFailureShare: number;
  /** How many updates it has. */
  readonly total: number;
  /** When it begins, where it was to begin later than at once. */
  readonly startAt: number | undefined;
  /** What the application wanted to stay with it. */
  readonly metadata: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How many updates of a campaign are in which state; those in which none is are absent. */
export type FirmwareCounts = Readonly<Partial<Record<FirmwareState, number>>>;

/** Whether nothing happens to a campaign any more. */
export function isOver({ state }: Pick<FirmwareCampaign, 'state'>): boolean {
  return state === 'FINISHED' || state === 'CANCELLED';
}
