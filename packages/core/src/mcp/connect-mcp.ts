/** Tools from MCP servers (https://modelcontextprotocol.io), over the protocol's own SDK. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { requireCount, requireTimeout } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import { loadPeer } from '../load-peer.ts';
import type { Schema } from '../schema.ts';
import { tool, type Tool } from '../tool.ts';
import { resultText } from './result-text.ts';
import { hiderFor, retold, type Hide } from './secrets.ts';
import { checkServers, connectionTo, type Connection, type McpServer } from './servers.ts';
import { toolNames } from './tool-names.ts';

export type { HttpServer, McpServer, StdioServer } from './servers.ts';

export interface McpOptions {
  /** Milliseconds for one call of a tool. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for a server to start, greet and list its tools. @default 30_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** A longer result is cut, and the model is told so. @default 50_000 */
  readonly maxResultCharacters?: number | undefined;
  /** Ends the connecting. @default never */
  readonly signal?: AbortSignal | undefined;
}

const mcpOptions: OptionNames<McpOptions> = {
  timeoutMs: true,
  connectTimeoutMs: true,
  maxResultCharacters: true,
  signal: true,
};

export interface McpConnection<Name extends string = string> {
  /** All of them, named `server_tool`. */
  readonly tools: readonly Tool[];
  /** The same, by server. */
  readonly servers: Readonly<Record<Name, readonly Tool[]>>;
  /** Ends the sessions, and the programs that were started. May be called again. */
  readonly close: () => Promise<void>;
}

/**
 * Connects to MCP servers and makes tools of what they offer. Needs the package `@modelcontextprotocol/sdk`. Close it when
 * the crew is done: programs that were started end with it.
 *
 * @example
 * const mcp = await connectMcp({
 *   files: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', './notes'] },
 *   search: { url: 'https://mcp.example.com/mcp', headers: { authorization: 'Bearer …' } },
 * });
 * const clerk = new Agent({ role: 'Clerk', goal: 'Keep {subject} in order', backstory: 'Tidy.', tools: mcp.servers.files });
 * // … kick off …
 * await mcp.close();
 *
 * @throws {TypeError} when an option is not valid.
 * @throws {Error} that tells each server that cannot be used, an `AggregateError` when there are several; the others are closed again.
 */
export async function connectMcp<const Name extends string>(
  servers: Readonly<Record<Name, McpServer>>,
  options: McpOptions = {},
): Promise<McpConnection<Name>> {
  const owner = 'connectMcp';
  checkServers(owner, servers);
  requireOptions(owner, options, mcpOptions);
  const { timeoutMs = 60_000, connectTimeoutMs = 30_000, maxResultCharacters, signal } = options;
  requireTimeout(owner, 'timeoutMs', timeoutMs);
  requireTimeout(owner, 'connectTimeoutMs', connectTimeoutMs);
  requireCount(owner, 'maxResultCharacters', maxResultCharacters);
  signal?.throwIfAborted();

  const newClient = await clientMaker();
  const timeout = AbortSignal.timeout(connectTimeoutMs);
  const limits = {
    timeoutMs,
    connectTimeoutMs,
    maxResultCharacters,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  };
  const entries = Object.entries<McpServer>(servers);
  const settled = await Promise.allSettled(entries.map(([name, server]) => open(name, server, newClient(), limits)));
  const sessions = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(sessions.map((session) => session.close()));
  };
  const failures = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
  if (failures.length > 0) {
    await close();
    signal?.throwIfAborted();
    throw oneOf(failures);
  }
  const byServer = Object.fromEntries(sessions.map(({ name, tools }) => [name, tools])) as Record<Name, readonly Tool[]>;
  return Object.freeze({ tools: Object.freeze(sessions.flatMap(({ tools }) => tools)), servers: Object.freeze(byServer), close });
}

/** Once for all: without the package, no server is to blame. */
async function clientMaker(): Promise<() => Client> {
  const { Client: SdkClient } = await loadPeer(
    'connectMcp',
    '@modelcontextprotocol/sdk',
    () => import('@modelcontextprotocol/sdk/client/index.js'),
  );
  return () => new SdkClient({ name: 'rolecall', version: '0' });
}

function oneOf(failures: readonly Error[]): Error {
  const [first, ...others] = failures;
  if (first && others.length === 0) return first;
  const reasons = failures.map(({ message }) => message.replace(/^connectMcp: /, ''));
  return new AggregateError(failures, `connectMcp: ${failures.length} servers cannot be used\n${reasons.join('\n')}`);
}

