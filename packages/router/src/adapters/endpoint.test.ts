import { afterEach, describe, expect, test, vi } from 'vitest';
import { endpointOf, type Vendor } from './endpoint.ts';

const vendor: Vendor = {
  host: 'api.vendor.com',
  apiKeyVariable: 'VENDOR_API_KEY',
  baseURLVariable: 'VENDOR_BASE_URL',
  headersVariable: 'VENDOR_CUSTOM_HEADERS',
};
const foreign = 'http://localhost:8000/v1';

afterEach(() => void vi.unstubAllEnvs());

describe('whose host it is', () => {
  test.each([
    [undefined, false],
    ['https://api.vendor.com/v1', false],
    ['https://eu.api.vendor.com/v1', false],
    ['https://api.vendor.com.evil.example/v1', true],
    ['https://evil-api.vendor.com/v1', true],
    [foreign, true],
  ])('%s: foreign is %s', (baseURL, isForeign) => {
    expect(endpointOf(vendor, { baseURL }).foreign).toBe(isForeign);
  });

  test('the environment may name it too', () => {
    vi.stubEnv('VENDOR_BASE_URL', foreign);

    expect(endpointOf(vendor, {})).toMatchObject({ baseURL: foreign, foreign: true });
  });

  test('a base URL that is none is refused at once, by name', () => {
    expect(() => endpointOf(vendor, { baseURL: 'localhost' })).toThrow(
      new TypeError('baseURL (or VENDOR_BASE_URL) is "localhost": expected a URL such as https://api.vendor.com'),
    );
  });
});

describe('the key', () => {
  test("of the environment goes to the vendor, and where the environment's own base URL leads", () => {
    vi.stubEnv('VENDOR_API_KEY', 'secret');
    const toVendor = endpointOf(vendor, {}).credentials('v/m').apiKey;
    vi.stubEnv('VENDOR_BASE_URL', foreign);
    const toProxy = endpointOf(vendor, {}).credentials('v/m').apiKey;

    expect([toVendor, toProxy]).toEqual(['secret', 'secret']);
  });

  test('of the environment never goes to a foreign host that only the code names', () => {
    vi.stubEnv('VENDOR_API_KEY', 'secret');

    const { apiKey } = endpointOf(vendor, { baseURL: foreign }).credentials('v/m');

    expect(apiKey).toBe('not-needed');
  });

  test('that was passed goes wherever the code says', () => {
    expect(endpointOf(vendor, { baseURL: foreign, apiKey: 'given' }).credentials('v/m').apiKey).toBe('given');
  });

  test('that is nowhere is asked for by name', () => {
    vi.stubEnv('VENDOR_API_KEY', ' ');

    expect(() => endpointOf(vendor, {}).credentials('v/m')).toThrow(
      'v/m failed: not_configured: set VENDOR_API_KEY or pass { apiKey }',
    );
  });

  test('is looked for at the first call, not before', () => {
    const endpoint = endpointOf(vendor, {});
    vi.stubEnv('VENDOR_API_KEY', 'late');

    expect(endpoint.credentials('v/m').apiKey).toBe('late');
  });
});

describe('the headers of the environment', () => {
  test('are struck out for a foreign host, a key among them too', () => {
    vi.stubEnv('VENDOR_CUSTOM_HEADERS', 'X-Team: blue\nAuthorization: Bearer secret');

    const { headers } = endpointOf(vendor, { baseURL: foreign, apiKey: 'given' }).credentials('v/m');

    expect(headers).toEqual({ 'x-team': null, authorization: 'Bearer given' });
  });

  test('are left alone for the vendor', () => {
    vi.stubEnv('VENDOR_CUSTOM_HEADERS', 'X-Team: blue');

    expect(endpointOf(vendor, { apiKey: 'given' }).credentials('v/m').headers).toEqual({});
  });
});
