/** The providers the simulator speaks for. */
export type ProviderName = 'openai' | 'anthropic' | 'groq' | 'ollama';

export const providerNames: readonly ProviderName[] = ['openai', 'anthropic', 'groq', 'ollama'];
