import type { PlugtestCase } from '../environment.ts';
import { block } from './block.ts';
import { coreMessages } from './core-messages.ts';
import { coreMethods } from './core-methods.ts';
import { coreOptions } from './core-options.ts';
import { link } from './link.ts';
import { observation } from './observe.ts';

/** The test descriptions in the order of their IDs. */
export const plugtestCases: readonly PlugtestCase[] = [
  ...[...coreMethods, ...coreMessages, ...coreOptions].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ...link,
  ...block,
  ...observation,
];
