/**
 * Which of the servers a device turns to (TS Core §6.1.3, the bootstrap sequence): those of its accounts first; the bootstrap server
 * when there is none, when registering has failed with all of them, or when one of them wants it so.
 *
 * ```
 * new ---------- begun, with accounts ---------> registering
 * new ---------- begun, with none -------------> holdingOff
 * registering -- failed with all of them ------> holdingOff      (leave, hold off)
 * registering -- triggered --------------------> bootstrapping   (de-register, bootstrap)
 * holdingOff --- waited -----------------------> bootstrapping
 * bootstrapping  bootstrapped -----------------> registering
 * bootstrapping  failed -----------------------> pausing         (pause, longer each time)
 * pausing ------ waited -----------------------> as begun
 * ```
 * Without a bootstrap account a device stays with what it has; with neither it is `stranded`.
 */
export type SequenceState =
  | { readonly kind: 'new' | 'holdingOff' | 'bootstrapping' | 'pausing' | 'stranded'; readonly failures: number }
  | {
      readonly kind: 'registering';
      /** The Short Server IDs of the servers that registering has failed with. */
      readonly failed: ReadonlySet<number>;
      /** How many bootstraps have failed since a server accepted a registration. */
      readonly failures: number;
    };

/** What has happened. */
export type SequenceInput =
  | { readonly kind: 'begun' | 'waited' | 'triggered' | 'bootstrapped' | 'bootstrapFailed' }
  | { readonly kind: 'registered' | 'failed'; readonly shortServerId: number };

/** What the device has at that time. */
export interface SequenceFacts {
  /** The Short Server IDs of the accounts that it can register with. */
  readonly accounts: readonly number[];
  /** Whether it has the account of a bootstrap server. */
  readonly canBootstrap: boolean;
  /** Whether registrations that failed are a reason for a bootstrap. */
  readonly fallsBack: boolean;
}

/** What is to be done. */
export type SequenceCommand =
  | { readonly kind: 'register' | 'holdOff' | 'bootstrap' | 'strand' }
  /** Ends all registrations; `politely` with a De-register. */
  | { readonly kind: 'leave'; readonly politely: boolean }
  /** `failures`: how many bootstraps have failed one after another, 1 or more. */
  | { readonly kind: 'pause'; readonly failures: number };

export interface SequenceStep {
  readonly state: SequenceState;
  readonly commands: readonly SequenceCommand[];
}

export const NEW_SEQUENCE: SequenceState = { kind: 'new', failures: 0 };

/** The next state, and what is to be done. What does not fit the state changes nothing. */
export function stepSequence(state: SequenceState, input: SequenceInput, facts: SequenceFacts): SequenceStep {
  const { failures } = state;
  switch (`${state.kind} ${input.kind}`) {
    case 'new begun':
    case 'pausing waited':
      return begin(facts, failures);
    case 'bootstrapping bootstrapped':
      return registering(failures);
    case 'bootstrapping bootstrapFailed':
      return {
        state: { kind: 'pausing', failures: failures + 1 },
        commands: [{ kind: 'pause', failures: failures + 1 }],
      };
    case 'holdingOff waited':
      return bootstrapping(failures, []);
    case 'registering triggered':
      return facts.canBootstrap
        ? bootstrapping(failures, [{ kind: 'leave', politely: true }])
        : { state, commands: [] };
  }
  if (state.kind !== 'registering') return { state, commands: [] };
  if (input.kind === 'registered') {
    const failed = new Set(state.failed);
    failed.delete(input.shortServerId);
    return { state: { kind: 'registering', failed, failures: 0 }, commands: [] };
  }
  if (input.kind !== 'failed') return { state, commands: [] };
  const failed = new Set(state.failed).add(input.shortServerId);
  if (!facts.canBootstrap || !facts.fallsBack || facts.accounts.some((id) => !failed.has(id))) {
    return { state: { kind: 'registering', failed, failures }, commands: [] };
  }
  return {
    state: { kind: 'holdingOff', failures },
    commands: [{ kind: 'leave', politely: false }, { kind: 'holdOff' }],
  };
}

function begin({ accounts, canBootstrap }: SequenceFacts, failures: number): SequenceStep {
  if (accounts.length > 0) return registering(failures);
  if (!canBootstrap) return { state: { kind: 'stranded', failures }, commands: [{ kind: 'strand' }] };
  return { state: { kind: 'holdingOff', failures }, commands: [{ kind: 'holdOff' }] };
}

function registering(failures: number): SequenceStep {
  return { state: { kind: 'registering', failed: new Set(), failures }, commands: [{ kind: 'register' }] };
}

function bootstrapping(failures: number, before: readonly SequenceCommand[]): SequenceStep {
  return { state: { kind: 'bootstrapping', failures }, commands: [...before, { kind: 'bootstrap' }] };
}
