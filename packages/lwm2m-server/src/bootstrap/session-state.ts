import { ContentFormat, type Link } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import {
  isForIds,
  repeatedSteps,
  stepsOf,
  withDiscoverOfAll,
  withIds,
  withSmallFirst,
  type BootstrapStep,
} from './bootstrap-plan.ts';
import { WRITE_FORMATS } from './write-formats.ts';

/*
 * A bootstrap session (TS Core §6.1.7):
 *
 *             begin
 *               │
 *               ▼       success               Finish 2.04
 *   ┌────── send step ───────────► next step ───────────► finished
 *   │  4.15     │  ▲                   ▲
 *   └─ once ────┘  │ 4.06 of Finish    │
 *   other format   ▼                   │
 *               correct ───────────────┘ everything once more, or what the application gives
 *
 *   whatever else ──► failed, with a reason
 */

/** What a session has done and still has to do. */
export interface SessionState {
  /** What is still to be done; the first is under way. */
  readonly steps: readonly BootstrapStep[];
  readonly configuration: BootstrapConfiguration;
  /** Of what is written. */
  readonly contentFormat: number;
  /** Whether that is the second: the device has answered 4.15 to the first. */
  readonly isOtherFormat: boolean;
  /** What the device has of the Objects of which ids are to be found, as far as it was asked. */
  readonly links: readonly Link[];
  /** Finishes that were answered 4.06. */
  readonly inconsistencies: number;
  /** Whether the same was written once more because of that. */
  readonly repeated: boolean;
}

/** What happens to a session. */
export type SessionInput =
  | { readonly kind: 'begin' }
  /** The device has answered the step under way: `4.06`, with its diagnostic. The links of a Discover, when they decode. */
  | {
      readonly kind: 'answered';
      readonly responseCode: string;
      readonly diagnostic?: string | undefined;
      readonly links?: readonly Link[] | undefined;
    }
  /** It has not, or can not be asked. */
  | { readonly kind: 'unanswered'; readonly reason: string }
  /** What the application wants instead of what was inconsistent. */
  | { readonly kind: 'corrected'; readonly configuration: BootstrapConfiguration | undefined }
  /** It is over, whatever is under way. */
  | { readonly kind: 'ended'; readonly reason: string };

/** What is to be done next; the input that follows is its outcome. */
export type SessionCommand =
  | { readonly kind: 'send'; readonly step: BootstrapStep; readonly contentFormat: number }
  | { readonly kind: 'correct' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly reason: string };

/** The state after an input, and what it asks for. */
export interface SessionTransition {
  readonly state: SessionState;
  readonly command: SessionCommand;
}

/* prettier-ignore */
const OPERATIONS: Readonly<Record<BootstrapStep['operation'], { readonly name: string; readonly success: readonly string[]; readonly isQuery: boolean }>> = {
  discover: { name: 'Discover', success: ['2.05'],         isQuery: true },  // TS Core §6.1.7
  read:     { name: 'Read',     success: ['2.05'],         isQuery: true },  // §6.1.7
  delete:   { name: 'Delete',   success: ['2.02', '4.04'], isQuery: false }, // §6.1.7; what is not there is deleted
  write:    { name: 'Write',    success: ['2.04', '2.01'], isQuery: false }, // §6.1.7; RFC 7252 §5.8.3
  finish:   { name: 'Finish',   success: ['2.04'],         isQuery: false }, // §6.1.7
};

/** The Content-Format that Object Instances are written in first. `preferred` is the one that the device asked for. */
export function formatOfWrites({ contentFormat }: BootstrapConfiguration, preferred: number | undefined): number {
  return contentFormat ?? preferred ?? ContentFormat.TLV;
}

/** A session that has not begun. `preferred` is the Content-Format that the device asked for, `isAnonymous` whether it may be at another address. */
export function newSession(
  configuration: BootstrapConfiguration,
  preferred: number | undefined,
  isAnonymous: boolean = false,
): SessionState {
  const steps = stepsOf(configuration);
  return {
    steps: isAnonymous ? withSmallFirst(steps) : steps,
    configuration,
    contentFormat: formatOfWrites(configuration, preferred),
    isOtherFormat: false,
    links: [],
    inconsistencies: 0,
    repeated: false,
  };
}

