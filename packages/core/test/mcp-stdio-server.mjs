// A real MCP server over standard input and output, for the tests.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'test', version: '1' });
const text = (value) => ({ content: [{ type: 'text', text: value }] });

server.registerTool(
  'add',
  { description: 'Adds two numbers.', inputSchema: { a: z.number().describe('The first'), b: z.number() } },
  ({ a, b }) => text(String(a + b)),
);
server.registerTool('environment', { description: 'Names the variables.' }, () =>
  text(Object.keys(process.env).toSorted().join(' ')),
);
server.registerTool('pid', {}, () => text(String(process.pid)));
server.registerTool('exit', { description: 'Ends the server.' }, () => process.exit(1));
await server.connect(new StdioServerTransport());
