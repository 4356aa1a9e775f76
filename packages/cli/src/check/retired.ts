/**
 * Models that no longer answer, with the day they stopped. As of November 2026; one that is missing here is still found out: its call
 * fails with `not_found`.
 * Sources: platform.claude.com/docs/en/about-claude/model-deprecations, console.groq.com/docs/deprecations,
 * platform.openai.com/docs/deprecations.
 */
import type { Entry } from './entries.ts';

const retired: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  anthropic: {
    'claude-2.0': '2025-07-21',
    'claude-2.1': '2025-07-21',
    'claude-3-sonnet-20240229': '2025-07-21',
    'claude-3-5-sonnet-20240620': '2025-10-28',
    'claude-3-5-sonnet-20241022': '2025-10-28',
    'claude-3-5-sonnet-latest': '2025-10-28',
    'claude-3-opus-20240229': '2026-01-05',
    'claude-3-7-sonnet-20250219': '2026-02-19',
    'claude-3-7-sonnet-latest': '2026-02-19',
  },
  groq: {
    'llama-3.1-70b-versatile': '2025-01-24',
    'mixtral-8x7b-32768': '2025-03-20',
    'llama3-70b-8192': '2025-08-30',
    'llama3-8b-8192': '2025-08-30',
    'gemma2-9b-it': '2025-10-08',
    'llama-3.3-70b-versatile': '2026-08-16',
    'llama-3.1-8b-instant': '2026-08-16',
  },
  openai: {
    'text-davinci-003': '2024-01-04',
    'gpt-4-vision-preview': '2024-12-06',
    'gpt-4-32k': '2025-06-06',
    'gpt-4.5-preview': '2025-07-14',
    'o1-preview': '2025-07-28',
    'o1-mini': '2025-10-27',
  },
};

/** The day a model stopped to answer, if it has. */
export function retiredOn({ provider, id }: Pick<Entry, 'provider' | 'id'>): string | undefined {
  const models = retired[provider];
  return models && Object.hasOwn(models, id) ? models[id] : undefined;
}

/** The name is one that its provider moves to another model when it likes. */
export function isMoving({ provider, id, isEmbedding }: Pick<Entry, 'provider' | 'id' | 'isEmbedding'>): boolean {
  if (id.endsWith('-latest')) return true;
  if (provider === 'ollama' || provider === 'ollama_chat') return !id.includes(':') || id.endsWith(':latest');
  // OpenAI dates its snapshots, and gives new embeddings a new name; Anthropic did so before 4.6, since when a name without a date is a snapshot too.
  if (provider === 'openai') return !isEmbedding && !/-\d{4}(-\d{2}-\d{2})?$/.test(id);
  if (provider === 'anthropic') return /^claude-(3|(opus|sonnet|haiku)-4(-[015])?$)/.test(id) && !/-\d{8}$/.test(id);
  return false;
}
