import type { JsonValue, Message, Part, ToolCall } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { toSystem, toTurns } from './anthropic-turns.ts';

const model = 'anthropic/claude-sonnet-5-5';
const user = (content: string | readonly Part[]): Message => ({ role: 'user', content });
const call = (id: string, json = '{}'): ToolCall => ({ id, name: 'tides', arguments: json });
const result = (toolCallId: string, content: string): Message => ({ role: 'tool', toolCallId, name: 'tides', content });
const thought = (text: string, opaque?: JsonValue, provider = 'anthropic'): Part => ({
  type: 'reasoning',
  text,
  provider,
  opaque,
});
const text = (said: string) => ({ type: 'text', text: said });
const blockOf = (part: Part) => toTurns([user([part])], model)[0]?.content[0];

describe('the system prompt', () => {
  test('is gathered from wherever it stands, with its breakpoints', () => {
    const long: Part = { type: 'text', text: 'Long.', cacheBreakpoint: true };
    const messages: Message[] = [{ role: 'system', content: 'Be kind.' }, user('Hi.'), { role: 'system', content: [long] }];

    expect(toSystem(messages, model)).toEqual([text('Be kind.'), { ...text('Long.'), cache_control: { type: 'ephemeral' } }]);
    expect(toTurns(messages, model)).toEqual([{ role: 'user', content: [text('Hi.')] }]);
  });

  test('holds no image', () => {
    const messages: Message[] = [{ role: 'system', content: [{ type: 'image', url: 'https://example.com/a.png' }] }];

    expect(() => toSystem(messages, model)).toThrow(/system prompt holds text only/);
  });
});

describe('turns', () => {
  test('alternate: neighbours of one speaker become one', () => {
    const turns = toTurns([user('One.'), user('Two.'), { role: 'assistant', content: 'Three.' }, user('Four.')], model);

    expect(turns).toEqual([
      { role: 'user', content: [text('One.'), text('Two.')] },
      { role: 'assistant', content: [text('Three.')] },
      { role: 'user', content: [text('Four.')] },
    ]);
  });

  test('hold no empty text, which the API refuses', () => {
    const turns = toTurns(
      [
        user(''),
        user([
          { type: 'text', text: ' \n' },
          { type: 'text', text: 'Hi.' },
        ]),
        { role: 'assistant', content: '' },
      ],
      model,
    );

    expect(turns).toEqual([{ role: 'user', content: [text('Hi.')] }]);
  });

  test('put all results of a round first in the turn after the calls', () => {
    const turns = toTurns(
      [
        { role: 'assistant', content: 'Looking.', toolCalls: [call('a', '{"port":"Brest"}'), call('b', '')] },
        user('And hurry.'),
        result('a', 'High.'),
        { role: 'tool', toolCallId: 'b', name: 'tides', content: '', isError: true },
      ],
      model,
    );

    expect(turns).toEqual([
      {
        role: 'assistant',
        content: [
          text('Looking.'),
          { type: 'tool_use', id: 'a', name: 'tides', input: { port: 'Brest' } },
          { type: 'tool_use', id: 'b', name: 'tides', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text('High.')] },
          { type: 'tool_result', tool_use_id: 'b', is_error: true },
          text('And hurry.'),
        ],
      },
    ]);
  });

  test.each(['functions.tides:0', 'call|1', 'ünïcode', '', 'a b'])(
    'give the id "%s" a form the API takes, for call and result alike',
    (id) => {
      const [calls, results] = toTurns([{ role: 'assistant', content: '', toolCalls: [call(id)] }, result(id, 'High.')], model);

      const sent = calls?.content[0]?.['id'];
      expect(sent).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(results?.content[0]?.['tool_use_id']).toBe(sent);
    },
  );

  test('keep different ids apart', () => {
    const [turn] = toTurns([{ role: 'assistant', content: '', toolCalls: ['a.b', 'a:b', 'a_b'].map((id) => call(id)) }], model);

    expect(new Set(turn?.content.map((block) => block['id'])).size).toBe(3);
  });

  test.each(['{"port":', '["Brest"]', '"Brest"'])('hand on arguments that are no object as they are: %s', (json) => {
    const [turn] = toTurns([{ role: 'assistant', content: '', toolCalls: [call('a', json)] }], model);

    expect(turn?.content[0]).toMatchObject({ input: { unparsed: json } });
  });
});

describe('thoughts', () => {
  const signed = { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' };
  const hidden = { type: 'redacted_thinking', data: 'ZGF0YQ==' };

  test('go back as they came, before what follows them', () => {
    const content = [thought('Hm.', signed), thought('', hidden), { type: 'text', text: 'Let me see.' } as const];

    const [turn] = toTurns([{ role: 'assistant', content, toolCalls: [call('a')] }], model);

    expect(turn?.content).toEqual([signed, hidden, text('Let me see.'), expect.objectContaining({ type: 'tool_use' })]);
  });

  test('go back to where they were among the tool calls', () => {
    const content = [thought('Hm.', signed), thought('', { ...hidden, after_tool_calls: 1 })];

    const [turn] = toTurns([{ role: 'assistant', content, toolCalls: [call('a'), call('b')] }], model);

    expect(turn?.content).toEqual([signed, expect.objectContaining({ id: 'a' }), hidden, expect.objectContaining({ id: 'b' })]);
  });

  test("of another provider's, and unsigned ones, stay here", () => {
    const content = [
      thought('Theirs.', { field: 'reasoning' }, 'groq'),
      thought('Unsigned.'),
      { type: 'text', text: 'So.' } as const,
    ];

    expect(toTurns([{ role: 'assistant', content }], model)).toEqual([{ role: 'assistant', content: [text('So.')] }]);
  });

  test('alone are no turn', () => {
    expect(toTurns([{ role: 'assistant', content: [thought('Hm.', signed)] }], model)).toEqual([]);
  });
});

describe('media', () => {
  test.each([
    [
      { type: 'image', url: 'https://example.com/a.png' },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      { type: 'image', url: 'data:image/webp;base64,UklGRg==' },
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'UklGRg==' } },
    ],
    [
      { type: 'file', base64: 'iVBORw==', mediaType: 'image/png' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw==' } },
    ],
    [
      { type: 'file', base64: 'JVBERg==', mediaType: 'application/pdf', name: 'paper.pdf' },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'paper.pdf' },
    ],
    [
      { type: 'file', url: 'https://example.com/a.pdf' },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ],
    [
      { type: 'file', base64: 'w6k=', mediaType: 'text/markdown' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é' } },
    ],
  ] as const)('%j is sent as the block it is', (part, block) => {
    expect(blockOf(part)).toEqual(block);
  });

  test.each([
    [{ type: 'audio', base64: 'AA==', mediaType: 'audio/wav' }, /audio part \(audio\/wav\).*no audio/],
    [{ type: 'image', base64: 'AA==' }, /image part.*needs a mediaType/],
    [{ type: 'image', name: 'logo' }, /image part \(logo\).*neither url nor base64/],
    [{ type: 'file', base64: 'AA==', mediaType: 'application/zip', name: 'all.zip' }, /all\.zip.*application\/pdf or text/],
  ] as const)('%j is refused, by name', (part, message) => {
    expect(() => blockOf(part)).toThrow(message);
  });

  test('an assistant turn holds none', () => {
    const messages: Message[] = [{ role: 'assistant', content: [{ type: 'image', url: 'https://example.com/a.png' }] }];

    expect(() => toTurns(messages, model)).toThrow(/assistant turn holds text/);
  });
});
