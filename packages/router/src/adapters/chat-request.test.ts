import type { Message, ModelRequest, ModelSettings, Part } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { type Dialect, encode } from './chat-request.ts';

const dialect: Dialect = {
  provider: 'house',
  settings: {
    temperature: 'temperature',
    maxOutputTokens: 'max_tokens',
    reasoningEffort: 'reasoning_effort',
    parallelToolCalls: 'parallel_tool_calls',
  },
  efforts: ['low', 'high'],
  media: ['image', 'audio', 'file'],
  reasoningField: (field = 'reasoning') => field,
  strictSchemas: true,
  askForUsage: true,
};
const go: Message = { role: 'user', content: 'Go.' };
const bodyOf = (request: Partial<ModelRequest>, more: Partial<Dialect> = {}) =>
  encode('m', { messages: [go], ...request }, { ...dialect, ...more }).body as unknown as Record<string, unknown>;
const messageOf = (message: Message, more: Partial<Dialect> = {}) =>
  (bodyOf({ messages: [message] }, more)['messages'] as unknown[])[0];
const contentOf = (...content: Part[]) => (messageOf({ role: 'user', content }) as { content: unknown }).content;
const failed = (content: string) => messageOf({ role: 'tool', toolCallId: '1', name: 'tides', content, isError: true });

describe('messages', () => {
  test('a single text goes as a plain string, several as parts', () => {
    expect(contentOf({ type: 'text', text: 'a', cacheBreakpoint: true })).toBe('a');
    expect(contentOf({ type: 'text', text: 'a' }, { type: 'text', text: 'b' })).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
  });

  test('images go by address or as data', () => {
    expect(
      contentOf({ type: 'image', url: 'https://x.test/a.png' }, { type: 'image', base64: 'AAAA', mediaType: 'image/png' }),
    ).toEqual([
      { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ]);
  });

  test('audio and files go as data', () => {
    expect(
      contentOf(
        { type: 'audio', base64: 'AAAA', mediaType: 'audio/mpeg' },
        { type: 'file', base64: 'BBBB', mediaType: 'application/pdf', name: 'a.pdf' },
      ),
    ).toEqual([
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,BBBB', filename: 'a.pdf' } },
    ]);
  });

  test('an assistant says its text and its tool calls, empty arguments being an empty object', () => {
    const toolCalls = [
      { id: '1', name: 'now', arguments: '' },
      { id: '2', name: 'tides', arguments: '{"port":"Brest"}' },
    ];

    expect(messageOf({ role: 'assistant', content: '', toolCalls })).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: '1', type: 'function', function: { name: 'now', arguments: '{}' } },
        { id: '2', type: 'function', function: { name: 'tides', arguments: '{"port":"Brest"}' } },
      ],
    });
    expect(messageOf({ role: 'assistant', content: '' })).toEqual({ role: 'assistant', content: '' });
  });

  test('reasoning goes back to its own provider alone, in the field it came in', () => {
    const content: Part[] = [
      { type: 'reasoning', text: 'mine', provider: 'house', opaque: { field: 'reasoning_content' } },
      { type: 'reasoning', text: 'theirs', provider: 'another' },
      { type: 'text', text: 'So.' },
    ];

    expect(messageOf({ role: 'assistant', content })).toEqual({ role: 'assistant', content: 'So.', reasoning_content: 'mine' });
    expect(messageOf({ role: 'assistant', content }, { reasoningField: () => undefined })).toEqual({
      role: 'assistant',
      content: 'So.',
    });
  });

  test('a tool that failed says so, once', () => {
    expect(failed('no such port')).toEqual({ role: 'tool', tool_call_id: '1', content: 'Error: no such port' });
    expect(failed('Error: no such port')).toEqual({ role: 'tool', tool_call_id: '1', content: 'Error: no such port' });
  });

  test.each<[string, Message, string]>([
    [
      'an image in a system message',
      { role: 'system', content: [{ type: 'image', url: 'https://x.test' }] },
      'house takes no image part here',
    ],
    [
      'an image in a tool result',
      { role: 'tool', toolCallId: '1', name: 't', content: [{ type: 'image', url: 'https://x.test' }] },
      'image parts from the user only',
    ],
    ['an image without a media type', { role: 'user', content: [{ type: 'image', base64: 'AAAA' }] }, 'mediaType'],
    ['audio by address', { role: 'user', content: [{ type: 'audio', url: 'https://x.test' }] }, 'base64'],
    [
      'audio of a kind the API does not know',
      { role: 'user', content: [{ type: 'audio', base64: 'AAAA', mediaType: 'audio/flac' }] },
      'audio/wav',
    ],
    ['a file by address', { role: 'user', content: [{ type: 'file', url: 'https://x.test' }] }, 'base64'],
  ])('%s is refused by name before anything is sent', (_, message, words) => {
    expect(() => messageOf(message)).toThrow(expect.objectContaining({ code: 'invalid_request', possiblyBilled: false }));
    expect(() => messageOf(message)).toThrow(words);
  });

  test('media the provider does not take is refused', () => {
    const message: Message = { role: 'user', content: [{ type: 'audio', base64: 'AAAA', mediaType: 'audio/wav' }] };

    expect(() => messageOf(message, { media: ['image'] })).toThrow('house takes no audio part here');
  });
});

