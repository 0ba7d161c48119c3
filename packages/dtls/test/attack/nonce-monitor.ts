import type * as AeadModule from '../../src/records/protect/aead.ts';

const used = new Set<string>();

/** How many records were sealed since the last `forgetNonces`. */
export function sealedRecords(): number {
  return used.size;
}

/** Another world begins, whose random numbers and so whose keys may be those of one before. */
export function forgetNonces(): void {
  used.clear();
}

/**
 * The module that seals records, watched: it throws when a nonce is used twice with one key. A test file gets it by
 *
 *     vi.mock(import('../../src/records/protect/aead.ts'), async (original) => {
 *       const { watched } = await import('./nonce-monitor.ts');
 *       return watched(await original());
 *     });
 */
export function watched(module: typeof AeadModule): typeof AeadModule {
  return {
    ...module,
    sealAead: (aead, key, nonce, ...rest) => {
      const name = `${key.export().toString('latin1')}${Buffer.from(nonce).toString('latin1')}`;
      if (used.has(name)) throw new Error('a nonce was used twice');
      used.add(name);
      module.sealAead(aead, key, nonce, ...rest);
    },
  };
}
