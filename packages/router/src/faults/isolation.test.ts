/** What passes from one provider to the next after a fallback, and what never does: every ordered pair of the four. */
import type { JsonObject, Message, ModelResponse, ReasoningPart, ToolCall, ToolDefinition } from '@rolecall/core';
import { type ProviderName, type SeenRequest, type Simulator, startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { backend, pairs, providers, secretsOf, seenBy } from '../../test/backends.ts';
import { createRouter, type Router } from '../router.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const chain = (...names: readonly ProviderName[]): Router => {
  const models = Object.fromEntries(names.map((name) => [name, backend(name, simulator)]));
  return createRouter({ models, roles: { default: names }, retry: false, cooldown: false });
};
const fails = (provider: ProviderName): unknown =>
  simulator.fault({ provider, kind: 'status', status: 503, message: `words-of-${provider}` });
const sent = ({ headers, body }: SeenRequest): string => JSON.stringify({ headers, body });
const only = (provider: ProviderName): SeenRequest => {
  const [request, ...others] = seenBy(provider, simulator);
  if (!request || others.length > 0) throw new Error(`${provider} was asked ${others.length + (request ? 1 : 0)} times`);
  return request;
};

/** An option of each provider's own that tells whose it is. */
const optionsOf = (provider: ProviderName): JsonObject => {
  if (provider === 'anthropic') return { metadata: { user_id: `option-of-${provider}` } };
  if (provider === 'ollama') return { format: `option-of-${provider}` };
  return { user: `option-of-${provider}` };
};
/** Chat completions of OpenAI neither show reasoning nor take it back. */
const takesReasoning = (provider: ProviderName): boolean => provider !== 'openai';
/** What requests to a provider carry, and to no other. */
const marksOf = (provider: ProviderName): readonly string[] => {
  const { key, header } = secretsOf(provider);
  return [key, header, `option-of-${provider}`, ...(takesReasoning(provider) ? [`thought-of-${provider}`] : [])];
};
/** What a provider thought, and the form in which Anthropic wants it back. */
const thoughtOf = (provider: ProviderName): ReasoningPart => {
  const text = `thought-of-${provider}`;
  return {
    type: 'reasoning',
    text,
    provider,
    opaque: { type: 'thinking', thinking: text, signature: `signature-of-${provider}` },
  };
};

describe.each(pairs)('%s, and after it %s', (from, to) => {
  test('nothing that is for the one reaches the other', async () => {
    const router = chain(from, to);
    fails(from);

    const { attempts } = await router({
      messages: [
        { role: 'user', content: 'Go.' },
        {
          role: 'assistant',
          content: [thoughtOf(from), thoughtOf(to), { type: 'text', text: 'Gone.' }],
          toolCalls: [{ id: 'call_1', name: 'tides', arguments: '{}' }],
        },
        { role: 'tool', toolCallId: 'call_1', name: 'tides', content: 'High.' },
      ],
      tools: [tides],
      providerOptions: { [from]: optionsOf(from), [to]: optionsOf(to) },
    });

    const own = sent(only(from));
    const other = sent(only(to));
    expect(attempts).toMatchObject([
      { name: from, outcome: 'failed', code: 'overloaded' },
      { name: to, outcome: 'answered' },
    ]);
    for (const mark of marksOf(from)) expect(own).toContain(mark);
    for (const mark of marksOf(to)) expect(other).toContain(mark);
    for (const mark of [...marksOf(from), `thought-of-${from}`, `signature-of-${from}`, `words-of-${from}`]) {
      expect(other).not.toContain(mark);
    }
    for (const mark of [...marksOf(to), `thought-of-${to}`, `signature-of-${to}`]) expect(own).not.toContain(mark);
  });

  test.each([false, true])(
    'a conversation begun by the one is continued by the other, and by the one again (streamed: %s)',
    async (stream) => {
      const router = chain(from, to);
      simulator.answer({ provider: from, reasoning: 'Two things to look up.', toolCalls: [...calls] });
      const pieces: string[] = [];
      const onDelta = stream ? (delta: { type: string }): void => void pieces.push(delta.type) : undefined;
      const messages: Message[] = [{ role: 'user', content: 'When do I swim?' }];

      const first = await router({ messages, tools, onDelta, settings: { reasoningEffort: 'low' } });
      messages.push(turnOf(first), ...resultsOf(first.toolCalls));
      simulator.reset();
      fails(from);
      const second = await router({ messages, tools, onDelta });
      const [other] = seenBy(to, simulator);
      simulator.reset();
      messages.push(turnOf(second), { role: 'user', content: 'And tomorrow?' });
      const third = await router({ messages, tools, onDelta });

      expect(first.toolCalls.map(({ name, arguments: json }) => [name, JSON.parse(json || '{}')])).toEqual([
        ['tides', { port: 'Dover' }],
        ['now', {}],
      ]);
      if (stream && from !== 'ollama') expect(pieces.filter((type) => type === 'tool_call').length).toBeGreaterThan(2);
      expect(second.attempts).toMatchObject([
        { name: from, code: 'overloaded' },
        { name: to, outcome: 'answered' },
      ]);
      expect(second.text).not.toBe('');
      expect(other && inOrder(sent(other), 'Dover', 'High at noon.', 'It is nine.')).toBe(true);
      expect(other && sent(other)).not.toContain('Two things to look up.');
      expect(third.attempts).toMatchObject([{ name: from, outcome: 'answered' }]);
      const again = sent(only(from));
      expect(again.includes('Two things to look up.')).toBe(takesReasoning(from));
      if (from === 'anthropic') expect(again).toContain(signatureIn(first));
    },
  );
});

