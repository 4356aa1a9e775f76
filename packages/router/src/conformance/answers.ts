/** What comes back, whole or in pieces. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelResponse } from '@rolecall/core';
import { ask, type Bench, recorder, toolNamed } from './bench.ts';
import type { AdapterCase } from './contract.ts';

const script = 'The tide comes in twice a day, and nobody has to ask it to.';

export function answerCases(bench: Bench): readonly AdapterCase[] {
  return [...anyAnswer(bench), ...scriptedAnswers(bench), ...deliveries(bench)];
}

function anyAnswer(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withModel('answers with text, a reason for stopping, and what it took', async () => {
      const model = bench.model();

      const response = await model(ask('Say hello in one short sentence.'));

      assert.ok(response.text.length > 0, 'there is no text');
      assert.equal(response.model, model.id);
      assert.ok(response.model.startsWith(`${bench.adapter.provider}/`), `${response.model} is not of ${bench.adapter.provider}`);
      assert.deepEqual(response.toolCalls, []);
      assert.equal(response.finishReason, 'stop');
      assertUsage(response);
    }),
    bench.withModel('streams an answer whose pieces are its text', async () => {
      const { deltas, said, onDelta } = recorder();

      const response = await bench.model()(ask('Name three colours.', { onDelta }));

      assert.ok(deltas.length > 0, 'nothing was streamed');
      assert.equal(said('text'), response.text);
      assert.equal(response.finishReason, 'stop');
      assertUsage(response);
    }),
    bench.withModel('leaves the request as it was', async () => {
      const request = ask('Say hello.', { settings: { maxOutputTokens: 500 }, labels: { tags: ['a'] } });
      const before = structuredClone(request);

      await bench.model()(deepFreeze(request));

      assert.deepEqual(request, before);
    }),
  ];
}

function scriptedAnswers(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('gives the text exactly as it was sent', async () => {
      const text = '  Déjà vu: 海, "quotes", \\ and 🌊\n\n';
      bench.answer({ text });
      bench.answer({ text, chunks: 7 });

      const plain = await bench.model()(ask('Go.'));
      const streamed = await bench.model()(ask('Go.', { onDelta() {} }));

      assert.equal(plain.text, text);
      assert.equal(streamed.text, text);
      bench.assertRequests(2);
    }),
    bench.withBackend('streams the same answer as it gives whole', async () => {
      bench.answer({ text: script });
      bench.answer({ text: script, chunks: 5 });

      const plain = await bench.model()(ask('Go.'));
      const streamed = await bench.model()(ask('Go.', { onDelta() {} }));

      assert.equal(streamed.text, plain.text);
      assert.equal(streamed.finishReason, plain.finishReason);
      assert.deepEqual(totals(streamed), totals(plain));
      assert.equal(streamed.usage.source?.api, plain.usage.source?.api);
    }),
    bench.withBackend('keeps apart many calls at once', async () => {
      const model = bench.model();

      const texts = await Promise.all(
        Array.from({ length: 8 }, async (_, n) => {
          const { said, onDelta } = recorder();
          const { text } = await model(ask(`Count to ${n}.`, { onDelta }));
          return { text, streamed: said('text') };
        }),
      );

      for (const { text, streamed } of texts) assert.equal(streamed, text);
      bench.assertRequests(8);
    }),
    ...(bench.has('simulated') ? [simulatedCase(bench)] : []),
    ...(bench.has('reasoning') ? [reasoningCase(bench)] : []),
  ];
}

function deliveries(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('hands over the pieces in order, one at a time', async () => {
      bench.answer({ text: script, chunks: 6 });
      let busy = 0;
      let pieces = 0;
      let text = '';

      const response = await bench.model()(
        ask('Go.', {
          async onDelta(delta) {
            assert.equal(++busy, 1, 'a piece came while the one before was still being read');
            await sleep(2);
            if (delta.type === 'text') text += delta.text;
            pieces++;
            busy--;
          },
        }),
      );

      assert.equal(text, response.text);
      assert.ok(pieces > 1, 'it came in one piece');
    }),
    bench.withBackend('lets a slow reader hold the answer back', async () => {
      bench.answer({ text: script, chunks: 6 });
      const gate = new AbortController();
      const opened = once(gate.signal, 'abort');
      let pieces = 0;
      const onDelta = async (): Promise<void> => {
        if (++pieces === 1) await opened;
      };

      const response = bench.model()(ask('Go.', { onDelta }));
      await bench.until('the first piece', () => pieces > 0);
      await sleep(50);
      const whileShut = pieces;
      gate.abort();
      const { text } = await bench.inTime('the rest', response);

      assert.equal(whileShut, 1, 'the reader was not waited for');
      assert.equal(text, script);
    }),
  ];
}

function simulatedCase(bench: Bench): AdapterCase {
  return bench.withBackend('says that a simulator answered', async () => {
    const plain = await bench.model()(ask('Go.'));
    const streamed = await bench.model()(ask('Go.', { onDelta() {} }));
    bench.fault({ kind: 'status', status: 500 });
    const failure = await bench.failure(bench.model()(ask('Go.')));

    assert.equal(plain.metadata?.simulated, true);
    assert.equal(streamed.metadata?.simulated, true);
    assert.equal(failure.simulated, true);
  });
}

function reasoningCase(bench: Bench): AdapterCase {
  return bench.withBackend('keeps what the model thought apart, and gives it back to its own provider', async () => {
    const thought = 'The moon pulls, so the water follows.';
    const call = { name: 'tides', arguments: { port: 'Brest' } };
    bench.answer({ reasoning: thought, text: script, chunks: 4 });
    bench.answer({ reasoning: thought, toolCalls: [call] });
    const { said, onDelta } = recorder();
    const question = { role: 'user', content: 'Why?' } as const;
    const request = { messages: [question], tools: [toolNamed('tides')], settings: { reasoningEffort: 'low' } } as const;

    const streamed = await bench.model()({ ...request, onDelta });
    const { content = [], toolCalls } = await bench.model()(request);
    const results = toolCalls.map(({ id, name }) => ({ role: 'tool', toolCallId: id, name, content: 'High at noon.' }) as const);
    await bench.model()({ ...request, messages: [question, { role: 'assistant', content, toolCalls }, ...results] });

    assert.equal(streamed.text, script);
    assert.equal(said('text'), script);
    assert.equal(said('reasoning'), thought);
    for (const parts of [streamed.content ?? [], content]) {
      const [first] = parts;
      assert.ok(first?.type === 'reasoning', 'the first part of the answer is no reasoning part');
      assert.equal(first.text, thought);
      assert.equal(first.provider, bench.adapter.provider);
    }
    assert.ok(bench.lastBody().includes(thought), 'the thought did not go back');
  });
}

function assertUsage({ usage }: ModelResponse): void {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0, source } = usage;
  assert.ok(inputTokens > 0, 'no input tokens');
  assert.ok(outputTokens > 0, 'no output tokens');
  assert.ok(
    inputTokens >= cacheReadTokens + cacheWriteTokens,
    'the input is less than what was cached of it: a total includes its parts',
  );
  assert.ok(outputTokens >= reasoningTokens, 'the output is less than the reasoning in it: a total includes its parts');
  assert.ok(source, 'what the provider said of its usage is missing');
  assert.equal(typeof source.payload, 'object');
}

/** Only counts: the payloads of a stream and of a whole answer may differ. */
function totals({ usage }: ModelResponse): object {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => typeof count === 'number'));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
