import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ToolResult } from '../tool.ts';
import { fetchPage, type FetchPageOptions } from './fetch-page.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let port: number;
let handler: Handler;
let seen: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    handler(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;
});

beforeEach(() => {
  seen = [];
  handler = html('<p>Hello</p>');
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

function html(body: string | Buffer, headers: Record<string, string> = {}): Handler {
  return (_request, response) => response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
}

/** Answers one address after the other, and the last one from then on. */
function resolving(...addresses: string[]): LookupFunction {
  let calls = 0;
  return (_hostname, _options, callback) => {
    const address = addresses[Math.min(calls, addresses.length - 1)] ?? '';
    calls += 1;
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
  };
}

/** A public address and a private one. */
const oneOfTwo: LookupFunction = (_name, _options, callback) =>
  callback(null, [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]);

const here: FetchPageOptions = { allowAddresses: ['127.0.0.1'], lookup: resolving('127.0.0.1') };

function read(
  url: string,
  options: FetchPageOptions = here,
  signal: AbortSignal = new AbortController().signal,
): Promise<ToolResult> {
  const context = { signal } as Parameters<ReturnType<typeof fetchPage>['call']>[1];
  return fetchPage(options).call(JSON.stringify({ url }), context);
}

describe('what fetchPage refuses', () => {
  test.each([
    ['http://127.0.0.1:PORT/', '127.0.0.1 is refused: it is loopback'],
    ['http://127.1:PORT/', '127.0.0.1 is refused'],
    ['http://2130706433:PORT/', '127.0.0.1 is refused'],
    ['http://0x7f000001:PORT/', '127.0.0.1 is refused'],
    ['http://0177.0.0.1:PORT/', '127.0.0.1 is refused'],
    ['http://0x7f.0.0.1:PORT/', '127.0.0.1 is refused'],
    ['http://127.0.0.1.:PORT/', '127.0.0.1 is refused'],
    ['http://%31%32%37.0.0.1:PORT/', '127.0.0.1 is refused'],
    ['http://１２７.０.０.１:PORT/', '127.0.0.1 is refused'],
    ['http://①②⑦.0.0.1:PORT/', '127.0.0.1 is refused'],
    ['http://0:PORT/', '0.0.0.0 is refused'],
    ['http://0.0.0.0:PORT/', '0.0.0.0 is refused'],
    ['http://[::1]:PORT/', '[::1] is refused'],
    ['http://[::]:PORT/', '[::] is refused'],
    ['http://[::ffff:127.0.0.1]:PORT/', 'is refused'],
    ['http://[::ffff:7f00:1]:PORT/', 'is refused'],
    ['http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/', 'is refused'],
    ['http://[64:ff9b::127.0.0.1]/', 'is refused'],
    ['http://[fd00:ec2::254]/latest/meta-data/', 'unique local'],
    ['http://[fe80::1]/', 'link-local'],
    ['http://169.254.169.254/latest/meta-data/', 'link-local'],
    ['http://2852039166/latest/meta-data/', '169.254.169.254 is refused'],
    ['http://100.100.100.200/', 'carrier-grade NAT'],
    ['http://10.0.0.1/', 'private'],
    ['http://192.168.0.1/', 'private'],
    ['http://172.16.0.1/', 'private'],
    ['http://user:pass@example.com/', 'user name or a password'],
    ['http://example.com@127.0.0.1:PORT/', 'user name or a password'],
    ['http://127.0.0.1:PORT\\@example.com/', '127.0.0.1 is refused'],
    ['file:///etc/passwd', 'file: are refused'],
    ['ftp://example.com/', 'ftp: are refused'],
    ['gopher://127.0.0.1:PORT/_', 'gopher: are refused'],
    ['data:text/html,hi', 'data: are refused'],
    ['javascript:alert(1)', 'javascript: are refused'],
    ['example.com/page', 'not a URL'],
    ['//example.com', 'not a URL'],
    ['http://', 'not a URL'],
    ['http://[fe80::1%25eth0]/', 'not a URL'],
    ['', 'expected a text'],
  ])('%s', async (url, reason) => {
    const result = await read(url.replace('PORT', String(port)), {});

    expect(result).toMatchObject({ isError: true, content: expect.stringContaining(reason) });
    expect(seen).toEqual([]);
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '100.64.0.1', '::1', 'fd00::1', '::ffff:127.0.0.1', 'not an address'])(
    'a name that resolves to %s',
    async (address) => {
      const result = await read(`http://public.test:${port}/`, { lookup: resolving(address) });

      expect(result.content).toContain(`public.test is refused: ${address} is`);
      expect(seen).toEqual([]);
    },
  );

  test('a name of which but one address is private', async () => {
    const result = await read(`http://public.test:${port}/`, { lookup: oneOfTwo });

    expect(result.content).toContain('127.0.0.1 is loopback');
  });

  test('localhost, by the look-up of the system', async () => {
    const result = await read(`http://localhost:${port}/`, {});

    expect(result.content).toContain('localhost is refused');
    expect(seen).toEqual([]);
  });

  test('a name that is resolved to another address the second time: what was judged is what is connected to', async () => {
    const lookup = resolving('127.0.0.1', '127.0.0.2');
    const options = { allowAddresses: ['127.0.0.1'], lookup };
    handler = (_request, response) => response.writeHead(302, { location: '/again' }).end();

    const result = await read(`http://rebind.test:${port}/`, options);

    expect(result.content).toContain('rebind.test is refused: 127.0.0.2 is loopback');
    expect(seen).toEqual([`rebind.test:${port} /`]);
  });

  test.each([
    ['http://127.0.0.2:PORT/', 'is loopback'],
    ['http://[::1]:PORT/', 'is loopback'],
    ['http://169.254.169.254/latest/', 'is link-local'],
    ['//10.0.0.1/', 'is private'],
    ['file:///etc/passwd', 'file: are refused'],
    ['http://me:secret@page.test:PORT/', 'a user name or a password'],
  ])('a redirect to %s', async (location, reason) => {
    handler = (_request, response) => response.writeHead(302, { location: location.replace('PORT', String(port)) }).end();

    const result = await read(`http://page.test:${port}/start`);

    expect(result).toMatchObject({ isError: true, content: expect.stringContaining(reason) });
    expect(result.content).not.toContain('secret');
    expect(seen).toEqual([`page.test:${port} /start`]);
  });

  test('redirects without end', async () => {
    handler = (_request, response) => response.writeHead(307, { location: '/round' }).end();

    const result = await read(`http://page.test:${port}/`, { ...here, maxRedirects: 3 });

    expect(result.content).toContain('redirected more than 3 times');
    expect(seen).toHaveLength(4);
  });
});

describe('limits of fetchPage', () => {
  test.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
    ['deflate', deflateSync(Buffer.alloc(50_000_000))],
  ])('a %s bomb ends at the limit, far below its size', async (encoding, bomb) => {
    handler = html(bomb, { 'content-encoding': encoding });
    const before = process.memoryUsage().arrayBuffers;

    const result = await read(`http://page.test:${port}/`, { ...here, maxBytes: 100_000 });

    expect(bomb.length).toBeLessThan(100_000);
    expect(result.content).toContain('larger than the 100000 bytes');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('a body that is compressed to no output is counted too', async () => {
    const empty = gzipSync(Buffer.alloc(0));
    handler = html(Buffer.concat(Array.from({ length: 20_000 }, () => empty)), { 'content-encoding': 'gzip' });

    const result = await read(`http://page.test:${port}/`, { ...here, maxBytes: 100_000 });

    expect(result.content).toContain('larger than the 100000 bytes');
  });

  test('a page without end is cut off', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    };

    const result = await read(`http://page.test:${port}/`, { ...here, maxBytes: 100_000 });

    expect(result.content).toContain('larger than the 100000 bytes');
  });

  test.each<[string, Handler]>([
    ['never answers', () => undefined],
    [
      'sends a byte and stalls',
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).write('x'),
    ],
    ['redirects slowly', (_request, response) => void setTimeout(() => response.writeHead(302, { location: '/' }).end(), 40)],
  ])('a server that %s is left after the time limit', async (_what, slow) => {
    handler = slow;

    const result = await read(`http://page.test:${port}/`, { ...here, timeoutMs: 100, maxRedirects: 1_000 });

    expect(result.content).toContain('took longer than 100 ms');
  });

  test('an abort ends the request, and is not taken for a time limit', async () => {
    handler = () => controller.abort(new Error('enough'));
    const controller = new AbortController();

    const result = await read(`http://page.test:${port}/`, here, controller.signal);

    expect(result.content).toContain('enough');
  });

  test.each([
    ['image/png', 'the content type "image/png"'],
    ['application/pdf', 'the content type "application/pdf"'],
    ['application/octet-stream', 'the content type "application/octet-stream"'],
    ['', 'no content type'],
  ])('content of type %j is refused', async (type, reason) => {
    handler = (_request, response) => response.writeHead(200, type === '' ? {} : { 'content-type': type }).end('x');

    const result = await read(`http://page.test:${port}/`);

    expect(result.content).toContain(reason);
  });

  test.each<[string, Handler, string]>([
    [
      'a status of failure',
      (_request, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('no'),
      'status 404',
    ],
    ['an encoding that is not known', html('x', { 'content-encoding': 'zstd' }), 'encoded as "zstd"'],
    ['two encodings', html('x', { 'content-encoding': 'gzip, gzip' }), 'encoded as "gzip, gzip"'],
    ['a body that is not what it says', html('plain', { 'content-encoding': 'gzip' }), 'incorrect header check'],
    [
      'a body that is cut off',
      html(gzipSync('x'.repeat(1_000)).subarray(0, 20), { 'content-encoding': 'gzip' }),
      'unexpected end',
    ],
    ['a connection that is cut', (request) => request.socket.destroy(), 'failed'],
  ])('%s is told to the model', async (_what, answer, reason) => {
    handler = answer;

    const result = await read(`http://page.test:${port}/`);

    expect(result).toMatchObject({ isError: true, content: expect.stringContaining(reason) });
  });
});