interface Limits {
  readonly timeoutMs: number;
  readonly maxResultCharacters: number | undefined;
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
}

interface Session {
  readonly name: string;
  readonly tools: readonly Tool[];
  readonly close: () => Promise<void>;
}

async function open(name: string, server: McpServer, client: Client, limits: Limits): Promise<Session> {
  const connection = await connectionTo(server);
  const hide = hiderFor(server);
  const close = (): Promise<void> => closed(client, connection);
  try {
    await client.connect(connection.transport, { signal: limits.signal, timeout: limits.connectTimeoutMs });
    const listed = chosen(await listTools(client, limits), server.tools);
    const names = toolNames(
      name,
      listed.map((entry) => entry.name),
    );
    const tools = listed.map((entry) => toolOf(client, entry, names.get(entry.name) ?? entry.name, { ...limits, hide }));
    return { name, tools: Object.freeze(tools), close };
  } catch (thrown) {
    const end = connection.program?.end(); // by itself: what comes now ends it too
    await close();
    throw unusable(name, retold(thrown, hide), end, connection.program?.lastWords(hide));
  }
}

function unusable(name: string, cause: Error, end: string | undefined, lastWords = ''): Error {
  const why = end === undefined ? reasonOf(cause) : `${end} (${reasonOf(cause)})`;
  return new Error(`connectMcp: server "${name}" cannot be used: ${why}${lastWords}`, { cause });
}

/** What `fetch` throws says nothing; what is behind it does. */
function reasonOf(error: Error & { readonly code?: unknown }): string {
  const { code, message } = (error.cause ?? {}) as { code?: unknown; message?: unknown };
  const behind = message || code; // an attempt at several addresses has no message
  const status = typeof error.code === 'number' && error.code >= 100 ? `status ${error.code}: ` : ''; // those of the protocol are below 0
  return typeof behind === 'string' ? `${status}${error.message} (${behind})` : `${status}${error.message}`;
}

/** Milliseconds that a server is given to take note of a farewell. */
const farewellMs = 1_000;

async function closed(client: Client, { leave }: Connection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const wait = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, farewellMs);
  });
  // A server that is gone already, or takes no farewell, is none the worse for it.
  await Promise.race([leave().catch(() => undefined), wait]);
  clearTimeout(timer);
  await client.close();
}

/** A server that never stops listing is not listened to for ever. */
const mostPages = 100;

async function listTools(client: Client, { signal, connectTimeoutMs }: Limits): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const found = await client.listTools(cursor === undefined ? {} : { cursor }, { signal, timeout: connectTimeoutMs });
    tools.push(...found.tools);
    cursor = found.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Error(`its list of tools has more than ${mostPages} pages`);
}

function chosen(listed: readonly ListedTool[], wanted: readonly string[] | undefined): readonly ListedTool[] {
  const names = listed.map(({ name }) => name);
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`it has no tool "${unknown}"; it has: ${names.join(', ')}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`it lists the tool "${twice}" twice`);
  return wanted === undefined ? listed : listed.filter(({ name }) => wanted.includes(name));
}

type Calls = Pick<Limits, 'timeoutMs' | 'maxResultCharacters'> & { readonly hide: Hide };

function toolOf(client: Client, listed: ListedTool, name: string, { timeoutMs, maxResultCharacters, hide }: Calls): Tool {
  return tool({
    name,
    description: listed.description?.trim() || listed.title?.trim() || listed.name,
    parameters: asListed(listed),
    maxResultCharacters,
    execute: async (args, { signal }) => {
      const call = { name: listed.name, arguments: args };
      // Nothing restarts the clock: a server that reports progress for ever is cut off too.
      const result = await client
        .callTool(call, undefined, { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs })
        .catch((error: unknown) => {
          throw retold(error, hide);
        });
      const text = resultText(result as CallToolResult);
      if (result['isError'] === true)
        throw new Error(text === '' ? 'the server reports an error, and does not say which' : hide(text));
      return text;
    },
  });
}

/** The server's own schema, shown to the model as it is; the server is the one to check arguments against it. */
function asListed({ inputSchema }: ListedTool): Schema<Record<string, unknown>> {
  return {
    '~standard': {
      validate: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? { value: value as Record<string, unknown> }
          : { issues: [{ message: 'expected an object' }] },
      jsonSchema: { input: () => inputSchema },
    },
  };
}
