import { expect, test } from 'vitest';
import { MemoryKeyStore } from '../keys/key-store.ts';
import { sameText } from '../keys/virtual-key.ts';
import { Access } from './access.ts';
import { isLoopback } from './loopback.ts';
import { hasSession, sessionCookie } from './session.ts';

test.each(['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])(
  '%s leads here',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(['0.0.0.0', '::', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.nip.io', 'evil.example', '', '1270.0.0.1'])(
  '%s may lead elsewhere',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

const access = (masterKey?: string, insecure = false): Access =>
  new Access(new MemoryKeyStore(), { masterKey, metricsPublic: false, cacheShared: false }, insecure);

test('without a master key it listens on loopback alone, unless it is told to be insecure', () => {
  expect(() => access().mayListenOn('0.0.0.0')).toThrow(TypeError);
  expect(() => access().mayListenOn('127.0.0.1')).not.toThrow();
  expect(() => access('sk-master').mayListenOn('0.0.0.0')).not.toThrow();
  expect(() => access(undefined, true).mayListenOn('0.0.0.0')).not.toThrow();
});

test('insecure on another address takes any Host, and no foreign page all the same', () => {
  const open = access(undefined, true);
  open.mayListenOn('0.0.0.0');

  expect(open.admit({ method: 'GET', url: '/v1/models', headers: { host: 'box.example' } }, 'key')).toMatchObject({
    isAdmin: true,
  });
  expect(() =>
    open.admit({ method: 'GET', url: '/', headers: { host: 'box.example', origin: 'https://evil.example' } }, 'key'),
  ).toThrow('other origins');
});

test('texts are the same, or not, whatever their lengths', () => {
  expect([sameText('sk-a', 'sk-a'), sameText('sk-a', 'sk-b'), sameText('', 'sk-b'), sameText('sk', 'sk-long')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('a session ends after its time, with another master key, and when it is tampered with', () => {
  const now = Date.now();
  const cookie = sessionCookie('sk-master', {}, now).split(';')[0] ?? '';
  const longer = cookie.replace(String(now + 12 * 3_600_000), String(now + 99 * 3_600_000));

  expect(hasSession('sk-master', { cookie }, now)).toBe(true);
  expect(hasSession('sk-master', { cookie }, now + 13 * 3_600_000)).toBe(false);
  expect(hasSession('sk-other', { cookie }, now)).toBe(false);
  expect(hasSession('sk-master', { cookie: longer }, now)).toBe(false);
  expect(hasSession('sk-master', {}, now)).toBe(false);
});

test('the cookie is for HTTPS alone where a proxy says it was asked so', () => {
  expect(sessionCookie('sk-master', {})).not.toContain('Secure');
  expect(sessionCookie('sk-master', { 'x-forwarded-proto': 'https' })).toContain('; Secure');
});
