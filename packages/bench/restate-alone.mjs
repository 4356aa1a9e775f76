// The Restate engine without a crew: workflows of as many steps, and what a client asks for to have one run.
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';

const ledgerParts = 16;

const add = async (ctx, count) => ctx.set('total', ((await ctx.get('total')) ?? 0) + count);

/** Two workflows that do `work` so many times, by their names: one does nothing else, the other writes all that a bare crew does. */
export async function startAlone(work) {
  const require = createRequire(new URL('../restate/package.json', import.meta.url));
  const { createEndpointHandler, object, serde, workflow } = require('@restatedev/restate-sdk');
  const take = async (ctx, count) => {
    for (let step = 0; step < count; step++) await ctx.run(`step-${step}`, work);
  };
  const takeAndTell = async (ctx, count) => {
    await ctx.run('begin', () => Date.now());
    await take(ctx, count);
    const key = String(Math.floor(ctx.rand.random() * ledgerParts));
    ctx.genericSend({ service: 'total', method: 'add', key, parameter: count, inputSerde: serde.json });
  };
  const workflows = [
    workflow({ name: 'steps', handlers: { run: take } }),
    workflow({ name: 'entries', handlers: { run: takeAndTell } }),
  ];
  const services = [...workflows, object({ name: 'total', handlers: { add } })];
  const server = createServer(createEndpointHandler({ services, logger: () => undefined })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** As a client of ours does: begins a run, and waits for its end. */
export async function runAlone({ ingress }, service, steps, runId) {
  const headers = { 'content-type': 'application/json' };
  await (await fetch(`${ingress}/${service}/${runId}/run/send`, { method: 'POST', headers, body: String(steps) })).text();
  const answer = await fetch(`${ingress}/restate/workflow/${service}/${runId}/attach`);
  if (!answer.ok) throw new Error(await answer.text());
  await answer.text();
}
