/** OpenAI's embeddings. Source: platform.openai.com/docs/api-reference/embeddings/create. */
import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import { promptBlock, promptTokens, type Ask } from '../ask.ts';
import { numberOf, textOf, type JsonRecord } from '../json.ts';
import { noCache } from '../prompt-cache.ts';
import { explainOpenAI } from './openai-errors.ts';
import { invalid } from './problem.ts';
import type { AnswerEndpoint, Call } from './wire.ts';

const usualDimensions = 1_536;

export const embeddings: AnswerEndpoint = {
  kind: 'answer',
  streamType: 'text/event-stream',
  read: readEmbeddings,
  cached: () => noCache,
  plain: (_, call) => embeddingsOf(call),
  frames: () => [], // there is no stream of them
  errorFrame: () => '',
  headers: () => ({}),
  explain: explainOpenAI,
};

function readEmbeddings(body: JsonRecord): Ask {
  const model = textOf(body['model']) ?? '';
  if (model === '') invalid('you must provide a model parameter');
  const texts = inputsOf(body);
  if (texts.length === 0) invalid("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
  return {
    model,
    stream: false,
    turns: [],
    tools: [],
    toolChoice: 'none',
    stop: [],
    reasoning: false,
    prompt: texts.map((text) => promptBlock(text)),
  };
}

/** One text or several; tokens count as they are written. */
function inputsOf({ input }: JsonRecord): readonly string[] {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : input === undefined ? [] : [input];
  return inputs.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}

function embeddingsOf({ ask, body }: Call): unknown {
  const dimensions = numberOf(body['dimensions']) ?? usualDimensions;
  const data = inputsOf(body).map((text, index) => {
    const vector = vectorOf(text, dimensions);
    const embedding = body['encoding_format'] === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding' as const, index, embedding };
  });
  const tokens = promptTokens(ask.prompt);
  return { object: 'list', data, model: ask.model, usage: { prompt_tokens: tokens, total_tokens: tokens } } satisfies Omit<
    OpenAI.CreateEmbeddingResponse,
    'data'
  > & { data: readonly { embedding: string | number[] }[] };
}

/** A vector of length one, the same for the same text. */
function vectorOf(text: string, dimensions: number): Float32Array {
  const seed = createHash('sha256').update(text).digest();
  const values = Array.from({ length: dimensions }, (_, index) => ((seed[index % seed.length] ?? 0) - 127.5) / (1 + (index % 7)));
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}
