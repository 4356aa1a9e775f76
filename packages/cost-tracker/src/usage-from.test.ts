import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usageFrom, type UsageApi } from './usage-from.ts';

// Source: https://platform.openai.com/docs/api-reference/chat/object
const chatUsage = {
  prompt_tokens: 2_006,
  completion_tokens: 300,
  total_tokens: 2_306,
  prompt_tokens_details: { cached_tokens: 1_920, cache_write_tokens: 64, audio_tokens: 10 },
  completion_tokens_details: {
    reasoning_tokens: 192,
    audio_tokens: 8,
    accepted_prediction_tokens: 5,
    rejected_prediction_tokens: 7,
  },
};

describe('chat completions', () => {
  test('totals are inclusive, and the leaves are disjoint', () => {
    const report = usageFrom('chat.completions', { model: 'gpt-4o-2024-08-06', service_tier: 'flex', usage: chatUsage });

    expect(report).toMatchObject({
      usage: {
        inputTokens: 2_006,
        outputTokens: 300,
        cacheReadTokens: 1_920,
        cacheWriteTokens: 64,
        reasoningTokens: 192,
        audioInputTokens: 10,
        audioOutputTokens: 8,
      },
      leaves: {
        input: 12,
        cacheRead: 1_920,
        cacheWrite: 64,
        cacheWrite1h: 0,
        audioInput: 10,
        output: 100,
        reasoning: 192,
        audioOutput: 8,
      },
      servedModel: 'gpt-4o-2024-08-06',
      serviceTier: 'flex',
    });
    expect(report.problem).toBeUndefined();
  });

  test('the usage alone is enough', () => {
    expect(usageFrom('chat.completions', chatUsage).usage).toEqual(usageFrom('chat.completions', { usage: chatUsage }).usage);
  });

  // Source: https://console.groq.com/docs/api-reference, and the last chunk of a stream
  test('Groq says it in x_groq, with its durations in seconds', () => {
    const usage = {
      queue_time: 0.5,
      prompt_tokens: 20,
      prompt_time: 0.01,
      completion_tokens: 9,
      completion_time: 0.04,
      total_time: 0.05,
    };

    const report = usageFrom('chat.completions', { model: 'llama-3.3-70b-versatile', x_groq: { id: 'req_1', usage } });

    expect(report.usage).toEqual({ inputTokens: 20, outputTokens: 9 });
    expect(report.durations).toEqual({ queueMs: 500, inputMs: 10, outputMs: 40, totalMs: 550 });
  });

  test('the same usage twice is counted once', () => {
    const usage = { prompt_tokens: 20, completion_tokens: 9 };

    expect(usageFrom('chat.completions', { usage, x_groq: { usage } }).usage).toEqual({ inputTokens: 20, outputTokens: 9 });
  });

  // Source: https://console.groq.com/docs/compound
  test('behind a compound system stand the models that are billed', () => {
    const models = [
      { model: 'openai/gpt-oss-120b', usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } },
      { model: 'llama-3.3-70b-versatile', usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 } },
    ];

    const report = usageFrom('chat.completions', {
      usage: { prompt_tokens: 150, completion_tokens: 15 },
      usage_breakdown: { models },
    });

    expect(report.usage).toEqual({ inputTokens: 150, outputTokens: 15 });
    expect(report.parts).toEqual([
      { kind: 'model', model: 'openai/gpt-oss-120b', usage: { inputTokens: 100, outputTokens: 10 } },
      { kind: 'model', model: 'llama-3.3-70b-versatile', usage: { inputTokens: 50, outputTokens: 5 } },
    ]);
  });

  // Source: https://openrouter.ai/docs/use-cases/usage-accounting
  test.each([
    [{ prompt_tokens: 194, completion_tokens: 2, cost: 0.95, cost_details: { upstream_inference_cost: null } }, 0.95],
    [
      { prompt_tokens: 194, completion_tokens: 2, cost: 0.05, is_byok: true, cost_details: { upstream_inference_cost: 0.9 } },
      0.05 + 0.9,
    ],
    [{ prompt_tokens: 194, completion_tokens: 2, cost: { total_cost: 0.02 } }, 0.02],
    [{ prompt_tokens: 194, completion_tokens: 2, cost: 0 }, 0],
    [{ prompt_tokens: 194, completion_tokens: 2 }, undefined],
  ])('what the provider says it charged is kept: %o', (usage, reportedUsd) => {
    expect(usageFrom('chat.completions', { usage }).reportedUsd).toBe(reportedUsd);
  });
});

