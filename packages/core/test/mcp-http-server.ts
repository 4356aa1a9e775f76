/** A real MCP server over HTTP, for the tests: one session, tools that behave and tools that do not. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export interface HttpMcpServer {
  readonly url: string;
  readonly seen: { readonly method: string | undefined; readonly headers: IncomingHttpHeaders }[];
  /** Calls of the tool that never answers. */
  readonly hanging: { started: number; cancelled: number };
  readonly close: () => Promise<void>;
}

export async function startMcpServer(): Promise<HttpMcpServer> {
  const seen: HttpMcpServer['seen'] = [];
  const hanging = { started: 0, cancelled: 0 };
  const mcp = new McpServer({ name: 'test', version: '1' });
  registerTools(mcp, hanging);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
  await mcp.connect(transport);
  const server = createServer((request, response) => {
    seen.push({ method: request.method, headers: request.headers });
    void transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await mcp.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  return { url: `http://127.0.0.1:${port}/mcp`, seen, hanging, close };
}

function text(value: string): CallToolResult {
  return { content: [{ type: 'text', text: value }] };
}

function registerTools(mcp: McpServer, hanging: HttpMcpServer['hanging']): void {
  mcp.registerTool('find.city', { description: 'Finds a city.', inputSchema: { name: z.string().min(2) } }, ({ name }) =>
    text(`${name}: found`),
  );
  mcp.registerTool('fail', { description: 'Fails.' }, () => ({ ...text('out of order'), isError: true }));
  mcp.registerTool('large', { description: 'Says much.' }, () => text('x'.repeat(1_000_000)));
  mcp.registerTool('mixed', { description: 'Gives several kinds.' }, () => ({
    content: [
      { type: 'text', text: 'A picture:' },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///a.txt', text: 'of a text' } },
      { type: 'resource_link', uri: 'file:///b.txt', name: 'b' },
    ],
  }));
  mcp.registerTool('hang', { description: 'Never answers.' }, ({ signal }) => {
    hanging.started += 1;
    signal.addEventListener('abort', () => {
      hanging.cancelled += 1;
    });
    return new Promise<CallToolResult>(() => undefined);
  });
}
