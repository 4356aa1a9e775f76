/** Tool calls and their results. */
import assert from 'node:assert/strict';
import type { ToolCall } from '@rolecall/core';
import { ask, type Bench, recorder, toolNamed } from './bench.ts';
import type { AdapterCase } from './contract.ts';

const tools = [toolNamed('tides'), toolNamed('weather')];
const calls = [
  { name: 'tides', arguments: { port: 'Brest' } },
  { name: 'weather', arguments: { port: 'Saint-Malo "intra muros"' } },
];

export function toolCases(bench: Bench): readonly AdapterCase[] {
  if (!bench.has('tools')) return [];
  return [...callCases(bench), ...resultCases(bench)];
}

function callCases(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withModel('calls a tool, and answers with its result', async () => {
      const model = bench.model();
      const question = { role: 'user', content: 'Look up the tides of Brest with the tool, then tell me.' } as const;
      const toolChoice = { name: 'tides' };

      const first = await model({ messages: [question], tools: tools.slice(0, 1), toolChoice });
      const assistant = { role: 'assistant', content: first.content ?? first.text, toolCalls: first.toolCalls } as const;
      const results = first.toolCalls.map(
        ({ id, name }) => ({ role: 'tool', toolCallId: id, name, content: 'High at noon.' }) as const,
      );
      const second = await model({ messages: [question, assistant, ...results], tools: tools.slice(0, 1) });

      assert.equal(first.finishReason, 'tool_calls');
      assert.equal(first.toolCalls[0]?.name, 'tides');
      assert.equal(typeof argumentsOf(first.toolCalls[0])['port'], 'string');
      assert.ok(second.text.length > 0, 'there is no answer after the tool');
    }),
    ...[false, true].map((stream) =>
      bench.withBackend(
        `gives several tool calls ${stream ? 'in a stream' : 'at once'}, each with an id of its own`,
        async () => {
          bench.answer({ toolCalls: calls });
          const { deltas, onDelta } = recorder();

          const response = await bench.model()(ask('Go.', { tools, onDelta: stream ? onDelta : undefined }));

          assert.equal(response.finishReason, 'tool_calls');
          assert.deepEqual(
            response.toolCalls.map((call) => ({ name: call.name, arguments: argumentsOf(call) })),
            calls,
          );
          assert.equal(new Set(response.toolCalls.map(({ id }) => id)).size, 2);
          assert.ok(
            response.toolCalls.every(({ id }) => id !== ''),
            'an id is empty',
          );
          assert.equal(
            deltas.some(({ type }) => type === 'tool_call'),
            stream,
          );
        },
      ),
    ),
    bench.withBackend('gives a call without arguments as empty text or an empty object', async () => {
      for (const onDelta of [undefined, () => {}]) {
        bench.answer({ toolCalls: [{ name: 'tides', arguments: '' }] });

        const { toolCalls } = await bench.model()(ask('Go.', { tools, onDelta }));

        assert.deepEqual(argumentsOf(toolCalls[0]), {});
      }
    }),
    ...(bench.has('tool_call_deltas') ? [piecesCase(bench)] : []),
  ];
}

function piecesCase(bench: Bench): AdapterCase {
  return bench.withBackend('joins the pieces of tool calls to what it streamed', async () => {
    bench.answer({ toolCalls: calls });
    const { deltas, onDelta } = recorder();

    const { toolCalls } = await bench.model()(ask('Go.', { tools, onDelta }));

    const pieces = deltas.filter((delta) => delta.type === 'tool_call');
    const joined = toolCalls.map((_, at) =>
      pieces
        .filter(({ index }) => index === at)
        .map((piece) => piece.arguments ?? '')
        .join(''),
    );
    assert.ok(pieces.length > toolCalls.length, 'no call came in pieces');
    assert.deepEqual(
      joined,
      toolCalls.map((call) => call.arguments),
    );
    assert.deepEqual(
      toolCalls.map((_, at) => pieces.find((piece) => piece.index === at && piece.name !== undefined)?.name),
      toolCalls.map(({ name }) => name),
    );
  });
}

function resultCases(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('sends several results in their order, and tells the model which one failed', async () => {
      bench.answer({ toolCalls: calls });
      const { messages } = ask('Go.');
      const { toolCalls } = await bench.model()({ messages, tools });
      const [tides, weather] = toolCalls;
      assert.ok(tides && weather);

      const result = (isError: boolean) =>
        ({ role: 'tool', toolCallId: weather.id, name: 'weather', content: 'MARK-WEATHER', isError }) as const;
      const turns = [
        ...messages,
        { role: 'assistant', content: '', toolCalls },
        { role: 'tool', toolCallId: tides.id, name: 'tides', content: 'MARK-TIDES' },
      ] as const;
      await bench.model()({ messages: [...turns, result(false)], tools });
      const fine = bench.lastBody();
      await bench.model()({ messages: [...turns, result(true)], tools });
      const failed = bench.lastBody();

      const at = [failed.indexOf('MARK-TIDES'), failed.indexOf('MARK-WEATHER')] as const;
      assert.ok(at[0] > 0 && at[1] > at[0], 'a result is missing or out of order');
      assert.notEqual(failed, fine, 'the model cannot tell a failed tool from one that worked');
    }),
    bench.withBackend('sends back a call that had no arguments', async () => {
      const { messages } = ask('Go.');
      const toolCalls: readonly ToolCall[] = [{ id: 'call_1', name: 'tides', arguments: '' }];

      const { text } = await bench.model()({
        messages: [
          ...messages,
          { role: 'assistant', content: '', toolCalls },
          { role: 'tool', toolCallId: 'call_1', name: 'tides', content: 'High.' },
        ],
        tools,
      });

      assert.ok(text.length > 0, 'there is no answer');
    }),
  ];
}

function argumentsOf(call: ToolCall | undefined): Record<string, unknown> {
  assert.ok(call, 'there is no tool call');
  return JSON.parse(call.arguments || '{}') as Record<string, unknown>;
}
