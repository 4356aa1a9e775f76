/** What Ollama says of itself and its models. Source: docs/api.md of ollama/ollama. */
import { createHash } from 'node:crypto';
import type { ListResponse, ShowResponse, VersionResponse } from 'ollama';
import { textOf, type JsonRecord } from '../json.ts';
import { explainOllama } from './ollama-errors.ts';
import type { Problem } from './problem.ts';
import type { Catalog, Endpoint, InfoEndpoint } from './wire.ts';

/** The informational endpoints; undefined for any other path. */
export function ollamaInfo(method: string, path: string): Endpoint | Problem | undefined {
  const endpoint = endpoints[path];
  if (!endpoint) return undefined;
  const verb = method === 'HEAD' ? 'GET' : method; // its probes ask with HEAD
  return endpoint.method === verb
    ? { kind: 'info', reply: endpoint.reply, explain: explainOllama }
    : { problem: 'wrong_method', method, path };
}

const endpoints: Readonly<Record<string, { method: string; reply: InfoEndpoint['reply'] }>> = {
  '/': { method: 'GET', reply: () => 'Ollama is running' },
  '/api/version': { method: 'GET', reply: () => ({ version: '0.12.6' }) satisfies VersionResponse },
  '/api/tags': { method: 'GET', reply: ({ models }) => ({ models: models.map(describe) }) satisfies Listed },
  '/api/ps': { method: 'GET', reply: ({ loaded }) => ({ models: [...loaded].map(running) }) satisfies Listed },
  '/api/show': { method: 'POST', reply: show },
};

/** The SDK types dates as `Date`, and one list for two endpoints; on the wire a date is a text. */
type Listed = {
  models: (Omit<ListResponse['models'][number], 'modified_at' | 'expires_at' | 'size_vram'> & {
    modified_at?: string;
    expires_at?: string;
  })[];
};

const sizeBytes = 2_019_393_189;
const modifiedAt = '2026-01-01T00:00:00Z';

/** Names without a tag mean `latest`. */
export function withTag(model: string): string {
  return model.includes(':') ? model : `${model}:latest`;
}

function describe(model: string) {
  return { ...identity(model), modified_at: modifiedAt };
}

function running(model: string) {
  return { ...identity(model), expires_at: new Date(Date.now() + 300_000).toISOString(), size_vram: sizeBytes };
}

function identity(model: string) {
  const name = withTag(model);
  return {
    name,
    model: name,
    size: sizeBytes,
    digest: createHash('sha256').update(name).digest('hex'),
    details: detailsOf(name),
  };
}

function detailsOf(model: string) {
  const family = model.split(':')[0] ?? model;
  return { parent_model: '', format: 'gguf', family, families: [family], parameter_size: '3.2B', quantization_level: 'Q4_K_M' };
}

function show({ has }: Catalog, body: JsonRecord): JsonRecord | Problem {
  const model = textOf(body['model']) ?? textOf(body['name']) ?? '';
  if (model === '') return { problem: 'invalid', message: 'model is required' };
  if (!has(model)) return { problem: 'no_model', model };
  const { family } = detailsOf(model);
  return {
    license: 'Simulated by Rolecall; there are no weights.',
    modelfile: `FROM ${withTag(model)}\n`,
    parameters: 'num_ctx 8192',
    template: '{{ .Prompt }}',
    system: '',
    details: detailsOf(model),
    messages: [],
    modified_at: modifiedAt,
    model_info: { 'general.architecture': family, [`${family}.context_length`]: 131_072 },
    capabilities: ['completion', 'tools', 'thinking', 'vision'],
  } satisfies Record<keyof Omit<ShowResponse, 'projector_info'>, unknown>;
}
