/** One GET of one URL: a page, or where it has moved to. Nothing is followed here. */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { kindOf, type PageKind } from './content-type.ts';

export interface PageRequest {
  readonly lookup: LookupFunction;
  readonly maxBytes: number;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

export type PageAnswer =
  | { readonly movedTo: string }
  | { readonly movedTo?: undefined; readonly kind: PageKind; readonly charset: string | undefined; readonly body: Buffer };

export async function requestPage(url: URL, options: PageRequest): Promise<PageAnswer> {
  const response = await send(url, options);
  try {
    const { statusCode = 0, headers } = response;
    if (redirects.has(statusCode) && headers.location !== undefined) return { movedTo: headers.location };
    if (statusCode < 200 || statusCode > 299) throw new Error(`${url.host} answered with status ${statusCode}`);
    const { kind, charset } = kindOf(headers['content-type']);
    return { kind, charset, body: await bodyOf(response, options) };
  } finally {
    response.destroy();
  }
}

const redirects = new Set([301, 302, 303, 307, 308]);

function send(url: URL, { lookup, userAgent, signal }: PageRequest): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { accept: 'text/html, text/*;q=0.9, */*;q=0.5', 'accept-encoding': 'gzip, br', 'user-agent': userAgent };
  return new Promise((resolve, reject) => {
    // No agent: a kept connection, or a proxy of the environment, would be a way around the look-up.
    request(url, { agent: false, lookup, signal, headers })
      .once('response', resolve)
      .once('error', reject)
      .once('close', () => reject(new Error(`${url.host} closed the connection without an answer`)))
      .end();
  });
}

/** The body, decompressed. Both sides of the decoder are counted: a bomb is large on one of them. */
async function bodyOf(response: IncomingMessage, { maxBytes, signal }: PageRequest): Promise<Buffer> {
  const decoder = decoderFor(response.headers['content-encoding']);
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of atMost(maxBytes, source)) chunks.push(chunk);
  };
  const raw = (source: AsyncIterable<Buffer>): AsyncIterable<Buffer> => atMost(maxBytes, source);
  const incoming: Readable = response;
  await (decoder ? pipeline(incoming, raw, decoder, collect, { signal }) : pipeline(incoming, collect, { signal }));
  return Buffer.concat(chunks);
}

async function* atMost(maxBytes: number, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the page is larger than the ${maxBytes} bytes that are read`);
    yield chunk;
  }
}

function decoderFor(encoding = 'identity'): Transform | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return undefined;
  if (name === 'gzip' || name === 'x-gzip') return createGunzip();
  if (name === 'br') return createBrotliDecompress();
  if (name === 'deflate') return createInflate();
  throw new Error(`the page is encoded as ${JSON.stringify(name.slice(0, 40))}, which is not read`);
}
