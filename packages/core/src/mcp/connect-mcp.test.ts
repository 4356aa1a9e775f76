import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMcpServer, type HttpMcpServer } from '../../test/mcp-http-server.ts';
import type { Tool, ToolResult } from '../tool.ts';
import { connectMcp, type McpConnection, type McpServer } from './connect-mcp.ts';
import { toolNames } from './tool-names.ts';

const program: McpServer = { command: process.execPath, args: [join(import.meta.dirname, '../../test/mcp-stdio-server.mjs')] };

/** Reads what it is told, and says nothing. */
const silence = "process.stdin.resume().on('end', () => process.exit())";

let http: HttpMcpServer;
let mcp: McpConnection<'sums' | 'web'>;

beforeAll(async () => {
  http = await startMcpServer();
  process.env['ROLECALL_TEST_SECRET'] = 'not for servers';
  mcp = await connectMcp(
    { sums: { ...program, env: { GIVEN: 'yes' } }, web: { url: http.url, headers: { authorization: 'Bearer mine' } } },
    { timeoutMs: 300 },
  );
}, 30_000);

afterAll(async () => {
  delete process.env['ROLECALL_TEST_SECRET'];
  await mcp.close();
  await http.close();
});

function call(name: string, args: unknown = {}, signal: AbortSignal = new AbortController().signal): Promise<ToolResult> {
  const found = mcp.tools.find(({ definition }) => definition.name === name) as Tool;
  return found.call(JSON.stringify(args), { signal } as Parameters<Tool['call']>[1]);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('tools of MCP servers', () => {
  test('are named by server and tool, and grouped by server', () => {
    expect(mcp.tools.map(({ definition }) => definition.name)).toEqual([
      'sums_add',
      'sums_environment',
      'sums_pid',
      'sums_exit',
      'web_find_city',
      'web_fail',
      'web_large',
      'web_mixed',
      'web_hang',
    ]);
    expect(mcp.servers.web.map(({ definition }) => definition.name)[0]).toBe('web_find_city');
  });

  test("show the model the server's description and schema, or its name where it has no description", () => {
    const [add, , pid] = mcp.servers.sums;

    expect(add?.definition).toMatchObject({
      description: 'Adds two numbers.',
      parameters: { type: 'object', properties: { a: { type: 'number', description: 'The first' } }, required: ['a', 'b'] },
    });
    expect(pid?.definition.description).toBe('pid');
  });

  test('are called over standard input and output, and over HTTP with the headers given', async () => {
    const results = [await call('sums_add', { a: 2, b: 3 }), await call('web_find_city', { name: 'Kyoto' })];

    expect(results).toMatchObject([
      { content: '5', isError: false },
      { content: 'Kyoto: found', isError: false },
    ]);
    expect(http.seen.every(({ headers }) => headers.authorization === 'Bearer mine')).toBe(true);
  });

  test('a program is given the variables named for it, and no secret of this process', async () => {
    const { content } = await call('sums_environment');

    expect(content.split(' ')).toEqual(expect.arrayContaining(['GIVEN', 'PATH']));
    expect(content).not.toContain('ROLECALL_TEST_SECRET');
  });

  test.each([
    ['what the server reports as an error', 'web_fail', {}, 'out of order'],
    ['arguments that the server refuses', 'web_find_city', { name: 'x' }, 'name'],
    ['arguments that are no object', 'web_find_city', ['x'], 'expected an object'],
    ['a call without an answer', 'web_hang', {}, 'timed out'],
  ])('%s is told to the model', async (_what, name, args, reason) => {
    const result = await call(name, args);

    expect(result).toMatchObject({ isError: true, content: expect.stringContaining(reason) });
  });

  test('what is not text is named', async () => {
    const { content } = await call('web_mixed');

    expect(content).toBe('A picture:\n\n[image: image/png]\n\nof a text\n\n[resource: file:///b.txt]');
  });

  test('an abort ends a call, and the server is told', async () => {
    const before = { ...http.hanging };
    const controller = new AbortController();
    const result = call('web_hang', {}, controller.signal);
    await expect.poll(() => http.hanging.started, { interval: 5 }).toBeGreaterThan(before.started);
    controller.abort(new Error('enough'));

    expect((await result).isError).toBe(true);
    await expect.poll(() => http.hanging.cancelled).toBeGreaterThan(before.cancelled);
  });
});

describe('closing', () => {
  test('ends the programs that were started, and may be done twice; later calls fail', async () => {
    const connection = await connectMcp({ sums: program });
    const tool = connection.tools.find(({ definition }) => definition.name === 'sums_pid') as Tool;
    const context = { signal: new AbortController().signal } as Parameters<Tool['call']>[1];
    const pid = Number((await tool.call('{}', context)).content);

    await connection.close();
    await connection.close();

    await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
    expect(await tool.call('{}', context)).toMatchObject({ isError: true });
  });

  test('a server that dies in a call is told to the model', async () => {
    const connection = await connectMcp({ sums: program });
    const tool = connection.tools.find(({ definition }) => definition.name === 'sums_exit') as Tool;

    const result = await tool.call('{}', { signal: new AbortController().signal } as Parameters<Tool['call']>[1]);
    await connection.close();

    expect(result).toMatchObject({ isError: true, content: expect.stringContaining('closed') });
  });

  test('a session over HTTP is ended on the server', async () => {
    const own = await startMcpServer();
    const connection = await connectMcp({ web: { url: own.url } });

    await connection.close();
    await own.close();

    expect(own.seen.map(({ method }) => method)).toContain('DELETE');
  });
});

describe('connecting', () => {
  test('takes only the tools that are asked for', async () => {
    const connection = await connectMcp({ sums: { ...program, tools: ['add'] } });
    await connection.close();

    expect(connection.tools.map(({ definition }) => definition.name)).toEqual(['sums_add']);
  });

  test.each<[string, McpServer, RegExp]>([
    [
      'a tool that it does not have',
      { ...program, tools: ['divide'] },
      /server "bad" cannot be used: it has no tool "divide"; it has: add, environment/,
    ],
    ['a program that is not there', { command: '/nowhere/program' }, /server "bad" cannot be used: .*ENOENT/],
    [
      'a program that says nothing and ends',
      { command: process.execPath, args: ['-e', ''] },
      /server "bad" cannot be used: .*closed/,
    ],
    ['an address where nobody listens', { url: 'http://127.0.0.1:3/mcp' }, /server "bad" cannot be used: .*ECONNREFUSED/],
  ])('fails for %s, in words that name it', async (_what, bad, message) => {
    await expect(connectMcp({ bad })).rejects.toThrow(message);
  });

  test('ends for a server that never greets', async () => {
    const silent = { command: process.execPath, args: ['-e', silence] };

    await expect(connectMcp({ silent }, { connectTimeoutMs: 200 })).rejects.toThrow('server "silent" cannot be used');
  });

  test('ends with the signal', async () => {
    const silent = { command: process.execPath, args: ['-e', silence] };
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 100);

    await expect(connectMcp({ silent }, { signal: controller.signal })).rejects.toThrow('enough');
  });

  test.each<[unknown, string]>([
    [undefined, 'servers is undefined'],
    [{}, 'servers is empty'],
    [{ 'a b': { url: 'http://x' } }, 'its name is "a b"'],
    [{ a: {} }, 'has to have either command or url'],
    [{ a: { command: 'x', url: 'http://x' } }, 'has to have either command or url'],
    [{ a: { url: 'file:///x' } }, 'url is "file:///x"'],
    [{ a: { command: '' } }, 'command is ""'],
    [{ a: { command: 'x', args: 'y' } }, 'args is "y"'],
    [{ a: { command: 'x', args: [1] } }, 'args is an array, and has to be an array of texts'],
    [
      { a: { command: 'x', arg: ['y'] } },
      'has no option "arg"; it has: type, command, args, env, cwd, tools, url. Did you mean args?',
    ],
    [{ a: { url: 'http://x', env: {} } }, 'has no option "env"; it has: type, url, headers'],
    [{ a: { command: 'x', env: { a: 1 } } }, 'env is an object'],
    [{ a: { url: 'http://x', headers: ['a'] } }, 'headers is an array'],
    [{ a: { command: 'x', tools: 'y' } }, 'tools is "y"'],
  ])('refuses %j', async (servers, reason) => {
    const connecting = connectMcp(servers as Record<string, McpServer>);

    await expect(connecting).rejects.toThrow(TypeError);
    await expect(connecting).rejects.toThrow(reason);
  });
});

test('a password in a URL is refused, and not shown', async () => {
  const connecting = connectMcp({ a: { url: 'http://me:hidden@127.0.0.1:1/mcp' } });

  await expect(connecting).rejects.toThrow('server "a": url holds a user name or a password: send them in headers');
});

describe('toolNames', () => {
  test('names that would clash once they are altered get a hash; the one that was right all along keeps its name', () => {
    const names = [...toolNames('s', ['a.b', 'a_b', 'a/b', 'c.d']).values()];

    expect(names[1]).toBe('s_a_b');
    expect(names[3]).toBe('s_c_d');
    expect(new Set(names).size).toBe(4);
    expect(toolNames('s', ['a/b', 'a_b', 'a.b']).get('a.b')).toBe(names[0]);
  });

  test('long names are cut to what providers take, and stay apart', () => {
    const names = [...toolNames('server', ['x'.repeat(100) + '1', 'x'.repeat(100) + '2']).values()];

    expect(names.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(2);
  });
});
