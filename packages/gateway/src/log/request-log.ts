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
  return destination({ fd: 1, sync: false, minLength: 8_192, periodicFlush: 200 });
}

export function createLog(level: string, to: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'rolecall' },
    timestamp: isoTimes(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, to);
}

/** Lines of one millisecond share their time, which costs more to write out than the rest of most fields. */
function isoTimes(): () => string {
  let at = 0;
  let written = '';
  return () => {
    const now = Date.now();
    if (now !== at) written = `,"time":"${new Date((at = now)).toISOString()}"`;
    return written;
  };
}

export function logCall(log: Logger, ending: CallEnding): void {
  const { callId, api, ask, caller, status, outcome, code, isStream, durationMs, firstByteMs, overheadMs } = ending;
  const facts = {
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
  };
  if (ending.error !== undefined) log.error(facts, 'the gateway failed');
  else if (status >= 500 || outcome === 'cut') log.warn(facts, 'model call failed');
  else log.info(facts, 'model call');
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
