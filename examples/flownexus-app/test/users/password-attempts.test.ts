import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { FailureLimiter } from '../../src/users/failure-limiter.ts';
import { PasswordAttempts, TooManyAttempts, WrongCredentials } from '../../src/users/password-attempts.ts';
import { UsedCodes } from '../../src/users/used-codes.ts';

const refuse = () => Promise.reject(new WrongCredentials('no'));

test('failures are counted by key within a window, and keys are bounded', () => {
  let now = 0;
  const limiter = new FailureLimiter({ failures: 2, windowMs: 100, keys: 2, now: () => now });
  expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 0]);
  now = 40;
  expect(limiter.take('a')).toBe(60);
  limiter.giveBack('a');
  expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 60]);
  now = 100;
  expect(limiter.take('a')).toBe(0);
  limiter.take('b');
  limiter.take('b');
  expect(limiter.take('b')).toBeGreaterThan(0);
  // The oldest makes room: a, not b.
  limiter.take('c');
  expect(limiter.take('b')).toBeGreaterThan(0);
  limiter.forget('b');
  expect(limiter.take('b')).toBe(0);
});

test('one address can try only so many names, also from all of its IPv6 network', async () => {
  for (const addresses of [
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:1:2:3'],
  ]) {
    const attempts = new PasswordAttempts(() => 0);
    for (let i = 0; i < limits.failuresPerAddress; i += 1) {
      const address = addresses[i % addresses.length];
      await expect(attempts.run({ name: `n${i}`, address }, refuse)).rejects.toThrow(WrongCredentials);
    }
    const one = attempts.run({ name: 'other', address: addresses[0] }, () => Promise.resolve(1));
    await expect(one).rejects.toThrow(TooManyAttempts);
    for (const address of ['192.0.2.2', '2001:db8:1:3::1']) {
      await expect(attempts.run({ name: 'other', address }, () => Promise.resolve(1))).resolves.toBe(1);
    }
  }
});

test('what succeeds, and what fails without anybody’s fault, does not count', async () => {
  const attempts = new PasswordAttempts(() => 0);
  const attempt = { name: 'a', address: '192.0.2.1' };
  for (let i = 0; i < 2 * limits.failuresPerAddress; i += 1) {
    await attempts.run(attempt, () => Promise.resolve());
    await expect(attempts.run(attempt, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  }
  await expect(attempts.run(attempt, refuse)).rejects.toThrow(WrongCredentials);
});

test('many attempts at once do not get past the bound, and only so many run', async () => {
  const attempts = new PasswordAttempts(() => 0);
  const waiting: (() => void)[] = [];
  const check = () => new Promise<never>((_, reject) => waiting.push(() => reject(new WrongCredentials('no'))));
  const all = Array.from({ length: 100 }, (_, i) => attempts.run({ name: `n${i}`, address: '192.0.2.1' }, check));
  const ended = Promise.allSettled(all);
  expect(waiting).toHaveLength(limits.passwordChecks);
  for (const end of waiting) end();
  const reasons = (await ended).map((each) => (each.status === 'rejected' ? (each.reason as unknown) : undefined));
  expect(reasons.filter((reason) => reason instanceof WrongCredentials)).toHaveLength(limits.passwordChecks);
  expect(reasons.filter((reason) => reason instanceof TooManyAttempts && !reason.blocked)).toHaveLength(92);
});

test('a code counts once for a user, for as long as it could be taken', () => {
  let now = 0;
  const codes = new UsedCodes(() => now);
  expect([codes.take('a', '1'), codes.take('a', '1'), codes.take('b', '1')]).toEqual([true, false, true]);
  codes.giveBack('b', '1');
  expect(codes.take('b', '1')).toBe(true);
  now = limits.usedCodeMs;
  expect(codes.take('a', '1')).toBe(true);
});
