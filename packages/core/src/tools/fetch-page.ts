/** A tool that reads pages of the public internet, and of nothing else. */
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { invalid, requireAtLeast, requireCount, requireText, requireTimeout } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import { fetchPageWords } from '../prompt.ts';
import { tool, type Tool } from '../tool.ts';
import { addressGuard, type AddressGuard } from './addresses.ts';
import { decode } from './charset.ts';
import { guardedLookup } from './guarded-lookup.ts';
import { htmlToText } from './html-text.ts';
import { requestPage, type PageAnswer, type PageRequest } from './page-request.ts';
import { checkedUrl } from './page-url.ts';
import { textArgument } from './text-argument.ts';

export interface FetchPageOptions {
  /** What the model calls it by. @default 'fetch_page' */
  readonly name?: string | undefined;
  /** What the model is told of it. @default a sentence that says what it reads */
  readonly description?: string | undefined;
  /** Bytes of a page, decompressed. @default 2_000_000 */
  readonly maxBytes?: number | undefined;
  /** Milliseconds for a page, redirects included. @default 20_000 */
  readonly timeoutMs?: number | undefined;
  /** Redirects that are followed. @default 5 */
  readonly maxRedirects?: number | undefined;
  /** Shows where the links of a page lead. @default false */
  readonly links?: boolean | undefined;
  /** Sent with every request. @default 'rolecall' */
  readonly userAgent?: string | undefined;
  /** Addresses and ranges (`10.1.0.0/16`) that are not public, and may be read all the same. @default [] */
  readonly allowAddresses?: readonly string[] | undefined;
  /** Resolves names, as `dns.lookup` does; what it gives is checked. @default dns.lookup */
  readonly lookup?: LookupFunction | undefined;
}

const fetchPageOptions: OptionNames<FetchPageOptions> = {
  name: true,
  description: true,
  maxBytes: true,
  timeoutMs: true,
  maxRedirects: true,
  links: true,
  userAgent: true,
  allowAddresses: true,
  lookup: true,
};

interface Fetching extends Omit<PageRequest, 'signal'> {
  readonly guard: AddressGuard;
  readonly timeoutMs: number;
  readonly maxRedirects: number;
  readonly links: boolean;
}

/**
 * A tool that gives the readable text of a web page. Needs the package `htmlparser2`. It connects to public addresses only:
 * names are judged by what they resolve to, for every connection and every redirect.
 *
 * @example
 * const researcher = new Agent({ role: 'Researcher', goal: 'Find out about {topic}', backstory: 'You read.', tools: [fetchPage()] });
 *
 * @throws {TypeError} when an option is not valid.
 */
export function fetchPage(options: FetchPageOptions = {}): Tool {
  const owner = 'fetchPage';
  requireOptions(owner, options, fetchPageOptions);
  const { name = 'fetch_page', description = fetchPageWords.description, maxBytes = 2_000_000, timeoutMs = 20_000 } = options;
  const { maxRedirects = 5, links = false, userAgent = 'rolecall', lookup = systemLookup } = options;
  requireCount(owner, 'maxBytes', maxBytes);
  requireTimeout(owner, 'timeoutMs', timeoutMs);
  requireAtLeast(owner, 'maxRedirects', maxRedirects, 0);
  requireText(owner, 'userAgent', userAgent);
  if (typeof links !== 'boolean') throw invalid(owner, 'links', links, 'true or false');
  if (typeof lookup !== 'function') throw invalid(owner, 'lookup', lookup, 'a function such as dns.lookup');
  const guard = addressGuard(owner, options.allowAddresses);
  const fetching = { guard, lookup: guardedLookup(lookup, guard), maxBytes, timeoutMs, maxRedirects, links, userAgent };

  return tool({
    name,
    description,
    parameters: textArgument('url', fetchPageWords.url),
    execute: ({ url }, { signal }) => read(url, fetching, signal),
  });
}

async function read(url: string, fetching: Fetching, outer: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(fetching.timeoutMs);
  const signal = AbortSignal.any([outer, timeout]);
  try {
    const { at, page } = await follow(url, { ...fetching, signal });
    const text = decode(page.body, page.charset);
    const readable = page.kind === 'html' ? await htmlToText(text, at, fetching.links, signal) : text;
    return fetchPageWords.page(at.href, readable.trim());
  } catch (error) {
    outer.throwIfAborted();
    if (timeout.aborted) throw new Error(`the page took longer than ${fetching.timeoutMs} ms`, { cause: error });
    throw error;
  }
}

type Page = Extract<PageAnswer, { readonly kind: unknown }>;

async function follow(start: string, fetching: Fetching & PageRequest): Promise<{ at: URL; page: Page }> {
  let at = checkedUrl(start, undefined, fetching.guard);
  for (let redirects = 0; redirects <= fetching.maxRedirects; redirects++) {
    const answer = await requestPage(at, fetching);
    if (answer.movedTo === undefined) return { at, page: answer };
    at = checkedUrl(answer.movedTo, at, fetching.guard);
  }
  throw new Error(`the page was redirected more than ${fetching.maxRedirects} times`);
}