describe('what fetchPage gives', () => {
  test('the readable text, its title first, without scripts, styles and navigation', async () => {
    handler = html(`<!doctype html><html><head><title>Tea &amp; time</title><style>p{}</style></head><body>
      <nav>Home</nav><script>steal()</script><main><h1>Brewing</h1><p>Use <b>fresh</b> water.</p>
      <ul><li>Green</li><li>Black</li></ul><a href="/more">Read more</a></main><footer>Imprint</footer></body></html>`);

    const { content, isError } = await read(`http://page.test:${port}/tea`);

    expect(isError).toBe(false);
    expect(content).toContain(
      `http://page.test:${port}/tea\n\nTea & time\n\n# Brewing\n\nUse fresh water.\n\n- Green\n- Black\n\nRead more`,
    );
    expect(content).not.toMatch(/steal|p\{\}|Home|Imprint|\/more/);
  });

  test('where links lead, if that is asked for', async () => {
    handler = html('<p><a href="/more">Read more</a></p>');

    const { content } = await read(`http://page.test:${port}/`, { ...here, links: true });

    expect(content).toContain(`Read more [http://page.test:${port}/more]`);
  });

  test('the page that a redirect leads to, under its own address', async () => {
    handler = (request, response) => {
      if (request.url === '/old') response.writeHead(301, { location: 'new#part' }).end();
      else html('<p>Here now</p>')(request, response);
    };

    const { content } = await read(`http://page.test:${port}/old`);

    expect(content).toBe(`http://page.test:${port}/new#part\n\nHere now`);
  });

  test.each([
    ['gzip', gzipSync('<p>grün</p>')],
    ['br', brotliCompressSync('<p>grün</p>')],
    ['deflate', deflateSync('<p>grün</p>')],
  ])('a page in %s', async (encoding, body) => {
    handler = html(body, { 'content-encoding': encoding });

    const { content } = await read(`http://page.test:${port}/`);

    expect(content).toContain('grün');
  });

  test.each<[string, string, Buffer]>([
    ['the header', 'text/html; charset="ISO-8859-1"', Buffer.from('<p>grün</p>', 'latin1')],
    ['a meta tag', 'text/html', Buffer.from('<meta charset=windows-1252><p>grün</p>', 'latin1')],
    [
      'an http-equiv',
      'text/html',
      Buffer.from('<meta http-equiv=content-type content="text/html; charset=latin1"><p>grün</p>', 'latin1'),
    ],
    ['a byte order mark', 'text/plain', Buffer.from('\uFEFFgrün', 'utf16le')],
    ['a mark that gainsays the header', 'text/plain; charset=latin1', Buffer.from('\uFEFFgrün')],
    ['nothing, in UTF-8', 'text/plain', Buffer.from('grün')],
    ['nothing, in windows-1252', 'text/plain', Buffer.from('grün', 'latin1')],
    ['a label that nobody knows', 'text/plain; charset=klingon', Buffer.from('grün')],
    ['a meta tag that cannot be true', 'text/html', Buffer.from('<meta charset="utf-16"><p>grün</p>')],
  ])('text in the encoding named by %s', async (_where, type, body) => {
    handler = (_request, response) => response.writeHead(200, { 'content-type': type }).end(body);

    const { content } = await read(`http://page.test:${port}/`);

    expect(content).toContain('grün');
  });

  test.each(['application/json', 'text/markdown', 'application/ld+json', 'application/atom+xml'])('%s as it is', async (type) => {
    handler = (_request, response) => response.writeHead(200, { 'content-type': type }).end('{"a": "<b>"}');

    const { content } = await read(`http://page.test:${port}/`);

    expect(content).toContain('{"a": "<b>"}');
  });

  test('tables, code and line breaks keep their shape', async () => {
    handler = html(
      '<table><tr><th>Tea</th><th>°C</th></tr><tr><td>Green</td><td>80</td></tr></table><pre>a\n  b</pre>one<br>two',
    );

    const { content } = await read(`http://page.test:${port}/`);

    expect(content).toContain('Tea | °C\nGreen | 80\n\na\n  b\n\none\ntwo');
  });

  test.each([
    ['tags that are never closed', '<b>'.repeat(600_000)],
    ['closing tags of nothing', `${'<b>'.repeat(500)}${'</x>'.repeat(400_000)}`],
    ['tags that never end', '<title'.repeat(300_000)],
    ['titles', '<title>x'.repeat(200_000)],
    ['attributes without end', `<a ${'b=c '.repeat(400_000)}>`],
    ['entities', '&amp;'.repeat(380_000)],
    ['white space', `<p>${' '.repeat(1_900_000)}x`],
    ['comments', '<!--'.repeat(450_000)],
    ['a table of a hundred million columns', '<table><tr><td colspan=100000000 rowspan=100000000>x</table>'],
    ['lists in lists', '<ul><li>'.repeat(250_000)],
    ['left-out elements', '<nav>'.repeat(390_000)],
  ])('hostile HTML is done with in no more time than its size takes: %s', { timeout: 10_000 }, async (_what, page) => {
    handler = html(page);

    const { content } = await read(`http://page.test:${port}/`, { ...here, timeoutMs: 10_000 });

    expect(content).not.toContain('took longer');
  });

  test('a page without text is said to be one', async () => {
    handler = html('<script>app()</script>');

    const { content } = await read(`http://page.test:${port}/`);

    expect(content).toContain('(The page holds no text.)');
  });

  test('nothing is sent but a plain GET: no cookie, no referrer, no credentials after a redirect', async () => {
    const headers: IncomingMessage['headers'][] = [];
    handler = (request, response) => {
      headers.push(request.headers);
      if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=b' }).end();
      else html('<p>ok</p>')(request, response);
    };

    await read(`http://page.test:${port}/`);

    expect(headers.flatMap((sent) => Object.keys(sent).toSorted())).toEqual(
      [1, 2].flatMap(() => ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']),
    );
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ maxBytes: 0 }, 'maxBytes is 0'],
  [{ timeoutMs: '5' }, 'timeoutMs is "5"'],
  [{ timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648'],
  [{ maxRedirects: -1 }, 'maxRedirects is -1'],
  [{ links: 'yes' }, 'links is "yes"'],
  [{ userAgent: '' }, 'userAgent is ""'],
  [{ lookup: 'dns' }, 'lookup is "dns"'],
  [{ allowAddresses: '10.0.0.0/8' }, 'allowAddresses is "10.0.0.0/8"'],
  [{ name: 'fetch page' }, 'name is "fetch page"'],
  [{ description: '' }, 'description is ""'],
])('%j is refused when the tool is made', (options, reason) => {
  expect(() => fetchPage(options as FetchPageOptions)).toThrow(TypeError);
  expect(() => fetchPage(options as FetchPageOptions)).toThrow(reason);
});