const tides: ToolDefinition = {
  name: 'tides',
  description: 'When the water is high.',
  parameters: { type: 'object', properties: { port: { type: 'string' } }, required: ['port'] },
};
const now: ToolDefinition = { name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } };
const tools = [tides, now];
const calls = [
  { name: 'tides', arguments: { port: 'Dover' } },
  { name: 'now', arguments: '' },
] as const;

function turnOf({ text, content, toolCalls }: ModelResponse): Message {
  return { role: 'assistant', content: content ?? text, toolCalls };
}

function resultsOf(made: readonly ToolCall[]): readonly Message[] {
  return made.map(({ id, name }) => ({
    role: 'tool',
    toolCallId: id,
    name,
    content: name === 'tides' ? 'High at noon.' : 'It is nine.',
  }));
}

function inOrder(text: string, ...parts: readonly string[]): boolean {
  const places = parts.map((part) => text.indexOf(part));
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

function signatureIn({ content = [] }: ModelResponse): string {
  const thought = content.find((part) => part.type === 'reasoning');
  return z.object({ signature: z.string().min(20) }).parse(thought?.opaque).signature;
}

const Place = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('port'), name: z.string(), depthMetres: z.number() }),
  z.object({ kind: z.literal('beach'), name: z.string(), sand: z.union([z.boolean(), z.enum(['fine', 'coarse'])]) }),
]);
const Plan = z.object({
  where: z.array(z.union([Place, z.object({ route: z.array(Place) })])),
  when: z.union([z.string(), z.object({ from: z.number(), to: z.union([z.number(), z.null()]) })]),
});

describe.each(providers)('structured output of %s', (provider) => {
  const outputSchema = { name: 'plan', schema: z.toJSONSchema(Plan) as JsonObject };
  const written = {
    where: [{ route: [{ kind: 'beach', name: 'Deal', sand: 'coarse' }] }, { kind: 'port', name: 'Dover', depthMetres: 9 }],
    when: { from: 9, to: null },
  };

  test.each([false, true])(
    'a schema of nested unions is accepted, and what it asks for comes back (streamed: %s)',
    async (stream) => {
      const [before] = providers.filter((other) => other !== provider);
      const router = chain(before ?? provider, provider);
      const ask = async (): Promise<unknown> => {
        if (before) fails(before);
        const onDelta = stream ? (): void => undefined : undefined;
        const { text } = await router({ messages: [{ role: 'user', content: 'Plan a swim.' }], outputSchema, onDelta });
        return Plan.parse(JSON.parse(text));
      };

      const own = await ask();
      simulator.answer({ provider, text: JSON.stringify(written) });
      const scripted = await ask();

      expect(own).toMatchObject({ where: [expect.anything()] });
      expect(scripted).toEqual(written);
      const schemas = seenBy(provider, simulator).map(sent);
      expect(schemas).toHaveLength(2);
      for (const schema of schemas) for (const word of ['depthMetres', 'coarse', 'anyOf']) expect(schema).toContain(word);
    },
  );
});
