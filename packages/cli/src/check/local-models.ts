/** What Ollama holds in memory. Source: `GET /api/ps`, docs/api.md of ollama/ollama. */
import type { Io } from '../io.ts';
import type { Entry } from './entries.ts';

export interface LoadedModel {
  readonly sizeBytes: number;
  readonly gpuBytes: number;
}

/** What a server has in memory, by the model's name with its tag; a server that does not answer has nothing to say. */
export type Memory = ReadonlyMap<string, ReadonlyMap<string, LoadedModel>>;

const patienceMs = 2_000;

export function isOllama({ provider }: Entry): boolean {
  return provider === 'ollama' || provider === 'ollama_chat';
}

/** Ollama's cloud models are asked through it and held elsewhere. */
export function isLocal(entry: Entry): boolean {
  return isOllama(entry) && !/[:-]cloud$/.test(entry.id);
}

export async function memoryOf(entries: readonly Entry[], env: Io['env']): Promise<Memory> {
  const hosts = new Set(entries.filter(isLocal).map((entry) => hostOf(entry, env)));
  const found = await Promise.all([...hosts].map(async (host) => [host, await loadedAt(host)] as const));
  return new Map(found.flatMap(([host, loaded]) => (loaded ? [[host, loaded] as const] : [])));
}

/** What is known of one model: loaded or not, or nothing at all where its server does not answer. */
export function loadedModel(memory: Memory, entry: Entry, env: Io['env']): LoadedModel | 'not_loaded' | undefined {
  const loaded = memory.get(hostOf(entry, env));
  return loaded && (loaded.get(withTag(entry.id)) ?? 'not_loaded');
}

function hostOf({ apiBase }: Entry, env: Io['env']): string {
  const host = apiBase ?? (env['OLLAMA_HOST'] || env['OLLAMA_API_BASE'] || 'http://127.0.0.1:11434');
  return (host.includes('://') ? host : `http://${host}`).replace(/\/+$/, '');
}

function withTag(id: string): string {
  return id.includes(':') ? id : `${id}:latest`;
}

interface Running {
  readonly models?: readonly { readonly name: string; readonly size?: number; readonly size_vram?: number }[];
}

async function loadedAt(host: string): Promise<ReadonlyMap<string, LoadedModel> | undefined> {
  try {
    const response = await fetch(`${host}/api/ps`, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok) return undefined;
    const { models = [] } = (await response.json()) as Running;
    return new Map(models.map(({ name, size = 0, size_vram: gpu = 0 }) => [withTag(name), { sizeBytes: size, gpuBytes: gpu }]));
  } catch {
    return undefined; // the call to the model itself will say why
  }
}
