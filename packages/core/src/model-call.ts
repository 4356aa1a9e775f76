/** One turn of a model: journaled, accounted for, told to listeners, and repeated when the run may wait for its backends. */
import { untilAborted } from './abort.ts';
import type { Agent } from './agent.ts';
import { attemptsOf, attemptsOfFailure, fallbackTaken, lostAttempts } from './attempts.ts';
import { invalid } from './check.ts';
import { messageOf } from './errors.ts';
import type { RunTag, TurnTag } from './events.ts';
import type { RpmLimit } from './max-rpm.ts';
import type { Attempt, ModelRequest, ModelResponse } from './model.ts';
import type { Run } from './run.ts';
import { stopwatch } from './stopwatch.ts';
import { storable, type Turn } from './turn.ts';

/** Which task something happens in, and whose turn it is. */
export type TaskFacts = Omit<TurnTag, keyof RunTag | 'turn'>;

/** Where in a run a model is asked: what the call is filed under. */
export interface Place {
  readonly run: Run;
  readonly tag: TaskFacts;
  /** The name of its step. */
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** The task's own list: it grows with every call, as the run's does. */
  readonly attempts: Attempt[];
  /** @default 1 */
  readonly turn?: number | undefined;
  /** Who asks: its limit of requests per minute holds. @default nobody, so that the crew's does */
  readonly agent?: Agent | undefined;
}

/** What a caller says of a request; the rest is filled in from its place. */
export type Ask = Pick<ModelRequest, 'messages' | 'tools' | 'outputSchema' | 'cache' | 'settings' | 'model' | 'role'>;

/** Asks a model. Rejects with what the model threw, or with the signal's reason. */
export async function callModel(place: Place, ask: Ask): Promise<ModelResponse> {
  const { run, tag, name, signal, turn = 1 } = place;
  for (let tries = 1, waits = 0; ; tries++) {
    const step = tries === 1 ? name : `${name}/try-${tries}`;
    const { taken, thrown, shown } = await takeTurn(place, ask, { step, mayWait: waits < run.maxWaits });
    if (taken.response) return taken.response;

    if (taken.waitMs !== undefined) {
      waits += 1;
      const message = `Every backend failed in "${tag.task}"; asking again after ${taken.waitMs} ms (wait ${waits} of at most ${run.maxWaits})`;
      await run.warn({ code: 'waited', message, task: tag.task, role: tag.role });
      await run.steps.sleep(`${step}/wait`, taken.waitMs, signal);
    } else if (thrown) {
      throw thrown.error;
    } else if (run.steps.failuresAreFinal === true) {
      throw new Error(taken.failure);
    } else {
      waits = 0; // the run had ended here, and somebody wants it taken up again
    }
    if (shown) await run.emit({ type: 'reset', ...tag, turn, reason: 'retry' });
  }
}

/** How a turn went: `thrown` only when it was taken here and now. */
interface Outcome {
  readonly taken: Turn;
  readonly thrown?: { readonly error: unknown } | undefined;
  /** Some of its text was shown. */
  readonly shown: boolean;
}

interface Try {
  readonly step: string;
  readonly mayWait: boolean;
}

/** Waited for by whoever is first, a journal or the call itself: one call takes one place. */
function placeIn(limit: RpmLimit | undefined, signal: AbortSignal | undefined): (() => Promise<void>) | undefined {
  if (!limit) return undefined;
  let taken: Promise<void> | undefined;
  return () => (taken ??= limit.take(signal));
}

async function takeTurn(place: Place, ask: Ask, { step, mayWait }: Try): Promise<Outcome> {
  const { run, tag, signal, turn = 1 } = place;
  signal?.throwIfAborted();
  if (run.isHeard) await run.emit({ type: 'model_call_started', ...tag, turn });
  signal?.throwIfAborted();

  const ready = placeIn(run.limits.of(place.agent), signal);
  let live: Outcome | undefined;
  let stored: Turn;
  try {
    stored = await run.steps.step(
      step,
      async ({ interruptedAt }) => {
        if (ready) await ready();
        live = await askNow(place, ask, { mayWait, interruptedAt });
        return run.durable ? storable(live.taken) : live.taken;
      },
      { asksModel: true, ready },
    );
  } catch (error) {
    if (live) account(place, live.taken.attempts); // it was paid for, whatever became of the journal
    throw signal?.aborted ? signal.reason : error;
  }
  const outcome = live ?? { taken: stored, shown: false };
  account(place, outcome.taken.attempts);
  await report(place, outcome, live === undefined);
  signal?.throwIfAborted(); // the answer came after the abort: it is counted, and not used
  return outcome;
}

function account({ run, attempts }: Place, made: readonly Attempt[]): void {
  run.attempts.push(...made);
  attempts.push(...made);
}

/** How long a model that was aborted may take to say what it had cost. */
const settleGraceMs = 50;

interface Circumstances {
  readonly mayWait: boolean;
  readonly interruptedAt: readonly number[];
}

