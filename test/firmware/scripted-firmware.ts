import { Code } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { Refusal, type ObjectTree } from '@flownexus/lwm2m-client';

/** How a device behaves. */
export interface FirmwareScript {
  /** 5/0/9; default: it is not there. */
  readonly deliveryMethod?: number;
  /** 5/0/8; default: it is not there. */
  readonly protocols?: readonly number[];
  /** How long a download takes. Default 10 s. */
  readonly downloadMs?: number;
  /** Update Results of the downloads, one after another; 0 (and what is beyond): all is well. */
  readonly downloads?: readonly number[];
  /** Update Results of the installations, one after another; 1 (and what is beyond): all is well. 11 defers for 10 minutes. */
  readonly installations?: readonly number[];
  /** Whether Result 1 is there after the installation. Default true. */
  readonly keepsResult?: boolean;
  /** 3/0/3 after an installation. Default: as before. */
  readonly newVersion?: string;
  /** 5/0/7 after a download. Default: none. */
  readonly packageVersion?: string;
  /** Whether it has Cancel, Severity, Maximum Defer Period. */
  readonly isNew?: boolean;
  /** 5/0/14, when it is there. */
  readonly automatic?: boolean;
  /** What it does when it installs, in place of nothing: a reboot. */
  readonly reboot?: () => void;
}

const INSTALL_MS = 5_000;

/** Object 5 of a device that behaves as it is told. */
export class ScriptedFirmware {
  /** What the server did, one line each. */
  readonly log: string[] = [];
  readonly #tree: ObjectTree;
  readonly #clock: Clock;
  readonly #script: FirmwareScript;
  #downloads = 0;
  #installations = 0;
  /** Counts what overtakes a download that is under way. */
  #era = 0;

  constructor(tree: ObjectTree, clock: Clock, script: FirmwareScript = {}) {
    this.#tree = tree;
    this.#clock = clock;
    this.#script = script;
    const { deliveryMethod, protocols, isNew = false, automatic } = script;
    tree.set('/5/0/0', new Uint8Array(0));
    tree.set('/5/0/1', '');
    if (protocols !== undefined) tree.set('/5/0/8', new Map(protocols.entries()));
    if (deliveryMethod !== undefined) tree.set('/5/0/9', deliveryMethod);
    if (isNew) {
      tree.set('/5/0/11', 1);
      tree.set('/5/0/13', 0);
      tree.onExecute('/5/0/10', () => this.#cancel());
    }
    if (automatic !== undefined) tree.set('/5/0/14', automatic);
    this.enter(0, 0);
    tree.onWrite('/5/0', ({ path: { resourceId }, content }) => {
      if (resourceId === 0 || resourceId === 1) this.#written(resourceId, content as string | Uint8Array);
      else this.log.push(`write ${resourceId} ${JSON.stringify(content)}`);
    });
    tree.onExecute('/5/0/2', ({ afterAnswer }) => {
      this.log.push(`execute in State ${this.state}`);
      if (this.state !== 2) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'not now');
      afterAnswer(() => this.#install());
    });
  }

  get state(): number {
    return this.#tree.content('/5/0/3') as number;
  }

  /** State and Update Result from now on. */
  enter(state: number, result: number): void {
    this.#era += 1;
    this.#tree.set('/5/0/3', state);
    this.#tree.set('/5/0/5', result);
  }

  #written(resourceId: 0 | 1, content: string | Uint8Array): void {
    const isReset = content.length === 0 || (content instanceof Uint8Array && content.length === 1 && content[0] === 0);
    this.log.push(
      isReset ? 'reset' : resourceId === 0 ? `package of ${content.length} bytes` : `fetch ${content as string}`,
    );
    if (isReset) {
      this.enter(0, 0);
      return;
    }
    if (this.state !== 0) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'not now');
    const result = this.#script.downloads?.[this.#downloads++] ?? 0;
    const { downloadMs = 10_000 } = this.#script;
    if (resourceId === 0) {
      this.#downloaded(result);
      return;
    }
    this.enter(1, 0);
    this.#later(downloadMs, () => this.#downloaded(result));
  }

  #downloaded(result: number): void {
    this.enter(result === 0 ? 2 : 0, result);
    const { packageVersion } = this.#script;
    if (result === 0 && packageVersion !== undefined) this.#tree.set('/5/0/7', packageVersion);
    if (result === 0 && this.#tree.content('/5/0/14') === true) this.#install();
  }

  #install(): void {
    const result = this.#script.installations?.[this.#installations++] ?? 1;
    const { keepsResult = true, newVersion, reboot } = this.#script;
    if (result === 11) {
      this.enter(2, 11);
      this.#later(600_000, () => this.#install());
      return;
    }
    this.enter(3, 0);
    this.#later(INSTALL_MS, () => {
      if (result === 1 && newVersion !== undefined) this.#tree.set('/3/0/3', newVersion);
      if (result === 8) this.enter(2, 8);
      else this.enter(0, result === 1 && !keepsResult ? 0 : result);
      reboot?.();
    });
  }

  #cancel(): void {
    this.log.push(`cancel in State ${this.state}`);
    if (this.state !== 1 && this.state !== 2) throw new Refusal(Code.METHOD_NOT_ALLOWED, 'not now');
    this.enter(0, 10);
  }

  #later(delayMs: number, callback: () => void): void {
    const era = this.#era;
    this.#clock.schedule(delayMs, () => {
      if (era === this.#era) callback();
    });
  }
}
