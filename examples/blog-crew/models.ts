/**
 * The model id behind each named model: the one place to change when a vendor retires one.
 * Each may be set from outside, as in `GROQ_FAST_MODEL=openai/gpt-oss-20b npm start`. As of November 2026.
 */
const { env } = process;

export const modelIds = {
  'gpt-4': env['GPT_4_MODEL'] ?? 'gpt-4',
  'claude-sonnet': env['CLAUDE_SONNET_MODEL'] ?? 'claude-sonnet-5',
  'groq-fast': env['GROQ_FAST_MODEL'] ?? 'openai/gpt-oss-120b',
  'local-mistral': env['LOCAL_MISTRAL_MODEL'] ?? 'mistral',
  'local-llama': env['LOCAL_LLAMA_MODEL'] ?? 'llama3.2',
};

export type ModelName = keyof typeof modelIds;
