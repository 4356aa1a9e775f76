/** The servers that tools may come from, and how each is reached. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { invalid, requireListOfTexts, requireObject, requireText } from '../check.ts';
import { isPlainObject } from '../freeze.ts';
import { loadPeer } from '../load-peer.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import { Program } from './program.ts';

interface ServerOptions {
  /** The tools that are taken, by the server's names for them. @default all */
  readonly tools?: readonly string[] | undefined;
}

/** A program that is started here and speaks over its standard input and output. */
export interface StdioServer extends ServerOptions {
  /** As in the files of other clients: it says no more than that there is a `command`. */
  readonly type?: 'stdio' | undefined;
  readonly command: string;
  /** @default [] */
  readonly args?: readonly string[] | undefined;
  /** Added to the few variables (PATH, HOME …) that it is given of this process. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The folder it runs in. @default that of this process */
  readonly cwd?: string | undefined;
  readonly url?: undefined;
}

/** A server that is reached over HTTP (Streamable HTTP). */
export interface HttpServer extends ServerOptions {
  /** As in the files of other clients: it says no more than that there is a `url`. */
  readonly type?: 'http' | 'streamable-http' | undefined;
  readonly url: string;
  /** Sent with each request. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly command?: undefined;
}

export type McpServer = StdioServer | HttpServer;

const stdioNames: OptionNames<StdioServer> = {
  type: true,
  command: true,
  args: true,
  env: true,
  cwd: true,
  tools: true,
  url: true,
};
const httpNames: OptionNames<HttpServer> = { type: true, url: true, headers: true, tools: true, command: true };

/** @throws {TypeError} when a server is not described as it should be. */
export function checkServers(owner: string, servers: unknown): void {
  requireObject(owner, 'servers', servers);
  const entries = Object.entries(servers as object);
  if (entries.length === 0) throw new TypeError(`${owner}: servers is empty, and has to name at least one server`);
  for (const [name, server] of entries) checkServer(`${owner}: server "${name}"`, name, server);
}

function checkServer(owner: string, name: string, server: unknown): void {
  if (!/^[a-zA-Z0-9_-]{1,32}$/.test(name)) throw invalid(owner, 'its name', name, 'at most 32 letters, digits, _ and -');
  requireObject(owner, 'it', server);
  const { type, command, url, args, env, headers, cwd, tools } = server as Record<string, unknown>;
  if (name === 'mcpServers' && isPlainObject(server) && Object.values(server).every(isPlainObject))
    throw new TypeError(`${owner} holds servers, as in the file of another client: give connectMcp what is in it`);
  if ((command === undefined) === (url === undefined)) throw new TypeError(`${owner} has to have either command or url`);
  if (command === undefined) requireOptions(owner, server as HttpServer, httpNames);
  else requireOptions(owner, server as StdioServer, stdioNames);
  checkType(owner, type, command === undefined ? ['http', 'streamable-http'] : ['stdio']);
  if (command !== undefined) requireText(owner, 'command', command);
  if (url !== undefined) checkUrl(owner, url);
  if (args !== undefined && !isListOfTexts(args)) throw invalid(owner, 'args', args, 'an array of texts');
  if (cwd !== undefined) requireText(owner, 'cwd', cwd);
  if (tools !== undefined) requireListOfTexts(owner, 'tools', tools);
  for (const [field, value] of Object.entries({ env, headers })) {
    const holds = isPlainObject(value) && Object.values(value).every((entry) => typeof entry === 'string');
    if (value !== undefined && !holds) throw invalid(owner, field, value, 'an object of texts');
  }
}

function checkType(owner: string, type: unknown, valid: readonly string[]): void {
  if (type === undefined || (typeof type === 'string' && valid.includes(type))) return;
  const shown = valid.map((word) => `"${word}"`).join(' or ');
  if (type !== 'sse') throw invalid(owner, 'type', type, `${shown}, or left out`);
  throw new TypeError(
    `${owner}: type is "sse", a transport that MCP has given up: take the server's address for Streamable HTTP, and ${shown}`,
  );
}

/** An argument may well be empty. */
function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function checkUrl(owner: string, url: unknown): void {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  // What is secret is not shown, and would be by `invalid`.
  if (parsed?.username || parsed?.password)
    throw new TypeError(`${owner}: url holds a user name or a password: send them in headers`);
  if (!/^https?:$/.test(parsed?.protocol ?? '')) throw invalid(owner, 'url', url, 'a URL that starts with http:// or https://');
}

const sdk = '@modelcontextprotocol/sdk';

export interface Connection {
  readonly transport: Transport;
  /** Tells the server that this session is over. Closing the transport comes after it. */
  readonly leave: () => Promise<void>;
  /** What was started here. */
  readonly program?: Program | undefined;
}

export async function connectionTo(server: McpServer): Promise<Connection> {
  if (server.command !== undefined) {
    const { StdioClientTransport } = await loadPeer('connectMcp', sdk, () => import('@modelcontextprotocol/sdk/client/stdio.js'));
    const { command, args = [], env = {}, cwd } = server;
    const started = { command, args: [...args], env: { ...env }, stderr: 'pipe' as const, ...(cwd !== undefined && { cwd }) };
    const transport = new StdioClientTransport(started);
    return { transport, leave: async () => undefined, program: new Program(command, transport) };
  }
  const { StreamableHTTPClientTransport } = await loadPeer(
    'connectMcp',
    sdk,
    () => import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  );
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers: { ...server.headers } } });
  return { transport, leave: () => transport.terminateSession() };
}
