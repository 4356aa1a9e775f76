// One gateway in a process of its own: node gateways.mjs <name> <url of the provider>. Tells its port, and ends with its parent.
import { createServer, request as ask } from 'node:http';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ours, with everything on that is on by default: retries, circuits, limits, ledger, prices, log, headers. */
async function rolecall(upstream) {
  const { createGateway } = await import('@rolecall/gateway');
  const config = join(mkdtempSync(join(tmpdir(), 'rolecall-bench-')), 'config.yaml');
  const deployment = `{ model: openai/gpt-4o, api_base: '${upstream}/v1', api_key: sk-bench }`;
  writeFileSync(config, `model_list: [{ model_name: gpt-4o, litellm_params: ${deployment} }]\n`);
  const gateway = await createGateway({ config });
  const { port } = await gateway.listen(0);
  return port;
}

/** What one would write in ten lines. */
async function hono(upstream) {
  const [{ Hono }, { serve }] = await Promise.all([import('hono'), import('@hono/node-server')]);
  const app = new Hono();
  app.post('/v1/chat/completions', async (context) => {
    const body = await context.req.arrayBuffer();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
    const answer = await fetch(`${upstream}/v1/chat/completions`, { method: 'POST', headers, body });
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': answer.headers.get('content-type') } });
  });
  return await new Promise((resolve) => serve({ fetch: app.fetch, port: 0 }, ({ port }) => resolve(port)));
}

/** The least there can be: bytes in, bytes out, nothing read. */
async function relay(upstream) {
  const { Pool } = await import('undici');
  const pool = new Pool(upstream, { connections: 256 });
  const server = createServer(async (request, response) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
    const answer = await pool.request({ path: request.url ?? '/', method: 'POST', headers, body: request });
    response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    answer.body.pipe(response);
  });
  return await listening(server);
}

/** The least that a gateway can do which knows what it passes on: both bodies are read whole, the request's is written anew. */
async function parsing(upstream) {
  const { Pool } = await import('undici');
  const { json } = await import('node:stream/consumers');
  const pool = new Pool(upstream, { connections: 256 });
  const server = createServer(async (request, response) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
    const body = JSON.stringify({ ...(await json(request)), model: 'gpt-4o' });
    const answer = await pool.request({ path: request.url ?? '/', method: 'POST', headers, body });
    response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    if (answer.headers['content-type'] !== 'application/json') return answer.body.pipe(response);
    const relayed = await answer.body.text();
    const { usage } = JSON.parse(relayed);
    response.end(usage.total_tokens > 0 ? relayed : '');
  });
  return await listening(server);
}

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

/** As npm installs it; told by headers where to go. Its server takes a port by option only. */
async function portkey() {
  const port = 18_787;
  process.argv.push(`--port=${port}`, '--headless');
  await import(new URL('node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url));
  for (let tries = 0; tries < 100 && !(await answers(port)); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    ask({ port, host: '127.0.0.1' }, (response) => resolve(response.resume() !== undefined))
      .on('error', () => resolve(false))
      .end();
  });
}

const [, , name, upstream] = process.argv;
const port = await { rolecall, hono, relay, parsing, portkey }[name](upstream);
process.send(port);
process.on('disconnect', () => process.exit());
