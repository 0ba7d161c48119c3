import { expect, test } from 'vitest';
import { PackageBytes } from '../../src/firmware/package-bytes.ts';
import { limits } from '../../src/limits.ts';

function source(bytes: Uint8Array, size: number = bytes.length) {
  return {
    size,
    etag: Uint8Array.of(1),
    read: (offset: number, length: number) => {
      if (length > 1_024) throw new RangeError('a source gives 1024 bytes at most');
      return bytes.subarray(offset, offset + length);
    },
  };
}

test('a package is read once for all who use it at a time, and anew afterwards', async () => {
  let opened = 0;
  const bytes = Uint8Array.from({ length: 2_500 }, (_, index) => index & 0xff);
  const packages = new PackageBytes({
    open: () => {
      opened += 1;
      return source(bytes);
    },
  });
  const used = await Promise.all([1, 2, 3].map(() => packages.use('app', (given) => Promise.resolve(given))));
  expect(used[0]).toEqual(bytes);
  expect(new Set(used).size).toBe(1);
  expect(opened).toBe(1);
  await packages.use('app', () => Promise.resolve());
  expect(opened).toBe(2);
});

test('what can not be pushed', async () => {
  const failing = { ...source(Uint8Array.of(1)), read: () => Promise.reject(new Error('gone')) };
  const short = { ...source(Uint8Array.of(1, 2)), read: () => Uint8Array.of(1) };
  const sources: Readonly<Record<string, ReturnType<typeof source> | undefined>> = {
    empty: source(new Uint8Array(0)),
    large: source(Uint8Array.of(1), limits.maxPushedPackageBytes + 1),
  };
  const packages = new PackageBytes({
    open: (id) => (id === 'failing' ? failing : id === 'short' ? short : sources[id]),
  });
  for (const id of ['none', 'empty', 'large', 'failing', 'short']) {
    await expect(packages.use(id, () => Promise.resolve())).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_PACKAGE' });
  }
});

test('what the work rejects with comes out, and the package is let go', async () => {
  let opened = 0;
  const packages = new PackageBytes({ open: () => (opened++, source(Uint8Array.of(1))) });
  await expect(packages.use('app', () => Promise.reject(new Error('work')))).rejects.toThrow('work');
  await packages.use('app', () => Promise.resolve());
  expect(opened).toBe(2);
});

test('what was opened is disposed of, whatever became of it', async () => {
  let open = 0;
  const given: Readonly<Record<string, Partial<ReturnType<typeof source>>>> = {
    app: {},
    empty: { size: 0 },
    large: { size: limits.maxPushedPackageBytes + 1 },
    failing: { read: () => Promise.reject(new Error('gone')) as never },
  };
  const packages = new PackageBytes({
    open: (id) => {
      open += 1;
      return {
        ...source(Uint8Array.of(1)),
        ...given[id],
        [Symbol.asyncDispose]: () => Promise.resolve().then(() => void (open -= 1)),
      };
    },
  });
  expect(await packages.sizeOf('app')).toBe(1);
  await expect(packages.sizeOf('empty')).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_PACKAGE' });
  for (const id of Object.keys(given)) {
    await packages
      .use(id, () => {
        expect(open).toBe(0);
        return Promise.resolve();
      })
      .catch(() => undefined);
    expect(open).toBe(0);
  }
});

test('different packages at a time have a bound, and there is room again when one is let go', async () => {
  const size = limits.maxPushedPackageBytes;
  const bytes = new Uint8Array(1_024);
  const large = { ...source(bytes), size, read: (_offset: number, length: number) => bytes.subarray(0, length) };
  const packages = new PackageBytes({ open: (id) => (id === 'small' ? source(bytes) : large) });
  const ends: (() => void)[] = [];
  const begun: Promise<unknown>[] = [];
  const held = ['a', 'b', 'c', 'd'].map((id) => {
    const { promise: inUse, resolve: begin } = Promise.withResolvers<undefined>();
    begun.push(inUse);
    return packages.use(id, () => {
      begin(undefined);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  });
  await Promise.all(begun);
  await expect(packages.use('small', () => Promise.resolve())).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_LIMIT',
  });
  ends[0]?.();
  await held[0];
  await packages.use('small', () => Promise.resolve());
  for (const end of ends) end();
  await Promise.all(held);
});
