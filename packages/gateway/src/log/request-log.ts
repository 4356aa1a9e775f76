/** One JSON line for each model call, with what the router decided. Prompts, answers, keys and what providers said are not in it. */
import type { DestinationStream, Logger } from 'pino';
import { destination, pino } from 'pino';
import type { CallEnding } from '../http/route.ts';
import { bugFacts } from './bug-facts.ts';

/**
 * A slow reader holds up no request, and lines are written together: a system call for each would cost more than the line. To be ended,
 * or else it looks for lines to write for ever.
 */
export function standardOutput(): ReturnType<typeof destination> {
  return destination({ fd: 1, sync: false, minLength: 16_000, periodicFlush: 200 });
}

const service = 'rolecall';

export function createLog(level: string, to: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${isoTime(Date.now())}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, to);
}

/**
 * Writes the lines of model calls, as pino would: it looks at each field by itself, which takes three times as long and a seventh of all the
 * memory that a request does. Lines are handed over together: for each piece it gets, the output counts all the bytes it holds.
 */
export class CallLog {
  readonly #log: Logger;
  readonly #to: DestinationStream;
  readonly #time = timeOfMany();
  #lines = '';

  /** `log` decides which lines there are. */
  constructor(log: Logger, to: DestinationStream) {
    this.#log = log;
    this.#to = to;
  }

  add(ending: CallEnding): void {
    const hasFailed = ending.status >= 500 || ending.outcome === 'cut';
    const level = ending.error !== undefined ? 'error' : hasFailed ? 'warn' : 'info';
    if (!this.#log.isLevelEnabled(level)) return;
    const head = `{"level":"${level}","time":"${this.#time(Date.now())}","service":"${service}",`;
    this.#lines += `${head}${JSON.stringify(factsOf(ending, messages[level])).slice(1)}\n`;
  }

  /** Hands over the lines so far. */
  flush(): void {
    const lines = this.#lines;
    this.#lines = ''; // whatever becomes of them
    if (lines !== '') this.#to.write(lines);
  }
}

const messages = { error: 'the gateway failed', warn: 'model call failed', info: 'model call' } as const;

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Lines of one second share all but its milliseconds: to write out a time takes longer than most of a line. */
function timeOfMany(): (at: number) => string {
  let [last, head] = [Number.NaN, ''];
  return (at) => {
    const second = Math.floor(at / 1_000);
    if (second !== last) head = isoTime((last = second) * 1_000).slice(0, -'000Z'.length);
    return `${head}${String(at % 1_000).padStart(3, '0')}Z`;
  };
}

function factsOf(ending: CallEnding, msg: string): object {
  const { callId, api, ask, caller, status, outcome, code, isStream, durationMs, firstByteMs, overheadMs } = ending;
  return {
    event: 'model_call',
    call_id: callId,
    api,
    asked: ask.model.slice(0, 200),
    role: ask.role?.slice(0, 200),
    key: caller.keyName,
    status,
    outcome,
    code,
    stream: isStream,
    duration_ms: rounded(durationMs),
    first_byte_ms: rounded(firstByteMs),
    overhead_ms: rounded(overheadMs),
    model: ending.model,
    deployment: ending.deployment,
    cost_usd: ending.costUsd,
    input_tokens: ending.inputTokens,
    output_tokens: ending.outputTokens,
    ...(ending.error !== undefined && bugFacts(ending.error)),
    attempts: ending.attempts.map((attempt) => ({
      name: attempt.name,
      model: attempt.model,
      deployment: attempt.deployment,
      outcome: attempt.outcome,
      code: attempt.code,
      status: attempt.status,
      wait_ms: rounded(attempt.waitMs),
      duration_ms: rounded(attempt.durationMs),
      cost_usd: attempt.costUsd,
    })),
    msg,
  };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
