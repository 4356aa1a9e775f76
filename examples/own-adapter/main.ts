/**
 * A provider of your own is a function from a request to a response. This one serves a small HTTP API, "parrot", passes the
 * conformance cases that need no faults, and then works in a crew behind a router like any other.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, Crew, Task, type Model, type ModelRequest } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, ModelError } from '@rolecall/router';
import { adapterCases } from '@rolecall/router/testing';

// The adapter.
export function parrot(url: string, { apiKey }: { apiKey: string }): Model {
  const id = 'parrot/grey';

  const model: Model = async ({ messages, onDelta, signal }) => {
    const response = await send(url, apiKey, messages, signal);
    if (!response.ok) {
      const code = response.status === 401 ? 'auth' : response.status === 429 ? 'rate_limited' : 'overloaded';
      throw new ModelError(code, { model: id, status: response.status, reason: await response.text() });
    }
    const { words, heard } = (await response.json()) as { words: string[]; heard: number };
    for (const word of words) await onDelta?.({ type: 'text', text: word });
    signal?.throwIfAborted();
    const usage = {
      inputTokens: heard,
      outputTokens: words.length,
      source: { api: 'parrot', payload: { heard, said: words.length } },
    };
    return { model: id, text: words.join(''), toolCalls: [], finishReason: 'stop', usage };
  };
  return Object.assign(model, { id });
}

async function send(
  url: string,
  apiKey: string,
  messages: ModelRequest['messages'],
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(messages.map(({ role, content }) => ({ role, content }))),
      signal: signal ?? null,
    });
  } catch (cause) {
    throw new ModelError(signal?.aborted ? 'aborted' : 'network', { model: 'parrot/grey', cause });
  }
}

// The provider: it says back what it heard last.
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const messages = JSON.parse(body) as { content: string }[];
  const words = (messages.at(-1)?.content ?? '').split(/(?<=\s)/).slice(0, 60);
  response.end(JSON.stringify({ words, heard: body.length }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/squawk`;

const model = parrot(url, { apiKey: 'seeds' });

// Is it an adapter? These are the cases that a real provider can be asked to pass.
for (const { title, run } of adapterCases({
  provider: 'parrot',
  createModel: (options) => parrot(url, options),
  without: ['tools', 'structured_output'],
})) {
  const problem = await run().then(
    () => undefined,
    (error: unknown) => error,
  );
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${title}`);
  if (problem !== undefined) process.exitCode = 1;
  if (problem instanceof Error) console.log(`       ${problem.message}`);
}

// Then it works like any other.
const tracker = new CostTracker({ prices: { 'parrot/grey': { input: 0.1, output: 0.4 } } });
const router = createRouter({ models: { parrot: model }, roles: { default: 'parrot' }, wrap: [tracker.wrap] });
const repeater = new Agent({ name: 'repeater', role: 'Repeater', goal: 'Say it again', backstory: 'You are green.' });
const repeat = new Task({ name: 'repeat', description: 'Say {word}.', expectedOutput: 'The same word', agent: repeater });
const result = await new Crew({ tasks: [repeat], model: router }).kickoff({ word: 'hello' });
server.close();
console.log(`\n${result.text}\n\n${tracker.report()}`);
