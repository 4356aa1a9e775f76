/** Whether a model is in memory: the first token of one that is not has to wait for gigabytes to be read. */
import { failure } from './answer.ts';
import { durationMs, type Facts } from './http.ts';
import type { OllamaChunk, TakeChunk } from './ollama-answer.ts';
import { explainMessage, wordsOf } from './ollama-errors.ts';

/** The server's own, unless `OLLAMA_KEEP_ALIVE` there says otherwise. */
const usualKeepAliveMs = 300_000;
const coldFirstTokenMs = 120_000;

export interface Load {
  /** It has just answered, asked to stay for so long. */
  seen(keepAlive: string | number | undefined): void;
  /** How long its first token may take, when that is longer than usual. */
  firstTokenMs(): number | undefined;
}

export function createLoad(): Load {
  let until = Number.NEGATIVE_INFINITY;
  return {
    seen(keepAlive) {
      until = performance.now() + keepAliveMs(keepAlive);
    },
    firstTokenMs: () => (performance.now() < until ? undefined : coldFirstTokenMs),
  };
}

/** Seconds or a duration such as `10m`; below zero means for ever. What cannot be read is left to the server, and counts as gone. */
function keepAliveMs(keepAlive: string | number | undefined): number {
  if (keepAlive === undefined) return usualKeepAliveMs;
  if (String(keepAlive).startsWith('-')) return Number.POSITIVE_INFINITY;
  return typeof keepAlive === 'number' ? keepAlive * 1_000 : (durationMs(keepAlive) ?? 0);
}

/** Reads the answer to a question without messages, which loads the model and says nothing. */
export async function readLoaded(read: (take: TakeChunk) => Promise<void>, facts: Facts): Promise<void> {
  let isDone = false;
  await read(({ error, done }: OllamaChunk) => {
    if (error) throw explainMessage(wordsOf(error), facts);
    isDone ||= done === true;
  });
  if (!isDone) throw failure('stream_cut', facts, 'the answer ended early');
}
