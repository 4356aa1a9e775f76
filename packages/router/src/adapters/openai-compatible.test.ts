import { startSimulator } from '@rolecall/simulator';
import { afterAll, describe, test } from 'vitest';
import { adapterCases } from '../testing.ts';
import { openai } from './openai.ts';

const simulator = await startSimulator();
afterAll(() => simulator.close());

describe("at Ollama's compatible endpoint", () => {
  const cases = adapterCases({
    provider: 'openai-compatible',
    createModel: () => openai('llama3.2', { baseURL: `${simulator.urls.ollama}/v1` }),
    backend: simulator,
    backendProvider: 'ollama',
    without: ['content_filter'], // Ollama has none
  });
  for (const { title, run } of cases) test(title, run);
});