async function askNow(place: Place, ask: Ask, { mayWait, interruptedAt }: Circumstances): Promise<Outcome> {
  const { run, tag, signal } = place;
  const { model } = run;
  const stream = isShown(place) ? deltasOf(place) : undefined;
  const lost = lostAttempts(interruptedAt, model.id);
  const startedAt = Date.now();
  const passedMs = stopwatch();
  try {
    const call = Promise.resolve(model(requestFor(place, ask, stream?.onDelta)));
    const response = checked(await untilAborted(call, signal, settleGraceMs));
    const durationMs = passedMs();
    const attempts = attemptsOf(response, { startedAt, durationMs });
    const taken = {
      response,
      attempts: lost.length === 0 ? attempts : [...lost, ...attempts],
      durationMs,
    };
    return { taken, shown: stream?.text !== undefined && stream.text() !== '' };
  } catch (error) {
    const aborted = signal?.aborted ?? false;
    const partial = stream?.text() ?? '';
    if (partial !== '') run.partials.set(tag.task, partial);
    const durationMs = passedMs();
    const attempts = [...lost, ...attemptsOfFailure(error, { startedAt, durationMs }, { model: model.id ?? 'unknown', aborted })];
    const waitMs = mayWait && !aborted && isRouteError(error) ? run.retryAfterMs : undefined;
    const taken = { failure: messageOf(error), attempts, durationMs, waitMs };
    return { taken, thrown: { error: aborted ? signal?.reason : error }, shown: partial !== '' };
  }
}

/** Read structurally: core knows no router. */
function isRouteError(error: unknown): boolean {
  return (error as { isRouteError?: unknown } | null | undefined)?.isRouteError === true;
}

/** Its text goes to the reader of a stream; that of an aside is nobody's answer. */
function isShown({ run, tag }: Place): boolean {
  return run.stream && tag.aside === undefined;
}

function deltasOf({ run, tag, signal, turn = 1 }: Place): { onDelta: NonNullable<ModelRequest['onDelta']>; text: () => string } {
  let text = '';
  return {
    text: () => text,
    onDelta: (delta) => {
      signal?.throwIfAborted();
      if (delta.type !== 'text') return undefined;
      text += delta.text;
      return run.emit({ type: 'delta', ...tag, turn, text: delta.text });
    },
  };
}

function requestFor({ run, tag, signal }: Place, ask: Ask, onDelta: ModelRequest['onDelta']): ModelRequest {
  const { messages, tools, outputSchema, cache, settings, model, role } = ask;
  return {
    messages: [...messages], // a copy: what a model keeps must not grow
    role: role ?? tag.role,
    model,
    labels: { workflow: run.id, task: tag.task },
    tools,
    outputSchema,
    settings,
    cache,
    signal,
    onDelta,
  };
}

/** Models are other people's functions, not all of them in TypeScript. */
function checked(response: ModelResponse): ModelResponse {
  if (typeof response?.text !== 'string' || !Array.isArray(response.toolCalls)) {
    throw new TypeError('The model did not return a ModelResponse, with text and toolCalls');
  }
  for (const [index, call] of response.toolCalls.entries()) {
    for (const field of ['id', 'name', 'arguments'] as const) {
      const value: unknown = call?.[field];
      const valid = field === 'arguments' ? 'JSON text, not yet parsed' : 'a text';
      if (typeof value !== 'string') throw invalid('ModelResponse', `toolCalls[${index}].${field}`, value, valid);
    }
  }
  return response;
}

async function report(place: Place, { taken, thrown }: Outcome, isReplay: boolean): Promise<void> {
  const { run, tag, turn = 1 } = place;
  const { response, failure, attempts, durationMs } = taken;
  const replayed: true | undefined = isReplay || undefined;
  if (response) {
    const { model, usage, finishReason, text } = response;
    if (isReplay && isShown(place) && text !== '') await run.emit({ type: 'delta', ...tag, turn, text });
    const figures = { model, usage, finishReason, attempts, durationMs, replayed };
    if (run.isHeard) await run.emit({ type: 'model_call_finished', ...tag, turn, ...figures });
    await warnOf(run, tag, attempts);
  } else {
    const error = thrown ? thrown.error : new Error(failure);
    await run.emit({ type: 'model_call_failed', ...tag, turn, error, attempts, durationMs });
  }
}

/** Says each thing once, not once a turn. */
async function warnOf(run: Run, { task, role }: TaskFacts, attempts: readonly Attempt[]): Promise<void> {
  const [first] = attempts;
  if (first?.code === 'interrupted') {
    const message = `A crash cut a model call of "${task}" off; it was made again, and both may be on the bill`;
    if (!run.warnings.some((warning) => warning.message === message))
      await run.warn({ code: 'possibly_billed', message, task, role });
  }
  if (attempts.length < 2) return;
  const fallback = fallbackTaken(attempts.filter(({ code }) => code !== 'interrupted'));
  const message = `In "${task}", ${fallback}`;
  if (!fallback || run.warnings.some((warning) => warning.message === message)) return;
  await run.warn({ code: 'fell_back', message, task, role });
}
