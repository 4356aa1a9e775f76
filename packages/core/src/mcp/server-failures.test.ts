import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { connectMcp, type McpServer } from './connect-mcp.ts';

const saying = (code: string, more: object = {}): McpServer => ({ command: process.execPath, args: ['-e', code], ...more });

async function failureOf(bad: McpServer, connectTimeoutMs = 20_000): Promise<Error> {
  return connectMcp({ bad }, { connectTimeoutMs }).then(
    async (connection) => {
      await connection.close();
      throw new Error('it could be used');
    },
    (error: Error) => error,
  );
}

test('servers that cannot be used are told all at once', async () => {
  const missing = { command: '/rolecall/no-such-program' };
  const servers: Record<string, McpServer> = { files: missing, notes: { ...missing, env: { KEY: 'program' } } };

  const error = await connectMcp(servers).catch((thrown: unknown) => thrown as AggregateError);

  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors.map((each: Error) => each.message)).toEqual([
    'connectMcp: server "files" cannot be used: spawn /rolecall/no-such-program ENOENT',
    'connectMcp: server "notes" cannot be used: spawn /rolecall/no-such-[KEY] ENOENT',
  ]);
  expect((error as Error).message).toBe(
    [
      'connectMcp: 2 servers cannot be used',
      'server "files" cannot be used: spawn /rolecall/no-such-program ENOENT',
      'server "notes" cannot be used: spawn /rolecall/no-such-[KEY] ENOENT',
    ].join('\n'),
  );
});

describe('a program that does not serve', () => {
  test('is told by its command, its exit code and the last that it said', async () => {
    const { message } = await failureOf(saying("console.error('\x1b[31mDATABASE is not set\x1b[0m\\nBye'); process.exit(3)"));

    expect(message).toMatch(
      /^connectMcp: server "bad" cannot be used: its program ".*node" ended with exit code 3 \(.*closed\)\n/,
    );
    expect(message).toContain('\nThe last lines of its standard error:\n  DATABASE is not set\n  Bye');
  });

  test('is told by the signal that ended it', async () => {
    expect((await failureOf(saying("process.kill(process.pid, 'SIGKILL')"))).message).toContain('was ended by SIGKILL');
  });

  test('says why it ends where node says so, and its arguments are not shown', async () => {
    const { message } = await failureOf(saying("const from = 'argument'; throw new Error('no licence ' + 7)"));

    expect(message).toContain('Error: no licence 7');
    expect(message.split('\n').length).toBeLessThan(24);
  });

  test('that hangs is not said to have ended, and what it said is told', async () => {
    const hung = { command: 'sh', args: ['-c', 'echo waiting for the database >&2; exec cat > /dev/null'] }; // starts sooner than node

    const { message } = await failureOf(hung, 1_000);

    expect(message).not.toContain('ended');
    expect(message).toContain('  waiting for the database');
  });

  test('is quoted without the keys among its arguments', async () => {
    const code = "console.error('no such thing: ' + process.argv.slice(1).join(' ')); process.exitCode = 1";
    const args = ['-e', code, '--', '--api-key', 'first-key', '--token=second=key', './notes'];

    const { message } = await failureOf({ command: process.execPath, args });

    expect(message).toContain('no such thing: --api-key [--api-key] --token=[--token] ./notes');
  });

  test('is quoted without what its arguments hand on as variables and headers', async () => {
    const code = "console.error('no such thing: ' + process.argv.slice(1).join(' ')); process.exitCode = 1";
    const handedOn = [
      'token',
      './notes',
      '-e',
      'GITHUB_TOKEN=first=key',
      '--header',
      'Authorization: Bearer second-key',
      'x-api-key:third',
    ];

    const { message } = await failureOf({ command: process.execPath, args: ['-e', code, '--', ...handedOn] });

    expect(message).toContain(
      'no such thing: token ./notes -e GITHUB_TOKEN=[GITHUB_TOKEN] --header Authorization: [Authorization] x-api-key:[x-api-key]',
    );
  });

  test('is quoted without the parameters of an address among its arguments', async () => {
    const code =
      "console.error('cannot reach ' + process.argv[1] + ' with ' + new URL(process.argv[1]).searchParams.get('key')); process.exitCode = 1";

    const { message } = await failureOf({
      command: process.execPath,
      args: ['-e', code, '--', 'https://host/mcp?key=a%2Bsecret'],
    });

    expect(message).toContain('cannot reach https://host/mcp?key=[key] with [key]');
  });

  test('is quoted without what it was given in its variables, however much it says', async () => {
    const secret = `sk-${'x'.repeat(50)}`;
    const env = { API_KEY: secret, DEBUG: '1' };
    const code =
      "for (let i = 0; i < 4000; i++) console.error(i + ' bad key ' + process.env.API_KEY + ' at db://me:hidden@host/1'); process.exitCode = 1";

    const error = await failureOf(saying(code, { env }));

    expect(error.message).toContain('3999 bad key [API_KEY] at db://host/1');
    expect(error.message.length).toBeLessThan(2_500);
    expect(inspect(error)).not.toMatch(/xxx|hidden/);
  });
});

