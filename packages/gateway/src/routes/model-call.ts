/** A call to a model over HTTP, from its body to its last byte. */
import type { IncomingMessage } from 'node:http';
import type { Attempt, ModelResponse } from '@rolecall/core';
import { BudgetError } from '@rolecall/cost-tracker';
import type { Router } from '@rolecall/router';
import type { GatewayParts } from '../gateway-parts.ts';
import { problemOf } from '../http/problem.ts';
import { EventStream } from '../http/event-stream.ts';
import { type HeaderList, sendProblem, sendText } from '../http/reply.ts';
import { Refusal } from '../http/refusal.ts';
import type { Admission, Ask, CallEnding, Caller, Exchange, TraceHeaders } from '../http/route.ts';
import { tagPrefix } from '../keys/virtual-key.ts';
import type { AnswerFacts, Asked, Dialect } from '../wire/dialect.ts';
import { type CallRequest, Progress, progress } from '../wire/progress.ts';
import { answerHeaders } from './answer-headers.ts';
import { answered, attemptsOf, type Ended, internal } from './ended.ts';
import type { Offer } from './offer.ts';
import { streamedAnswer, type StreamedAnswer } from './streamed-answer.ts';
import { readWishes, type Wishes } from './wishes.ts';

/** What calls are made of. */
export interface House {
  readonly parts: GatewayParts;
  /** The router of now: a reload replaces it. */
  readonly router: Router;
  readonly offer: Offer;
  /** How long a reader of a stream may take nothing. */
  readonly stallMs: number;
  /** The headers have twins of LiteLLM's names. */
  readonly litellmHeaders: boolean;
}

/** Answers in the dialect that the request came in. */
export async function serveModel(exchange: Exchange, dialect: Dialect, house: House): Promise<void> {
  const start = performance.now();
  const startedAt = Date.now();
  try {
    const body = await exchange.json();
    const wishes = readWishes(exchange.request, body, exchange.caller, {
      api: dialect.api,
      roles: house.offer.roles,
      readMessages: (messages) => dialect.readMessages(messages),
    });
    const asked = dialect.read(wishes.body);
    const call = new Progress({
      messages: asked.request.messages,
      settings: asked.request.settings ?? {},
      words: dialect.settings,
      wireOnly: (wishes.dropsParams ?? house.offer.dropsParams) ? needed(asked) : asked.wireOnly,
      mock: wishes.mock,
    });
    const facts: AnswerFacts = { callId: exchange.callId, model: wishes.asked, body };
    await new ModelCall({ exchange, dialect, house, wishes, call, facts, asked, start, startedAt }).run();
  } catch (error) {
    const problem = problemOf(error);
    house.parts.onRefusal({ callId: exchange.callId, path: exchange.path, status: problem.status, code: problem.code, error });
    sendProblem(exchange.response, problem, dialect.problem(problem, exchange.callId), ['x-rolecall-call-id', exchange.callId]);
  }
}

/** What an answer cannot do without. */
function needed({ wireOnly, unknown }: Asked): readonly string[] {
  return wireOnly.filter((name) => !unknown.includes(name));
}

interface CallParts {
  readonly exchange: Exchange;
  readonly dialect: Dialect;
  readonly house: House;
  readonly wishes: Wishes;
  readonly call: Progress;
  readonly facts: AnswerFacts;
  readonly asked: Asked;
  /** On the clock of `performance.now()`. */
  readonly start: number;
  readonly startedAt: number;
}

