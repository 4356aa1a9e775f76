import type { Target } from './config-file.ts';

/** Not a literal: its types want those of a browser. */
const ollama: string = 'ollama';

const sdks = {
  anthropic: () => import('@anthropic-ai/sdk'),
  groq: () => import('groq-sdk'),
  ollama: () => import(ollama),
  openai: () => import('openai'),
} as const;

/** Loads the SDKs that will be needed: the first answer is not to be timed together with reading their files. */
export async function loadSdks(targets: readonly Target[]): Promise<void> {
  const wanted = new Set(targets.map(({ model: { id = '' } }) => sdkOf(id)));
  await Promise.all([...wanted].map((name) => sdks[name]()));
}

/** `anthropic-compatible/claude-…` is asked as Anthropic is, and whoever has no SDK as OpenAI is. */
function sdkOf(id: string): keyof typeof sdks {
  const [provider = ''] = id.split('/');
  return (
    (['anthropic', 'groq', 'ollama'] as const).find((name) => provider === name || provider === `${name}-compatible`) ?? 'openai'
  );
}
