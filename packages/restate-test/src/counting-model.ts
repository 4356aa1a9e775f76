/** The model and the tool of the suite, over HTTP: it counts what it is asked, and a test may look in at every call. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Call {
  /** Which run and step it is for. */
  readonly key: string;
  /** Which call of all, from 1. */
  readonly number: number;
  readonly at: number;
}

export interface CountingModel {
  readonly url: string;
  /** How often each step was asked for, in order of their first call. */
  readonly counts: Map<string, number>;
  readonly calls: Call[];
  /** Calls whose socket was closed before they were answered. */
  readonly closed: string[];
  latencyMs: number;
  /** No call is answered before that. */
  held: Promise<unknown>;
  /** The status of an answer. @default 200 */
  status: (call: Call) => number;
  /** Told of a call before it is answered, and after. */
  before: (call: Call) => void;
  after: (call: Call) => void;
  readonly close: () => void;
}

export async function startModel(): Promise<CountingModel> {
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { run = '', role = 'tool', turn = 0, key: given } = JSON.parse(body) as Record<string, string> & { turn?: number };
      const key = given ?? `${run} ${role} ${turn}`;
      const call: Call = { key, number: model.calls.length + 1, at: performance.now() };
      model.calls.push(call);
      model.counts.set(key, (model.counts.get(key) ?? 0) + 1);
      response.on('close', () => response.writableFinished || model.closed.push(key));
      const { latencyMs, held } = model; // as they are when it is asked
      model.before(call);
      await held;
      await delay(latencyMs);
      const toolCalls = role === 'research' && turn === 2 ? [{ id: '1', name: 'look', arguments: '{}' }] : [];
      const text = toolCalls.length > 0 ? '' : `${role} for ${run || 'the tool'}`;
      response.writeHead(model.status(call), { 'content-type': 'application/json' });
      response.end(JSON.stringify({ text, toolCalls }), () => model.after(call));
    })();
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 0; // it closes no socket that a client is just about to use again
  await once(server, 'listening');
  const model: CountingModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: new Map(),
    calls: [],
    closed: [],
    latencyMs: 20,
    held: Promise.resolve(),
    status: () => 200,
    before: () => undefined,
    after: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return model;
}

/** Resolves so long after that call has come in, or was answered. */
export function atCall(model: CountingModel, hook: 'before' | 'after', number: number, waitMs = 0): Promise<void> {
  return new Promise((resolve) => {
    model[hook] = (call) => call.number === number && setTimeout(resolve, waitMs);
  });
}
