/** A model that says what it was told to say, and remembers what it was asked. */
import { invalid } from './check.ts';
import { frozenCopy } from './freeze.ts';
import type { Delta, Model, ModelRequest, ModelResponse } from './model.ts';

/** An answer: what it leaves out is filled in. */
export interface ScriptedAnswer extends Partial<ModelResponse> {
  /** How long it takes to answer. An abort ends the wait. @default 0 */
  readonly delayMs?: number | undefined;
  /** Thrown in place of an answer, after the delay. @default none */
  readonly error?: Error | undefined;
}

/** An answer's text, an answer, an error to throw, or a function that makes one of these from the request. */
export type ScriptedStep = string | Error | ScriptedAnswer | ((request: ModelRequest) => ScriptedStep | Promise<ScriptedStep>);

export interface ScriptedModel extends Model {
  /** What was asked, in order: frozen copies. */
  readonly requests: readonly ModelRequest[];
  /** Throws unless every step was used and no call was made beyond them. */
  readonly assertComplete: () => void;
}

/**
 * A model that takes one step per call, in order. It streams when it is asked to.
 *
 * @example
 * const model = scriptedModel(['Key points', new Error('down')]);
 * await crew.kickoff({ topic: 'AI trends' });
 * model.assertComplete();
 */
export function scriptedModel(steps: readonly ScriptedStep[]): ScriptedModel {
  if (!Array.isArray(steps)) throw invalid('scriptedModel', 'steps', steps, 'an array of steps');
  for (const [index, step] of steps.entries())
    if (!['string', 'object', 'function'].includes(typeof step) || step === null)
      throw invalid('scriptedModel', `steps[${index}]`, step, 'a text, an answer, an Error or a function that gives one');
  const script = [...steps];
  const requests: ModelRequest[] = [];

  const model = async (request: ModelRequest): Promise<ModelResponse> => {
    const call = requests.push(frozenCopy(request));
    const step = script[call - 1];
    if (step === undefined) throw new Error(`scriptedModel: ${unexpected(call, request, script.length)}`);
    request.signal?.throwIfAborted();
    const { delayMs = 0, error, ...answer } = await answerOf(step, request);
    if (delayMs > 0) await wait(delayMs, request.signal);
    if (error) throw error;
    const response = complete(answer);
    await stream(response, request);
    return response;
  };

  const assertComplete = (): void => {
    const unused = script.slice(requests.length).map((step, index) => `step ${requests.length + index + 1} (${describe(step)})`);
    if (unused.length > 0) {
      const last = requests.at(-1);
      const after = last ? `the last call was call ${requests.length}, of ${askerOf(last)}` : 'no call was made';
      throw new Error(
        `scriptedModel: ${requests.length} of ${script.length} steps were used; never asked for: ${unused.join(', ')}; ${after}`,
      );
    }
    const beyond = requests
      .slice(script.length)
      .map((request, index) => unexpected(script.length + index + 1, request, script.length));
    if (beyond.length > 0) throw new Error(`scriptedModel: ${beyond.join('; ')}`);
  };

  return Object.freeze(Object.assign(model, { id: scriptedId, requests, assertComplete }));
}

const scriptedId = 'scripted/model';

function unexpected(call: number, request: ModelRequest, length: number): string {
  return `call ${call} (${askerOf(request)}) was not expected: the script ends at step ${length}`;
}

function askerOf({ role, labels }: ModelRequest): string {
  return `role ${JSON.stringify(role ?? 'none')}, task ${JSON.stringify(labels?.task ?? 'none')}`;
}

const longestShown = 40;

function describe(step: ScriptedStep): string {
  if (typeof step === 'function') return 'a function';
  if (step instanceof Error) return `throws ${step.message}`;
  const text = typeof step === 'string' ? step : (step.text ?? step.error?.message ?? step.toolCalls?.[0]?.name ?? '');
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

async function answerOf(step: ScriptedStep, request: ModelRequest): Promise<ScriptedAnswer> {
  if (typeof step === 'function') return answerOf(await step(request), request);
  if (typeof step === 'string') return { text: step };
  return step instanceof Error ? { error: step } : step;
}

function complete(answer: Partial<ModelResponse>): ModelResponse {
  const { toolCalls = [] } = answer;
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { model: scriptedId, text: '', finishReason, usage: {}, ...answer, toolCalls };
}

const textChunks = 3;

async function stream({ text, toolCalls }: ModelResponse, { onDelta, signal }: ModelRequest): Promise<void> {
  if (!onDelta) return;
  const length = Math.max(1, Math.ceil(text.length / textChunks));
  const chunks = text.match(new RegExp(`.{1,${length}}`, 'gsu')) ?? []; // by code point, so that no character is torn
  const deltas: Delta[] = chunks.map((chunk) => ({ type: 'text', text: chunk }));
  for (const [index, { id, name, arguments: args }] of toolCalls.entries()) {
    deltas.push({ type: 'tool_call', index, id, name, arguments: args });
  }
  for (const delta of deltas) {
    await onDelta(delta);
    signal?.throwIfAborted();
  }
}

function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}