describe('settings', () => {
  test('go by the names the provider has for them, and the others are named', () => {
    const settings: ModelSettings = { temperature: 0, maxOutputTokens: 10, topK: 3, seed: undefined, reasoningEffort: 'low' };

    const { body, ignoredSettings } = encode('m', { messages: [go], settings }, dialect);

    expect(body).toMatchObject({ temperature: 0, max_tokens: 10, reasoning_effort: 'low' });
    expect(ignoredSettings).toEqual(['topK']);
  });

  test('an effort the provider does not know is ignored', () => {
    const { body, ignoredSettings } = encode('m', { messages: [go], settings: { reasoningEffort: 'minimal' } }, dialect);

    expect(body).not.toHaveProperty('reasoning_effort');
    expect(ignoredSettings).toEqual(['reasoningEffort']);
  });

  test('parallel tool calls mean nothing without tools', () => {
    const settings = { parallelToolCalls: false };
    const tools = [{ name: 'now', parameters: { type: 'object' } }];

    expect(encode('m', { messages: [go], settings }, dialect).ignoredSettings).toEqual(['parallelToolCalls']);
    expect(bodyOf({ settings, tools })['parallel_tool_calls']).toBe(false);
  });
});

describe('tools', () => {
  const tools = [{ name: 'now', description: 'The time.', parameters: { type: 'object' }, strict: true }];

  test('go as functions, with nothing that is not part of a definition', () => {
    const withMore = tools.map((tool) => ({ ...tool, execute: () => 'noon' }));

    expect(bodyOf({ tools: withMore })['tools']).toEqual([{ type: 'function', function: tools[0] }]);
  });

  test.each([
    ['required', 'required'],
    [{ name: 'now' }, { type: 'function', function: { name: 'now' } }],
  ] as const)('the choice %j is sent', (toolChoice, sent) => {
    expect(bodyOf({ tools, toolChoice })['tool_choice']).toEqual(sent);
  });

  test('without tools there is neither a list of them nor a choice', () => {
    expect(bodyOf({ tools: [], toolChoice: 'none' })).toEqual({ model: 'm', messages: [go] });
  });
});

describe('an output schema', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
  const open = { type: 'object', properties: { a: { type: 'string' } } };
  const strictOf = (schema: typeof open, strict?: boolean, strictSchemas = true) =>
    (
      bodyOf({ outputSchema: { name: 'a', schema, strict } }, { strictSchemas })['response_format'] as {
        json_schema: { strict: boolean };
      }
    ).json_schema.strict;

  test('is strict when the provider can hold a model to it', () => {
    expect(strictOf(closed)).toBe(true);
    expect(strictOf(open)).toBe(false);
    expect(strictOf(closed, undefined, false)).toBe(false);
  });

  test('has a name the API takes', () => {
    expect(bodyOf({ outputSchema: { name: 'Blog post: café', schema: closed } })).toMatchObject({
      response_format: { json_schema: { name: 'Blog_post__caf_' } },
    });
  });

  test('is as strict as was asked for', () => {
    expect(strictOf(open, true)).toBe(true);
    expect(strictOf(closed, false)).toBe(false);
  });
});

test('a stream asks for its usage unless told not to', () => {
  expect(bodyOf({ onDelta() {} })).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  expect(bodyOf({ onDelta() {} }, { askForUsage: false })).toEqual({ model: 'm', messages: [go], stream: true });
});

test("the provider's own options win, and nobody else's are sent", () => {
  const providerOptions = { house: { temperature: 1, logprobs: true }, another: { top_a: 1 } };

  expect(bodyOf({ settings: { temperature: 0 }, providerOptions })).toEqual({
    model: 'm',
    messages: [go],
    temperature: 1,
    logprobs: true,
  });
});
