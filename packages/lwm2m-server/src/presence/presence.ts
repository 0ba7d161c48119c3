/**
 * Whether a registered endpoint can be reached now. One in queue mode is awake for a while after each message that came from it (TS Core §6.5);
 * any endpoint that does not answer counts as asleep until it is heard again.
 */
export interface Presence {
  readonly state: 'awake' | 'asleep';
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  readonly reason: PresenceReason;
}

/** Awake: what was heard. Asleep: its awake time is over, or it did not answer. */
export type PresenceReason =
  'register' | 'update' | 'send' | 'notification' | 'answer' | 'restored' | 'silence' | 'no-answer';

/** What was heard of an endpoint. */
export type Uplink = Extract<PresenceReason, 'register' | 'update' | 'send' | 'notification' | 'answer'>;