// Source: https://platform.openai.com/docs/api-reference/responses/object
describe('responses', () => {
  const usage = {
    input_tokens: 75,
    input_tokens_details: { cached_tokens: 32, cache_write_tokens: 16 },
    output_tokens: 1_186,
    output_tokens_details: { reasoning_tokens: 1_024 },
    total_tokens: 1_261,
  };
  const response = {
    model: 'gpt-5.4',
    service_tier: 'priority',
    usage,
    output: [
      { type: 'web_search_call' },
      { type: 'web_search_call' },
      { type: 'file_search_call' },
      { type: 'function_call' },
      { type: 'message' },
    ],
  };

  test('totals, parts and tools are read', () => {
    expect(usageFrom('responses', response)).toMatchObject({
      usage: { inputTokens: 75, outputTokens: 1_186, cacheReadTokens: 32, cacheWriteTokens: 16, reasoningTokens: 1_024 },
      serverTools: { web_search: 2, file_search: 1 },
      servedModel: 'gpt-5.4',
      serviceTier: 'priority',
    });
  });

  test('the event that ends a stream holds the response', () => {
    expect(usageFrom('responses', { type: 'response.completed', response })).toEqual(usageFrom('responses', response));
  });

  test('searches that are billed count, not those that were made', () => {
    const tool_usage = { web_search: { num_requests: 1 } };

    expect(usageFrom('responses', { ...response, tool_usage }).serverTools).toEqual({ web_search: 1, file_search: 1 });
  });
});

test('embeddings have input alone', () => {
  // Source: https://platform.openai.com/docs/api-reference/embeddings/create
  const report = usageFrom('embeddings', { model: 'text-embedding-3-small', usage: { prompt_tokens: 8, total_tokens: 8 } });

  expect(report.usage).toEqual({ inputTokens: 8, outputTokens: 0 });
});

// Source: https://platform.claude.com/docs/en/api/messages
describe('messages', () => {
  test('what was read from the cache and written to it comes on top of the input', () => {
    const usage = {
      input_tokens: 21,
      cache_read_input_tokens: 1_800,
      cache_creation_input_tokens: 456,
      cache_creation: { ephemeral_5m_input_tokens: 356, ephemeral_1h_input_tokens: 100 },
      output_tokens: 503,
      output_tokens_details: { thinking_tokens: 200 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: 'standard',
      speed: 'fast',
      inference_geo: 'us',
    };

    expect(usageFrom('messages', { model: 'claude-opus-5-5', usage })).toMatchObject({
      usage: {
        inputTokens: 2_277,
        outputTokens: 503,
        cacheReadTokens: 1_800,
        cacheWriteTokens: 456,
        cacheWrite1hTokens: 100,
        reasoningTokens: 200,
      },
      leaves: { input: 21, cacheRead: 1_800, cacheWrite: 356, cacheWrite1h: 100, output: 303, reasoning: 200 },
      serverTools: { web_search: 2, web_fetch: 1 },
      serviceTier: 'standard',
      speed: 'fast',
      inferenceGeo: 'us',
    });
  });

  test('the lifetimes alone add up to the writes', () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 6 },
    };

    expect(usageFrom('messages', usage).usage).toMatchObject({ inputTokens: 12, cacheWriteTokens: 11, cacheWrite1hTokens: 6 });
  });

  // Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool: the total's input is that of the first pass
  test('passes that are listed are the bill, whatever the total says of the input', () => {
    const pass = { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    const usage = {
      ...pass,
      input_tokens: 412,
      output_tokens: 531,
      iterations: [
        { ...pass, type: 'message', input_tokens: 412, output_tokens: 89 },
        { ...pass, type: 'advisor_message', model: 'claude-opus-5', input_tokens: 823, output_tokens: 1_612 },
        { ...pass, type: 'message', input_tokens: 1_348, cache_read_input_tokens: 412, output_tokens: 442 },
      ],
    };

    const report = usageFrom('messages', { usage });

    expect(report.usage).toMatchObject({
      inputTokens: 412 + 823 + 1_348 + 412,
      outputTokens: 89 + 1_612 + 442,
      cacheReadTokens: 412,
    });
    expect(report.parts?.map(({ kind, model }) => [kind, model])).toEqual([
      ['message', undefined],
      ['advisor_message', 'claude-opus-5'],
      ['message', undefined],
    ]);
    expect(report.problem).toBeUndefined();
  });

  test('a compaction is in no total: it comes on top', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 5,
      iterations: [{ type: 'compaction', input_tokens: 3_000, output_tokens: 400 }],
    };

    const report = usageFrom('messages', { usage });

    expect(report.usage).toMatchObject({ inputTokens: 3_010, outputTokens: 405 });
    expect(report.parts?.map(({ kind }) => kind)).toEqual(['message', 'compaction']);
  });

  test('one pass is no list of passes', () => {
    const usage = { input_tokens: 10, output_tokens: 5, iterations: [{ type: 'message', input_tokens: 10, output_tokens: 5 }] };

    expect(usageFrom('messages', { usage }).parts).toBeUndefined();
  });

  test('passes with less output than the whole are a problem: some are missing', () => {
    const passes = [1, 2].map(() => ({ type: 'message', input_tokens: 1, output_tokens: 1 }));

    expect(usageFrom('messages', { usage: { input_tokens: 2, output_tokens: 9, iterations: passes } }).problem).toBe(
      'the iterations have less output than the message',
    );
  });
});