/** One call, known well enough to be on record however it ends. */
class ModelCall {
  readonly #parts: CallParts;
  readonly #ask: Ask;
  #admission: Admission | undefined;
  #firstByteMs: number | undefined;
  #isOver = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    const { wishes, exchange } = parts;
    const fallbacks = wishes.fallbacks
      ? wishes.fallbacks.map((target) => (typeof target === 'string' ? target : target.model))
      : [];
    const { callId, isIdShared, bodyLength } = exchange;
    const inputTokens = Math.ceil(bodyLength / 4); // whatever the headers say
    const trace = traceOf(exchange.request);
    this.#ask = { model: wishes.asked, role: wishes.role, fallbacks, tags: wishes.tags, inputTokens, callId, isIdShared, trace };
  }

  async run(): Promise<void> {
    const { house, exchange, asked } = this.#parts;
    const events = asked.isStream ? this.#events() : undefined;
    try {
      house.offer.check(this.#parts.wishes, exchange.caller);
      const admitted = house.parts.begin(exchange.caller, this.#ask);
      this.#admission = admitted instanceof Promise ? await admitted : admitted;
      this.#parts.call.asking = this.#admission.asking;
      const response = await house.router(this.#request(events));
      if (events) events.end(response);
      else this.#answer(response);
      this.#conclude(answered(response));
    } catch (error) {
      if (this.#isOver) throw error; // of whoever was told
      this.#fail(error, events?.stream);
    }
  }

  #request(events: StreamedAnswer | undefined): CallRequest {
    const { exchange, dialect, house, wishes, call, asked } = this.#parts;
    const headers = headersFor(dialect, exchange.request);
    const isCached = house.offer.isCached && asked.wireOnly.length === 0 && headers?.['anthropic-beta'] === undefined;
    const { messages, tools, toolChoice, outputSchema, settings } = asked.request;
    return {
      messages,
      tools,
      toolChoice,
      outputSchema,
      settings,
      role: wishes.role,
      model: wishes.model,
      labels: { workflow: exchange.callId, tags: tagsOf(wishes.tags, exchange.caller), [progress]: call },
      fallbacks: wishes.fallbacks,
      cache: wishes.cache,
      signal: exchange.signal,
      wire: isCached ? undefined : { api: dialect.api, body: wishes.body, headers, onBytes: events?.onBytes },
      onDelta: events?.onDelta,
    };
  }

  #events(): StreamedAnswer {
    const { exchange, dialect, house, facts } = this.#parts;
    const stream = new EventStream(exchange.response, { headers: () => this.#headers(), stallMs: house.stallMs });
    return streamedAnswer(stream, dialect.events(facts));
  }

  #answer(response: ModelResponse): void {
    const { exchange, dialect, facts } = this.#parts;
    const raw = response.metadata?.raw; // text: the answer is relayed as it came
    const body = typeof raw === 'string' ? raw : JSON.stringify(dialect.answer(response, facts));
    sendText(exchange.response, 200, body, this.#headers(response.attempts, response.model));
  }

  #headers(attempts?: readonly Attempt[], model?: string): HeaderList {
    const { exchange, call, start, house } = this.#parts;
    const totalMs = performance.now() - start;
    this.#firstByteMs ??= totalMs;
    const { litellmHeaders: withTwins } = house;
    const headers = answerHeaders({ callId: exchange.callId, call, totalMs, attempts, model, withTwins });
    const own = this.#admission?.headers;
    for (const name in own) headers.push(name, own[name] ?? '');
    return headers;
  }

  #fail(error: unknown, stream: EventStream | undefined): void {
    const { exchange, dialect } = this.#parts;
    const problem = problemOf(error);
    const attempts = attemptsOf(error);
    const facts = { code: problem.code, attempts, error: internal(problem, error) };
    if (exchange.signal.aborted) return this.#conclude({ outcome: 'aborted', status: 499, ...facts }); // the client is gone
    if (stream?.hasBegun) {
      stream.end(dialect.problemEvent(problem, exchange.callId));
      return this.#conclude({ outcome: 'cut', status: 200, ...facts });
    }
    const refused = error instanceof Refusal || BudgetError.isInstance(error);
    sendProblem(exchange.response, problem, dialect.problem(problem, exchange.callId), this.#headers(attempts));
    this.#conclude({
      outcome: refused ? 'refused' : 'failed',
      status: problem.status,
      ...facts,
    });
  }

  /** Once: whatever fails while this is told must not have it told again. */
  #conclude(ending: Ended): void {
    const { exchange, dialect, call, asked, start, startedAt, house } = this.#parts;
    if (this.#isOver) return;
    this.#isOver = true;
    const durationMs = performance.now() - start;
    const { place } = call;
    const told: CallEnding = {
      callId: exchange.callId,
      api: dialect.api,
      caller: exchange.caller,
      ask: this.#ask,
      status: ending.status,
      isStream: asked.isStream,
      outcome: ending.outcome,
      code: ending.code,
      startedAt,
      durationMs,
      firstByteMs: this.#firstByteMs,
      overheadMs: Math.max(0, durationMs - call.upstreamMs),
      model: ending.model ?? place?.model,
      deployment: place?.deployment,
      attempts: ending.attempts,
      costUsd: ending.costUsd,
      inputTokens: ending.inputTokens,
      outputTokens: ending.outputTokens,
      error: ending.error,
    };
    this.#admission?.settle(told);
    house.parts.onEnding(told);
  }
}

function tagsOf(asked: readonly string[], { keyName, tags: own = [] }: Caller): readonly string[] {
  if (keyName === undefined && own.length === 0) return asked;
  return [...asked, ...own, ...(keyName === undefined ? [] : [`${tagPrefix}${keyName}`])];
}

/** What goes along with the body, where a backend speaks this API. */
function headersFor({ headers: names = [] }: Dialect, { headers }: IncomingMessage): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string') found[name] = value;
  }
  return names.length > 0 ? found : undefined;
}

function traceOf({ headers: { traceparent, tracestate } }: IncomingMessage): TraceHeaders | undefined {
  if (typeof traceparent !== 'string') return undefined;
  return { traceparent, tracestate: Array.isArray(tracestate) ? tracestate.join() : tracestate };
}