/** The step that a session takes at an input. Pure. */
export function step(state: SessionState, input: SessionInput): SessionTransition {
  switch (input.kind) {
    case 'begin':
      return proceed(state);
    case 'answered':
      return answered(state, input);
    case 'unanswered':
      return failed(state, `${nameOfStep(state)} failed: ${input.reason}`);
    case 'corrected':
      return corrected(state, input.configuration);
    case 'ended':
      return failed(state, input.reason);
  }
}

function answered(state: SessionState, input: Extract<SessionInput, { kind: 'answered' }>): SessionTransition {
  const [current, ...rest] = state.steps;
  if (current === undefined) return proceed(state);
  const { responseCode, diagnostic, links } = input;
  const { success, isQuery } = OPERATIONS[current.operation];
  const refused = (): SessionTransition => {
    // A reason is for logs, whose lines the text of a device could forge.
    const words = diagnostic === undefined ? '' : `: ${diagnostic.replace(/\p{Cc}/gu, ' ')}`;
    return failed(state, `${nameOfStep(state)} was answered ${responseCode}${words}`);
  };
  if (isForIds(current)) {
    const isAnswer = success.includes(responseCode);
    const wrong = (): SessionTransition => failed(state, `${nameOfStep(state)} was answered with what are no links`);
    return discovered(state, isAnswer ? links : undefined, isAnswer ? wrong : refused);
  }
  if (success.includes(responseCode) || isQuery) return proceed({ ...state, steps: rest });
  if (current.operation === 'finish' && responseCode === '4.06') {
    // TS Core §6.1.7: the configuration is inconsistent, and the Bootstrap-Server corrects it.
    if (state.inconsistencies + 1 >= limits.maxInconsistencies) return refused();
    return { state: { ...state, inconsistencies: state.inconsistencies + 1 }, command: { kind: 'correct' } };
  }
  // A format that the application wants is the only one.
  const mayChange = !state.isOtherFormat && state.configuration.contentFormat === undefined;
  const other = WRITE_FORMATS.find((format) => format !== state.contentFormat);
  if (current.operation === 'write' && responseCode === '4.15' && mayChange && other !== undefined) {
    return proceed({ ...state, contentFormat: other, isOtherFormat: true });
  }
  return refused();
}

/** A Discover for ids. TS Core §6.1.7 has it of an Object, and may have it of all: what a device refuses of the one it may know of the other. */
function discovered(
  state: SessionState,
  links: readonly Link[] | undefined,
  refused: () => SessionTransition,
): SessionTransition {
  const [current, ...rest] = state.steps;
  if (links === undefined) {
    return current?.path === '/' ? refused() : proceed({ ...state, steps: withDiscoverOfAll(rest), links: [] });
  }
  const known = [...state.links, ...links];
  return proceed({ ...state, links: known, steps: rest.some(isForIds) ? rest : withIds(rest, known) });
}

function corrected(state: SessionState, correction: BootstrapConfiguration | undefined): SessionTransition {
  if (correction === undefined && state.repeated) {
    return failed(state, 'the device finds its configuration inconsistent, also when it is written once more');
  }
  const configuration = correction ?? state.configuration;
  const contentFormat = correction?.contentFormat ?? state.contentFormat;
  const steps = repeatedSteps(configuration);
  return proceed({ ...state, configuration, contentFormat, steps, links: [], repeated: correction === undefined });
}

function proceed(state: SessionState): SessionTransition {
  const [next] = state.steps;
  const { contentFormat } = state;
  return { state, command: next === undefined ? { kind: 'finished' } : { kind: 'send', step: next, contentFormat } };
}

function failed(state: SessionState, reason: string): SessionTransition {
  return { state: { ...state, steps: [] }, command: { kind: 'failed', reason } };
}

function nameOfStep({ steps: [current] }: SessionState): string {
  if (current === undefined) return 'the session';
  const { name } = OPERATIONS[current.operation];
  return current.operation === 'finish' ? `the ${name}` : `the ${name} of ${current.path}`;
}
