/** Where an adapter sends its requests, and which of the environment's secrets may go there. */
import { ModelError } from '../errors.ts';
import { shown } from '../options-check.ts';

/** A vendor's own host, and the variables of the environment that its SDK reads. */
export interface Vendor {
  readonly host: string;
  readonly apiKeyVariable: string;
  readonly baseURLVariable: string;
  /** Headers for every request, one a line. */
  readonly headersVariable: string;
}

export interface EndpointOptions {
  readonly apiKey?: string | undefined;
  readonly baseURL?: string | undefined;
}

export interface Endpoint {
  /** Absent: the SDK's own. */
  readonly baseURL: string | undefined;
  /** The host is not the vendor's: somebody else's prices, and perhaps a server that needs no key. */
  readonly foreign: boolean;
  /** What must be set before anything can be sent there, if something must. */
  notConfigured(): string | undefined;
  /** What an SDK client needs to send requests there. Read at the first call. */
  credentials(model: string): Credentials;
}

export interface Credentials {
  readonly apiKey: string;
  /** What the SDK must send, or `null` for what it must not. */
  readonly headers: Record<string, string | null>;
}

/** Servers that need no key are sent this one, as the SDKs insist on having one. */
const placeholderKey = 'not-needed';

/**
 * Works out where requests go. What the environment holds for the vendor goes to the vendor, or to where the environment itself
 * sends it: never to a foreign host that only the code names.
 *
 * @throws {TypeError} when the base URL is none.
 */
export function endpointOf(vendor: Vendor, options: EndpointOptions): Endpoint {
  const baseURL = options.baseURL ?? variable(vendor.baseURLVariable);
  const foreign = baseURL !== undefined && !isHostOf(vendor, baseURL);
  const trusted = !foreign || options.baseURL === undefined;
  const findKey = (): string | undefined => {
    if (options.apiKey !== undefined) return options.apiKey; // asked for every call: to read the environment takes a while
    const fromEnvironment = trusted ? variable(vendor.apiKeyVariable) : undefined;
    return fromEnvironment ?? (foreign ? placeholderKey : undefined);
  };
  const reason = `set ${vendor.apiKeyVariable} or pass { apiKey }`;

  return {
    baseURL,
    foreign,
    notConfigured: () => (findKey() ? undefined : reason),
    credentials(model) {
      const apiKey = findKey();
      if (!apiKey) throw new ModelError('not_configured', { model, reason });
      return { apiKey, headers: trusted ? {} : withoutCustomHeaders(vendor, apiKey) };
    },
  };
}

function isHostOf({ host, baseURLVariable }: Vendor, baseURL: string): boolean {
  if (!URL.canParse(baseURL) || !/^https?:/i.test(baseURL)) {
    const shownURL = shown(typeof baseURL === 'string' ? baseURL.replace(/[^/@]*@/, '…@') : baseURL); // no password
    throw new TypeError(`baseURL (or ${baseURLVariable}) is ${shownURL}: expected a URL such as https://${host}`);
  }
  const { hostname } = new URL(baseURL);
  return hostname === host || hostname.endsWith(`.${host}`);
}

/** The SDKs add the headers they find in the environment to every request, a key among them perhaps: `null` strikes one out. */
function withoutCustomHeaders(vendor: Vendor, apiKey: string): Record<string, string | null> {
  const names = (variable(vendor.headersVariable) ?? '').split('\n').map((line) => line.split(':')[0]?.trim().toLowerCase());
  return { ...Object.fromEntries(names.filter(Boolean).map((name) => [name, null])), authorization: `Bearer ${apiKey}` };
}

/** A variable that is empty is not set. */
function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
