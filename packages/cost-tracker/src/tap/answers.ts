/** What the answers of each API say as they go by, whole or in pieces. */
import type { UsageApi } from '../usage-from.ts';
import { isPayload, type Payload } from '../usage/payload.ts';
import type { Picked, Wanted } from './wanted.ts';

/** What has been heard of an answer so far. */
export interface Answer {
  /** As `usageFrom` takes it. */
  payload: Record<string, unknown>;
  /** It has come to an end of its own. */
  finished: boolean;
  /** It has said all that matters here, too: some SDKs read no further, and some do not say so. */
  complete: boolean;
  /** The provider broke off. */
  failed: boolean;
  /** An event was broken: many SDKs give up there. */
  malformed: boolean;
  textBytes: number;
}

export interface AnswerReader {
  readonly wanted: Wanted;
  take(answer: Answer, picked: Picked): void;
}

const chatCompletions: AnswerReader = {
  wanted: {
    keep: [
      'model',
      'service_tier',
      'usage',
      'usage_breakdown',
      'x_groq.usage',
      'x_groq.usage_breakdown',
      'choices.index',
      'choices.finish_reason',
      'error',
    ],
    measure: [
      'choices.text',
      ...['delta', 'message'].flatMap((said) =>
        ['content', 'refusal', 'reasoning', 'reasoning_content', 'tool_calls'].map((field) => `choices.${said}.${field}`),
      ),
    ],
  },
  take(answer, picked) {
    copy(answer.payload, picked, ['model', 'service_tier', 'usage', 'usage_breakdown']);
    const groq = { usage: picked.last('x_groq.usage'), usage_breakdown: picked.last('x_groq.usage_breakdown') };
    if (groq.usage !== undefined || groq.usage_breakdown !== undefined) answer.payload['x_groq'] = groq;
    answer.finished ||= picked.last('choices.finish_reason') !== undefined;
    // Some also send the usage so far, which has no output yet with the first chunk: only what comes with the end, or after it, is all.
    answer.complete ||= answer.finished && (picked.last('usage') ?? groq.usage) !== undefined;
    answer.failed ||= picked.last('error') !== undefined;
  },
};

const embeddings: AnswerReader = {
  wanted: { keep: ['model', 'usage', 'error'], measure: [] },
  take(answer, picked) {
    copy(answer.payload, picked, ['model', 'usage']);
    answer.complete ||= picked.last('usage') !== undefined;
    answer.finished ||= answer.complete;
    answer.failed ||= picked.last('error') !== undefined;
  },
};

const responseFields = ['model', 'service_tier', 'usage', 'tool_usage'];
const responseEnds: ReadonlySet<unknown> = new Set(['completed', 'incomplete', 'failed', 'cancelled']);

/** A response, or the events of one; what an event says of the response is under `response`. */
const responses: AnswerReader = {
  wanted: {
    keep: ['type', ...['', 'response.'].flatMap((at) => [...responseFields, 'status', 'output.type'].map((path) => at + path))],
    measure: ['delta', 'output.content.text', 'output.arguments', 'output.summary.text'],
  },
  take(answer, picked) {
    const at = picked.last('response.status') === undefined ? '' : 'response.';
    for (const field of responseFields) {
      const value = picked.last(at + field);
      if (value !== undefined) answer.payload[field] = value;
    }
    const types = picked.all(`${at}output.type`);
    if (types.length > 0) answer.payload['output'] = types.map((type) => ({ type }));
    const status = picked.last(`${at}status`);
    answer.complete ||= responseEnds.has(status);
    answer.finished ||= answer.complete;
    answer.failed ||= status === 'failed' || picked.last('type') === 'error';
  },
};

/** Counts come with the first event and grow with later ones: each is the total so far, so a later one replaces an earlier one. */
const messages: AnswerReader = {
  wanted: {
    keep: ['type', 'model', 'usage', 'stop_reason', 'message.model', 'message.usage', 'delta.stop_reason', 'error'],
    measure: ['delta.text', 'delta.thinking', 'delta.partial_json', 'content.text', 'content.thinking', 'content.input'],
  },
  take(answer, picked) {
    const model = picked.last('message.model') ?? picked.last('model');
    if (model !== undefined) answer.payload['model'] = model;
    for (const usage of [picked.last('message.usage'), picked.last('usage')]) {
      if (!isPayload(usage)) continue;
      const said = Object.entries(usage).filter(([, value]) => value !== null);
      answer.payload['usage'] = { ...(answer.payload['usage'] as Payload | undefined), ...Object.fromEntries(said) };
    }
    answer.finished ||= (picked.last('delta.stop_reason') ?? picked.last('stop_reason')) !== undefined;
    answer.complete ||= picked.last('type') === 'message_stop';
    answer.failed ||= picked.last('error') !== undefined;
  },
};

const ollamaFields = [
  'model',
  'remote_host',
  'prompt_eval_count',
  'prompt_eval_cached_count',
  'eval_count',
  'total_duration',
  'load_duration',
  'prompt_eval_duration',
  'eval_duration',
];

const ollama: AnswerReader = {
  wanted: {
    keep: [...ollamaFields, 'done', 'error'],
    measure: ['message.content', 'message.thinking', 'message.tool_calls', 'response', 'thinking'],
  },
  take(answer, picked) {
    copy(answer.payload, picked, ollamaFields);
    answer.complete ||= picked.last('done') === true;
    answer.finished ||= answer.complete;
    answer.failed ||= picked.last('error') !== undefined;
  },
};

function copy(payload: Record<string, unknown>, picked: Picked, fields: readonly string[]): void {
  for (const field of fields) {
    const value = picked.last(field);
    if (value !== undefined) payload[field] = value;
  }
}

export const answerReaders: Readonly<Record<UsageApi, AnswerReader>> = {
  'chat.completions': chatCompletions,
  responses,
  embeddings,
  messages,
  'ollama.chat': ollama,
  'ollama.generate': ollama,
};
