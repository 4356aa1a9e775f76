/** What goes out: prompts, settings, schemas, images; and what must not. */
import assert from 'node:assert/strict';
import type { ModelRequest, ModelSettings } from '@rolecall/core';
import { ask, type Bench, secretKey, toolNamed } from './bench.ts';
import type { AdapterCase } from './contract.ts';

/** Each with a value that no provider has as its default. */
const settings: Required<{ readonly [name in keyof ModelSettings]: NonNullable<ModelSettings[name]> }> = {
  temperature: 0.37,
  topP: 0.83,
  topK: 17,
  maxOutputTokens: 4_321,
  stop: ['ROLECALL-STOP'],
  seed: 987_654,
  frequencyPenalty: 0.21,
  presencePenalty: 0.43,
  reasoningEffort: 'low',
  parallelToolCalls: false,
  serviceTier: 'auto',
};

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function requestCases(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('sends the system prompt and every turn of the conversation, in order', async () => {
      await bench.model()({
        messages: [
          { role: 'system', content: 'MARK-SYSTEM' },
          { role: 'user', content: 'MARK-FIRST' },
          { role: 'assistant', content: 'MARK-SECOND' },
          { role: 'user', content: [{ type: 'text', text: 'MARK-THIRD' }] },
        ],
      });

      assertInOrder(bench.lastBody(), ['MARK-FIRST', 'MARK-SECOND', 'MARK-THIRD']);
      assert.ok(bench.lastBody().includes('MARK-SYSTEM'), 'the system prompt is missing');
    }),
    ...Object.entries(settings).map(([name, value]) => settingCase(bench, name, value)),
    ...(bench.has('images') ? [imageCase(bench)] : []),
    ...(bench.has('structured_output') ? structuredCases(bench) : []),
    ...isolationCases(bench),
  ];
}

function settingCase(bench: Bench, name: string, value: unknown): AdapterCase {
  return bench.withBackend(`sends the setting ${name}, or says that it was ignored`, async () => {
    const request: ModelRequest = ask('Go.', { tools: bench.has('tools') ? [toolNamed('tides')] : undefined });

    await bench.model()(request);
    const without = bench.lastBody();
    const { metadata } = await bench.model()({ ...request, settings: { [name]: value } });
    const sent = bench.lastBody() !== without;
    const ignored = metadata?.ignoredSettings?.includes(name) ?? false;

    assert.notEqual(sent, ignored, sent ? `${name} was sent, and named as ignored` : `${name} vanished without a word`);
  });
}

function imageCase(bench: Bench): AdapterCase {
  return bench.withBackend('sends an image', async () => {
    await bench.model()({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', base64: pixel, mediaType: 'image/png' },
          ],
        },
      ],
    });

    assert.ok(bench.lastBody().includes(pixel), 'the image is missing');
    assert.ok(bench.lastBody().includes('What is this?'), 'the text beside the image is missing');
  });
}

function structuredCases(bench: Bench): readonly AdapterCase[] {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, country: { type: 'string' } },
    required: ['city', 'country'],
    additionalProperties: false,
  };
  const request = ask('Name a city and its country.', { outputSchema: { name: 'place', schema } });
  return [
    bench.withModel('answers in JSON of the shape that was asked for', async () => {
      const { text } = await bench.model()(request);

      const place = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(Object.keys(place).toSorted(), ['city', 'country']);
      assert.equal(typeof place['city'], 'string');
    }),
    bench.withBackend('sends the schema, whole and streamed', async () => {
      await bench.model()(request);
      const plain = bench.lastBody();
      const streamed = await bench.model()({ ...request, onDelta() {} });

      assert.ok(plain.includes('"country"') && bench.lastBody().includes('"country"'), 'the schema is missing');
      assert.equal(typeof JSON.parse(streamed.text), 'object');
    }),
  ];
}

function isolationCases(bench: Bench): readonly AdapterCase[] {
  const { provider } = bench.adapter;
  return [
    bench.withBackend("sends its own provider's options, and nobody else's", async () => {
      const providerOptions = { [provider]: { metadata: { mark: 'MARK-OWN' } }, another: { mark: 'MARK-FOREIGN' } };

      await bench
        .model()(ask('Go.', { providerOptions }))
        .catch(() => {}); // refused or not: what counts is what was sent

      assert.ok(bench.lastBody().includes('MARK-OWN'), 'its own options are missing');
      assert.ok(!bench.lastBody().includes('MARK-FOREIGN'), "another provider's options were sent");
    }),
    bench.withBackend("keeps another provider's reasoning, and our own labels, to itself", async () => {
      const reasoning = {
        type: 'reasoning',
        text: 'MARK-THOUGHT',
        provider: 'another',
        opaque: { signature: 'MARK-SIGNATURE' },
      } as const;
      const assistant = { role: 'assistant', content: [reasoning, { type: 'text', text: 'MARK-SAID' }] } as const;
      const { messages } = ask('Go on.');
      const labels = { workflow: 'MARK-WORKFLOW', task: 'MARK-TASK', tags: ['MARK-TAG'] };

      await bench.model()({ messages: [...messages, assistant, ...messages], role: 'MARK-ROLE', labels });

      assert.ok(bench.lastBody().includes('MARK-SAID'), 'what the assistant said is missing');
      const marks = bench.lastBody().match(/MARK-\w+/g);
      assert.deepEqual(marks, ['MARK-SAID']);
    }),
    bench.withBackend('keeps the key out of what it throws', async () => {
      bench.fault({ kind: 'status', status: 401, message: `Incorrect API key provided: ${secretKey}.` });

      const failure = await bench.failure(bench.model()(ask('Go.')));

      assert.ok(!`${failure.message} ${failure.stack} ${JSON.stringify(failure)}`.includes(secretKey), 'the key is in the error');
    }),
    ...(bench.adapter.createWithoutKey ? [keylessCase(bench, bench.adapter.createWithoutKey)] : []),
  ];
}

function keylessCase(bench: Bench, createWithoutKey: NonNullable<typeof bench.adapter.createWithoutKey>): AdapterCase {
  return {
    title: 'without a key says what to set, and asks nobody',
    needs: 'model',
    run: async () => {
      const failure = await bench.failure(createWithoutKey()(ask('Go.')));

      assert.equal(failure.code, 'not_configured');
      assert.match(failure.reason ?? '', /[A-Z]+_API_KEY/);
      assert.equal(failure.possiblyBilled, false);
    },
  };
}

function assertInOrder(body: string, marks: readonly string[]): void {
  const places = marks.map((mark) => body.indexOf(mark));
  assert.ok(
    places.every((place) => place >= 0),
    `${marks.filter((_, n) => places[n] === -1).join(', ')} missing`,
  );
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    'the order has changed',
  );
}
