import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ModelResponse } from '@rolecall/core';
import { expect, test } from 'vitest';
import { Connection } from '../http/connections.ts';
import { HttpExchange } from '../http/exchange.ts';
import type { CallEnding } from '../http/route.ts';
import { chat } from '../wire/chat.ts';
import { type House, serveModel } from './model-call.ts';
import { Offer } from './offer.ts';

const asked = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] });

class Answer extends EventEmitter {
  readonly req = { complete: true };
  headersSent = false;
  destroyed = false;
  text = '';

  writeHead(): void {
    this.headersSent = true;
  }

  end(text: string): void {
    this.text = text;
  }
}

/** What the gateway says when the router answers so. */
async function saying(response: ModelResponse): Promise<{ readonly text: string; readonly endings: readonly CallEnding[] }> {
  const endings: CallEnding[] = [];
  const answer = new Answer();
  const request = Object.assign(Readable.from([Buffer.from(asked)]), { headers: {}, url: '/v1/chat/completions' });
  const parts = { begin: () => ({ settle: () => undefined }), onEnding: (ending: CallEnding) => void endings.push(ending) };
  const models = { m: () => Promise.resolve(response) };
  const house = {
    parts,
    router: models.m,
    offer: new Offer({ models }, { hidden: new Set(), embeddings: new Set(), litellmErrors: false, dropsParams: false }),
    stallMs: 1_000,
    litellmHeaders: true,
  };
  const exchange = new HttpExchange({
    request: request as never,
    response: answer as unknown as ServerResponse,
    connection: new Connection(),
    path: '/v1/chat/completions',
    callId: 'call-1',
    isIdShared: false,
    caller: { isAdmin: true },
    maxBodyBytes: 1_000,
  });
  await serveModel(exchange, chat, house as unknown as House);
  return { text: answer.text, endings };
}

const response: ModelResponse = { model: 'openai/m', text: 'Hi', toolCalls: [], finishReason: 'stop', usage: {} };

test('what a backend of the same API said goes out to the byte', async () => {
  const raw = '{"id": 1, "big": 12345678901234567890}';

  const said = await saying({ ...response, metadata: { raw } });

  expect(said.text).toBe(raw);
  expect(said.endings).toMatchObject([
    { outcome: 'answered', model: 'openai/m', ask: { inputTokens: Math.ceil(asked.length / 4) } },
  ]);
});

test('what a backend of another API said goes out in the words of the request', async () => {
  const { text } = await saying(response);

  expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: 'Hi' } }] });
});
