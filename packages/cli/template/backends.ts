/** The real providers where there is a key; without any, a simulator on this machine. */
import { startSimulator } from '@rolecall/simulator';

const keys = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GROQ_API_KEY'];

export interface Backends {
  /** What the configuration reads. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who will answer, in a sentence. */
  readonly who: string;
  readonly close: () => Promise<void>;
}

export async function backends(): Promise<Backends> {
  const found = keys.filter((key) => process.env[key]);
  if (found.length > 0) {
    return { env: process.env, who: `Real models answer (${found.join(', ')} found).`, close: async () => undefined };
  }
  const simulator = await startSimulator();
  const { openai, anthropic, groq, ollama } = simulator.urls;
  const addresses = { OPENAI_BASE_URL: openai, ANTHROPIC_BASE_URL: anthropic, GROQ_BASE_URL: groq, OLLAMA_HOST: ollama };
  return {
    env: { ...process.env, ...addresses, ...Object.fromEntries(keys.map((key) => [key, 'simulated'])) },
    who: `A simulator answers: set ${keys.join(', ')} for real models.`,
    close: () => simulator.close(),
  };
}
