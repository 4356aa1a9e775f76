import { AsyncResource } from 'node:async_hooks';
import type { Hold } from '../budgets.ts';
import type { CallRecord } from '../call-record.ts';
import { textBytes, tokensIn } from '../text-tokens.ts';
import type { TappedRequest, WrappedCall } from '../wrapped-call.ts';
import type { Book } from '../book.ts';
import type { Attribution } from '../attribution.ts';
import type { Answer } from './answers.ts';
import { allowedMsOf, failureOf, statusCode, type Failure } from './failures.ts';
import type { TappedBody } from './request.ts';

/** Every response of `@rolecall/simulator` carries this header. */
const simulatorHeader = 'x-rolecall-simulator';

export interface ObservedRequest {
  readonly book: Book;
  readonly request: TappedBody;
  readonly callId: string;
  readonly who: Attribution;
  /** The call of a wrapped model that it is made for. */
  readonly call: WrappedCall | undefined;
  readonly hold: Hold | undefined;
  /** The caller's, as the SDK passes it on. */
  readonly signal: AbortSignal | undefined;
  /** When the SDK asked, on the clock of `performance.now()`: its own time limit runs since, whatever a budget's store took. */
  readonly askedAt: number;
  /** What the client allows any call. */
  readonly timeoutMs: number | undefined;
}

/** One HTTP request, from when it is sent to how it ends, and the row that comes of it. The first end counts. */
export class Observation implements TappedRequest {
  readonly callId: string;
  readonly answer: Answer = { payload: {}, finished: false, complete: false, failed: false, malformed: false, textBytes: 0 };
  readonly #seen: ObservedRequest;
  /** Where the request was made. Its answer may be read anywhere, and listeners make spans below the one that is active. */
  readonly #context = new AsyncResource('RolecallRequest');
  readonly #startedAt = Date.now();
  readonly #start = performance.now();
  #firstTokenMs: number | undefined;
  #status: number | undefined;
  #simulated = false;
  #record: CallRecord | undefined;
  #owner: 'nobody yet' | 'itself' | 'another';

  constructor(seen: ObservedRequest) {
    this.callId = seen.callId;
    this.#seen = seen;
    this.#owner = seen.call?.take(this) ? 'nobody yet' : 'itself';
  }

  get ended(): boolean {
    return this.#record !== undefined;
  }

  cover(): void {
    this.#owner = 'another';
    this.#seen.hold?.settle();
  }

  release(): void {
    this.#owner = 'itself';
    this.#enter();
  }

  /** The head of the answer is there. One that is no success is the end. */
  respond({ ok, status, headers }: Response): void {
    this.#status = status;
    this.#simulated = headers.has(simulatorHeader);
    if (!ok) this.#end({ outcome: 'failed', code: statusCode(status), status });
  }

  /** There was no answer. */
  reject(error: unknown): void {
    this.#end(this.#failure(error));
  }

  /** Text has come. */
  heard(): void {
    this.#firstTokenMs ??= this.#elapsedMs();
  }

  /** The body is over, as far as anybody reads it. What had been said by then decides what it was. */
  finish(how: 'read' | 'left' | 'broken' | 'unread', error?: unknown): void {
    const { finished, failed } = this.answer;
    if (how === 'unread') this.#end({ outcome: 'answered' });
    else if (finished && !failed) this.#end({ outcome: 'answered', ...this.#missing() });
    else this.#end({ ...this.#breakage(how, error), possiblyBilled: true, ...this.#estimate() });
  }

  #breakage(how: 'read' | 'left' | 'broken', error: unknown): Failure {
    if (this.answer.failed) return { outcome: 'failed', code: 'overloaded' };
    if (how !== 'read' && this.answer.malformed) return { outcome: 'failed', code: 'malformed_answer' };
    if (how === 'left') return { outcome: 'aborted', code: 'aborted' };
    if (how === 'read') return { outcome: 'failed', code: this.#seen.request.stream ? 'stream_cut' : 'malformed_answer' };
    const failure = this.#failure(error);
    return failure.code === 'network' ? { ...failure, code: 'stream_cut' } : failure;
  }

  #failure(error: unknown): Failure {
    const { signal, request, askedAt, timeoutMs } = this.#seen;
    // OpenAI's SDK holds an answer to its time up to the end, unless that is a stream.
    const isTimed = this.#status === undefined || (request.vendor === 'openai' && !request.stream);
    const allowedMs = isTimed ? allowedMsOf(request.headers, timeoutMs) : Infinity;
    return failureOf(error, { signal, elapsedMs: performance.now() - askedAt, allowedMs });
  }

  /** A whole stream of a chat completion without usage is one whose usage nobody asked for. */
  #missing(): Partial<CallRecord> {
    const unasked = this.#seen.request.api === 'chat.completions' && this.answer.payload['x_groq'] === undefined;
    return unasked ? this.#estimate() : {};
  }

  /** What a stream that broke off was charged for: the prompt, and the text that had come. */
  #estimate(): Partial<CallRecord> {
    const { request } = this.#seen;
    const { usage } = this.answer.payload;
    if (!request.stream || (usage !== undefined && request.api !== 'messages')) return {};
    const { messages, input, prompt, system, instructions, tools } = request.body;
    const said = usage as { readonly output_tokens?: unknown } | undefined;
    return {
      // Anthropic counts the prompt before it begins; everybody else counts at the end.
      ...(usage === undefined && {
        inputTokens: tokensIn(textBytes([messages, input, prompt, system, instructions, tools])),
      }),
      outputTokens: Math.max(Number(said?.output_tokens ?? 0) || 0, tokensIn(this.answer.textBytes)),
      estimated: true,
    };
  }

  #end(facts: Partial<CallRecord>): void {
    if (this.#record) return;
    const { request, who, callId } = this.#seen;
    const { api, local } = request;
    const provider = request.provider ?? (this.#simulated ? request.vendor : `${request.vendor}-compatible`);
    this.#record = {
      ...facts,
      source: { api, payload: this.answer.payload },
      model: `${provider}/${request.model ?? 'unknown'}`,
      ...who,
      callId,
      at: this.#startedAt,
      latencyMs: this.#elapsedMs(),
      firstTokenMs: this.#firstTokenMs,
      status: facts.outcome === 'answered' ? undefined : this.#status,
      simulated: this.#simulated,
      local: request.provider === undefined && this.#simulated ? undefined : local,
    };
    this.#enter();
  }

  #enter(): void {
    const { book, hold } = this.#seen;
    const record = this.#record;
    if (!record || this.#owner !== 'itself') return;
    this.#owner = 'another'; // once
    this.#context.runInAsyncScope(() => book.enter(book.ids.next(), record, hold));
    hold?.settle();
  }

  #elapsedMs(): number {
    return performance.now() - this.#start;
  }
}
