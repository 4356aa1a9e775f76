/** Ollama's own API, chat and generate alike: https://docs.ollama.com/api/usage */
import { countAt, msAt, textAt, type Payload } from './payload.ts';
import type { Reading } from './reading.ts';

const msPerNanosecond = 1e-6;

/** A prompt count that is missing is unknown: some servers leave it out when the prompt was in the cache. */
export function readOllama(payload: Payload): Reading {
  const durations = {
    loadMs: msAt(payload, 'load_duration', msPerNanosecond),
    inputMs: msAt(payload, 'prompt_eval_duration', msPerNanosecond),
    outputMs: msAt(payload, 'eval_duration', msPerNanosecond),
    totalMs: msAt(payload, 'total_duration', msPerNanosecond),
  };
  return {
    usage: {
      inputTokens: countAt(payload, 'prompt_eval_count'),
      outputTokens: countAt(payload, 'eval_count'),
      cacheReadTokens: countAt(payload, 'prompt_eval_cached_count'),
    },
    servedModel: textAt(payload, 'model'),
    durations: durations.totalMs === undefined ? undefined : durations,
    remote: textAt(payload, 'remote_host') !== undefined || undefined,
  };
}