describe('what a server quotes of its headers and its address', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(answer: (method: string, id: unknown) => { status: number; body: unknown }): Promise<string> {
    server = createServer((request, response) => {
      void (async () => {
        let text = '';
        for await (const chunk of request) text += String(chunk);
        const { method = '', id } = (text === '' ? {} : JSON.parse(text)) as { method?: string; id?: unknown };
        const { status, body } = request.method === 'POST' ? answer(method, id) : { status: 405, body: '' };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      })();
    });
    await new Promise<void>((resolve) => {
      server?.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/mcp?key=in-the-address`;
  }

  const headers = { authorization: 'Bearer in-the-header', 'x-key': 'another' };
  const quoting = `Bearer in-the-header, or in-the-header alone, another, in-the-address ${'.'.repeat(5_000)}`;

  test('does not reach the error of a connection, which says the status', async () => {
    const url = await serve(() => ({ status: 401, body: { error: quoting } }));

    const error = await failureOf({ type: 'http', url, headers });

    expect(error.message).toContain('cannot be used: status 401: ');
    expect(error.message).toContain('[authorization], or [authorization] alone, [x-key], [key] ...');
    expect(error.message.length).toBeLessThan(2_200);
    expect(inspect(error)).not.toMatch(/in-the|another/);
  });

  test('does not reach it as it is written in the address either', async () => {
    const url = await serve(() => ({ status: 404, body: 'no route /mcp?key=in-the-address&token=1n%2Bthe%2Fpath%3D' }));

    const error = await failureOf({ url: `${url}&token=${encodeURIComponent('1n+the/path=')}` });

    expect(error.message).toContain('no route /mcp?key=[key]&token=[token]');
  });

  test('does not reach the model when a call fails', async () => {
    const answers: Record<string, unknown> = {
      initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
      'tools/list': { tools: ['refuse', 'report'].map((name) => ({ name, inputSchema: { type: 'object' } })) },
    };
    let calls = 0;
    const url = await serve((method, id) => {
      if (method === 'tools/call' && calls++ === 0) return { status: 403, body: quoting };
      const result = answers[method] ?? { isError: true, content: [{ type: 'text', text: quoting }] };
      return id === undefined ? { status: 202, body: '' } : { status: 200, body: { jsonrpc: '2.0', id, result } };
    });
    const connection = await connectMcp({ web: { url, headers } });
    const context = { signal: new AbortController().signal, idempotencyKey: 'k' };

    const results = [];
    for (const tool of connection.tools) results.push(await tool.call('{}', context));
    await connection.close();

    expect(results.map(({ isError }) => isError)).toEqual([true, true]);
    for (const result of results) {
      expect(result.content).toContain('[authorization] alone');
      expect(inspect(result, { depth: 9 })).not.toMatch(/in-the|another/);
    }
  });
});

test('a time that no timer can wait is refused', async () => {
  const url = 'http://127.0.0.1:3/mcp';

  await expect(connectMcp({ a: { url } }, { timeoutMs: 2 ** 31 })).rejects.toThrow('connectMcp: timeoutMs is 2147483648');
  await expect(connectMcp({ a: { url } }, { connectTimeoutMs: 2 ** 33 })).rejects.toThrow(
    'connectMcp: connectTimeoutMs is 8589934592',
  );
});

describe('the type that files of other clients have', () => {
  test.each<[McpServer]>([
    [saying('process.exit(3)', { type: 'stdio' })],
    [{ type: 'http', url: 'http://127.0.0.1:3/mcp' }],
    [{ type: 'streamable-http', url: 'http://127.0.0.1:3/mcp' }],
  ])('is taken: %j', async (bad) => {
    expect((await failureOf(bad)).message).toMatch(/cannot be used: .*(exit code 3|ECONNREFUSED)/);
  });

  test.each<[unknown, string]>([
    [{ a: { type: 'sse', url: 'http://x/sse' } }, 'take the server\'s address for Streamable HTTP, and "http"'],
    [{ a: { type: 'stdio', url: 'http://x' } }, 'type is "stdio", and has to be "http" or "streamable-http", or left out'],
    [{ a: { type: 'http', command: 'x' } }, 'type is "http", and has to be "stdio", or left out'],
    [{ mcpServers: { a: { command: 'x' } } }, 'give connectMcp what is in it'],
  ])('is refused where it cannot be: %j', async (servers, reason) => {
    const connecting = connectMcp(servers as Record<string, McpServer>);

    await expect(connecting).rejects.toThrow(TypeError);
    await expect(connecting).rejects.toThrow(reason);
  });
});