// Source: https://docs.ollama.com/api/usage
test.each<[UsageApi]>([['ollama.chat'], ['ollama.generate']])('%s counts at the end, in nanoseconds', (api) => {
  const done = {
    model: 'llama3.2',
    done: true,
    total_duration: 4_883_583_458,
    load_duration: 1_334_875,
    prompt_eval_count: 26,
    prompt_eval_duration: 342_546_000,
    eval_count: 282,
    eval_duration: 4_535_599_000,
  };

  const report = usageFrom(api, done);

  expect(report.usage).toEqual({ inputTokens: 26, outputTokens: 282 });
  expect(report.durations?.totalMs).toBeCloseTo(4_883.58, 2);
  expect(report.durations?.loadMs).toBeCloseTo(1.33, 2);
});

test('a prompt that Ollama does not count is unknown, not empty; a remote host is no local one', () => {
  const report = usageFrom('ollama.chat', { eval_count: 5, remote_host: 'https://ollama.com' });

  expect(report.usage).toEqual({ outputTokens: 5 });
  expect(report.remote).toBe(true);
});

test.each<[string, UsageApi, unknown, string]>([
  [
    'more cached than there was',
    'chat.completions',
    { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 6 } },
    'exceed',
  ],
  ['NaN', 'responses', { input_tokens: Number.NaN, output_tokens: 1 }, 'inputTokens is no whole number'],
  ['less than nothing', 'messages', { input_tokens: -5, output_tokens: 1 }, 'inputTokens is no whole number'],
  ['a text', 'messages', { input_tokens: '5', output_tokens: 1 }, 'inputTokens is no whole number'],
  ['a broken cost', 'chat.completions', { prompt_tokens: 5, completion_tokens: 1, cost: 'free' }, 'cost is no amount'],
  ['no object', 'chat.completions', null, 'the payload is no object'],
  ['an unknown API', 'telepathy' as UsageApi, {}, 'nothing is known of usage in such an API'],
])('a payload with %s has a problem', (_, api, payload, problem) => {
  expect(usageFrom(api, payload).problem).toContain(problem);
});

test('null is not reported', () => {
  const nothing = {
    input_tokens: null,
    output_tokens: null,
    cache_read_input_tokens: null,
    cache_creation: null,
    iterations: null,
  };

  expect(usageFrom('messages', { usage: nothing })).toMatchObject({ usage: {}, problem: undefined });
  expect(usageFrom('chat.completions', { usage: null, x_groq: null })).toMatchObject({ usage: {}, problem: undefined });
});

test.each([
  ['messages', { iterations: [{}, {}], output_tokens: [JSON.parse('{"toString":1,"valueOf":1}')] }],
  ['chat.completions', { usage: { cost: { total_cost: JSON.parse('{"toString":1,"valueOf":1}') } } }],
] as const)('what cannot be made a number throws nothing out of a payload of %s', (api, payload) => {
  expect(usageFrom(api, payload).usage).toEqual({});
});

test('whatever comes in, nothing is thrown, and the leaves add up to the totals', () => {
  const apis: UsageApi[] = ['chat.completions', 'responses', 'embeddings', 'messages', 'ollama.chat', 'ollama.generate'];
  const keys = fc.constantFrom(
    'usage',
    'model',
    'type',
    'cost',
    'prompt_tokens',
    'completion_tokens',
    'prompt_tokens_details',
    'cached_tokens',
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_creation',
    'iterations',
    'x_groq',
    'usage_breakdown',
    'total_cost',
    'models',
    'eval_count',
  );
  const { payload } = fc.letrec((tie) => ({
    payload: fc.dictionary(
      keys,
      fc.oneof(
        { depthSize: 'small' },
        fc.nat(9),
        fc.double(),
        fc.string(),
        fc.constant(null),
        tie('payload'),
        fc.array(tie('payload'), { maxLength: 2 }),
      ),
    ),
  }));

  fc.assert(
    fc.property(fc.constantFrom(...apis), payload, (api, given) => {
      const { usage, leaves } = usageFrom(api, given);
      const { input, cacheRead, cacheWrite, cacheWrite1h, audioInput, output, reasoning, audioOutput } = leaves;

      expect(input + cacheRead + cacheWrite + cacheWrite1h + audioInput).toBe((usage.inputTokens ?? 0) + 0); // -0 is 0
      expect(output + reasoning + audioOutput).toBe((usage.outputTokens ?? 0) + 0);
      expect(Math.min(...Object.values(leaves))).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});
