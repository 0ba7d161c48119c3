import { Code } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { Refusal } from '../errors.ts';
import type { ObjectTree } from '../objects/object-tree.ts';

const PACKAGE = '/5/0/0';
const PACKAGE_URI = '/5/0/1';
const UPDATE = '/5/0/2';
const STATE = '/5/0/3';
const RESULT = '/5/0/5';

const State = { IDLE: 0, DOWNLOADED: 2, UPDATING: 3 } as const;
const Result = { INITIAL: 0, SUCCESS: 1, UNSUPPORTED_PROTOCOL: 9 } as const;

/** How long an update takes, in milliseconds. */
const UPDATE_MS = 5_000;

/**
 * Makes the Firmware Update Object of a tree take a package that a server writes, and install it when it is executed, which always
 * succeeds. Packages are thrown away; what is at a Package URI can not be fetched.
 *
 * ```
 * Idle --write Package--> Downloaded --execute Update--> Updating --5 s--> Idle, Result 1
 *   ^----- write nothing, or a NUL byte -----'
 * ```
 */
export function simulateFirmware(tree: ObjectTree, clock: Clock): void {
  const enter = (state: number, result: number): void => {
    tree.set(STATE, state);
    tree.set(RESULT, result);
  };
  tree.set(PACKAGE, new Uint8Array(0));
  tree.onWrite('/5/0', ({ path: { resourceId }, content }) => {
    if (tree.content(STATE) === State.UPDATING) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'an update is under way');
    const isReset = content === '' || (content instanceof Uint8Array && (content.length === 0 || isNul(content)));
    if (isReset) enter(State.IDLE, Result.INITIAL);
    else if (resourceId === 0) enter(State.DOWNLOADED, Result.INITIAL);
    else if (resourceId === 1) enter(State.IDLE, Result.UNSUPPORTED_PROTOCOL);
  });
  tree.onExecute(UPDATE, ({ afterAnswer }) => {
    if (tree.content(STATE) !== State.DOWNLOADED) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'there is no package');
    enter(State.UPDATING, Result.INITIAL);
    afterAnswer(() => {
      clock.schedule(UPDATE_MS, () => {
        enter(State.IDLE, Result.SUCCESS);
      });
    });
  });
  tree.set(PACKAGE_URI, '');
  enter(State.IDLE, Result.INITIAL);
}

function isNul(content: Uint8Array): boolean {
  return content.length === 1 && content[0] === 0;
}
