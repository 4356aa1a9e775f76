/** An answer of the embeddings API: https://platform.openai.com/docs/api-reference/embeddings/create */
import type { ModelResponse } from '@rolecall/core';
import { type Answer, count, failure, metadataOf, parseObject, rawOf } from './answer.ts';
import { explainInBand } from './chat-errors.ts';
import type { Delivery } from './delivery.ts';

interface Embeddings {
  readonly model?: string | null;
  readonly data?: readonly object[] | null;
  readonly error?: unknown;
  readonly usage?: { readonly prompt_tokens?: number | null } | null;
}

/** Reads a response. There is nothing to say in words: the vectors are in `metadata.raw`. */
export async function decodeEmbeddings(response: Response, _: Delivery, answer: Answer): Promise<ModelResponse> {
  const { facts } = answer;
  const text = await response.text();
  const whole: Embeddings = parseObject(text, facts);
  const { usage: payload } = whole;
  facts.usage = payload ? { inputTokens: count(payload.prompt_tokens), source: { api: 'embeddings', payload } } : undefined;
  if (whole.error) throw explainInBand(whole.error, facts);
  if (!Array.isArray(whole.data)) throw failure('malformed_answer', facts, 'the answer has no list of vectors');
  if (whole.data.length === 0) throw failure('empty_answer', facts, 'the answer holds no vector');
  return {
    model: facts.model,
    text: '',
    toolCalls: [],
    finishReason: 'stop',
    usage: facts.usage ?? {},
    metadata: metadataOf(response, answer, { servedModel: whole.model ?? undefined, raw: rawOf(text, whole, answer) }),
  };
}
