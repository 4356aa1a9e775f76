/** How large a call can get, read from its request before it is made. */

import type { BillingTerms } from './usage/reading.ts';

export interface CallSize {
  /** No tokenizer makes more tokens than this of the request; `null` if there is no such bound: images, audio, files, what a server adds. */
  readonly inputTokens: number | null;
  /** How many tokens the request lets the model write, all answers together; absent if it sets no limit. */
  readonly outputTokens?: number | undefined;
  /** What the limit on those is called in such a request. @default 'maxOutputTokens' */
  readonly limitName?: string | undefined;
  /** How many answers it asks for. */
  readonly answers: number;
  /** What it asks for that has a price of its own. */
  readonly terms: BillingTerms;
}

type Fields = Readonly<Record<string, unknown>>;

/** What surrounds the words: the beginning of a prompt, and what providers tell their models about tools. */
const promptTokens = 64;
const toolPromptTokens = 1_024;

/** The size of a `ModelRequest`. */
export function sizeOfRequest(request: Fields): CallSize {
  const { messages, tools, outputSchema, settings, providerOptions, wire } = request;
  if (isFields(wire)) return sizeOfBody(String(wire['api']), fieldsOf(wire['body']));

  const { maxOutputTokens, serviceTier } = fieldsOf(settings);
  const own: Fields = { messages, tools, outputSchema, max_tokens: maxOutputTokens, service_tier: serviceTier };
  // What only one provider understands is part of what that provider is sent.
  const sizes = [own, ...Object.values(fieldsOf(providerOptions)).map(fieldsOf)].map((body) => sizeOfBody('', body));
  const limits = sizes.flatMap(({ outputTokens }) => outputTokens ?? []);
  const answers = Math.max(...sizes.map((size) => size.answers));
  return {
    inputTokens: sizes.reduce<number | null>((sum, size) => plus(sum, size.inputTokens), 0),
    outputTokens: limits.length === 0 ? undefined : Math.max(...limits) * answers,
    answers,
    terms: Object.assign({}, ...sizes.map((size) => size.terms)) as BillingTerms,
  };
}

/** The size of a provider's own request body: `api` is `chat.completions`, `responses`, `messages`, `embeddings`, `ollama.chat`, …  */
export function sizeOfBody(api: string, body: Fields): CallSize {
  const answers = Math.max(1, countOf(body['n']) ?? 1, countOf(body['best_of']) ?? 1);
  const limit = api === 'embeddings' ? 0 : outputLimit(body);
  const terms = {
    serviceTier: textOf(body['service_tier']),
    speed: textOf(body['speed']),
    inferenceGeo: textOf(body['inference_geo']),
  };
  const given = Object.fromEntries(Object.entries(terms).filter(([, term]) => term !== undefined));
  const outputTokens = limit === undefined ? undefined : limit * answers;
  return { inputTokens: boundOf(body), outputTokens, limitName: limitNames.get(api), answers, terms: given };
}

const limitNames: ReadonlyMap<string, string> = new Map([
  ['chat.completions', 'max_completion_tokens'],
  ['responses', 'max_output_tokens'],
  ['messages', 'max_tokens'],
  ['ollama.chat', 'options.num_predict'],
  ['ollama.generate', 'options.num_predict'],
]);

function outputLimit(body: Fields): number | undefined {
  const limits = [
    body['max_completion_tokens'],
    body['max_output_tokens'],
    body['max_tokens'],
    fieldsOf(body['options'])['num_predict'],
  ];
  return limits.map(countOf).find((limit) => limit !== undefined);
}

/** Fields whose content lives on the server, or that let the server add to the prompt as it likes. */
const serverSide = [
  'previous_response_id',
  'conversation',
  'web_search_options',
  'mcp_servers',
  'context_management',
  'container',
  'compound_custom',
];

function boundOf(body: Fields): number | null {
  const { tools, functions, outputSchema, response_format: format, prompt, modalities, audio, ...rest } = body;
  const addsUnseen =
    serverSide.some((name) => isGiven(body[name])) ||
    isFields(prompt) ||
    isGiven(audio) ||
    (Array.isArray(modalities) && modalities.includes('audio')) ||
    (Array.isArray(tools) && tools.some(isServerTool));
  if (addsUnseen) return null;

  // Schemas may speak of images; messages that do, hold some.
  const schemas = bytesOf([tools, functions, outputSchema, format], () => false);
  const words = bytesOf([rest, prompt], isMedia);
  const withTools = isGiven(tools) || isGiven(functions) || isGiven(outputSchema) || isGiven(format);
  return plus(plus(words, schemas), promptTokens + (withTools ? toolPromptTokens : 0));
}

/** A tool that the provider runs reads what it finds into the prompt, and may have a fee of its own. */
function isServerTool(tool: unknown): boolean {
  const { type } = fieldsOf(tool);
  return type !== undefined && type !== null && type !== 'function' && type !== 'custom';
}

const mediaTypes: ReadonlySet<unknown> = new Set([
  'image',
  'image_url',
  'input_image',
  'image_file',
  'audio',
  'input_audio',
  'video',
  'video_url',
  'input_video',
  'file',
  'input_file',
  'document',
  'container_upload',
  'item_reference',
]);

function isMedia({ type, images }: Fields): boolean {
  return mediaTypes.has(type) || (Array.isArray(images) && images.length > 0);
}

/**
 * The bytes in UTF-8 of all names and values, and a few for what stands between them: a token is at least one byte.
 * `null` if `unbounded` is true of anything in it.
 */
function bytesOf(value: unknown, unbounded: (fields: Fields) => boolean): number | null {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4;
  if (Array.isArray(value)) return value.reduce<number | null>((sum, item) => plus(sum, bytesOf(item, unbounded)), 4);
  if (typeof value === 'number') return String(value).length + 4; // an input of token ids is an array of these
  if (!isFields(value)) return value === undefined ? 0 : 8; // true, false, null
  if (unbounded(value)) return null;
  return Object.entries(value).reduce<number | null>(
    (sum, [name, item]) => plus(sum, item === undefined ? 0 : plus(bytesOf(item, unbounded), Buffer.byteLength(name))),
    4,
  );
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
