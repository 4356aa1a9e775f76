import { expect, test } from 'vitest';
import { loadSdk } from './load-sdk.ts';

const missing = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /app/adapter.js`), { code: 'ERR_MODULE_NOT_FOUND' });

test('gives what was loaded', async () => {
  expect(await loadSdk('openai/gpt-4o', 'openai', async () => ({ version: 7 }))).toEqual({ version: 7 });
});

test('says what to install when the SDK is missing', async () => {
  const cause = missing('groq-sdk');

  const sdk = loadSdk('groq/fast', 'groq-sdk', () => Promise.reject(cause));

  await expect(sdk).rejects.toMatchObject({
    code: 'not_configured',
    message: "groq/fast failed: not_configured: the 'groq-sdk' package is missing: npm install groq-sdk",
    possiblyBilled: false,
    cause,
  });
});

test('Node itself says it in the words that are looked for', async () => {
  const name: string = '@rolecall/no-such-sdk';

  const sdk = loadSdk('none/such', name, () => import(name));

  await expect(sdk).rejects.toMatchObject({ code: 'not_configured' });
});

test('lets anything else through: a package that the SDK itself misses, or a fault in it', async () => {
  const inner = missing('some-dependency');
  const fault = new SyntaxError('Unexpected token');

  await expect(loadSdk('openai/gpt-4o', 'openai', () => Promise.reject(inner))).rejects.toBe(inner);
  await expect(loadSdk('openai/gpt-4o', 'openai', () => Promise.reject(fault))).rejects.toBe(fault);
});
