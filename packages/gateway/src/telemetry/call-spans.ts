import type { TraceHeaders } from '../http/route.ts';
import type { Context, ContextAPI, PropagationAPI, Span, SpanOptions, TraceAPI, Tracer } from '@opentelemetry/api';

/** The part of `@opentelemetry/api` that puts one span below another. */
export interface SpanApi {
  readonly trace: TraceAPI;
  readonly context: ContextAPI;
  readonly propagation: PropagationAPI;
}

/** The latest calls: what a call that lost a race cost is known when that call is over. */
const keptCalls = 4_096;

/** Which span the attempts of a call stand below: the ledger writes them, and knows their call by its id alone. */
export class CallSpans {
  /** Makes the spans of attempts. */
  readonly tracer: Tracer;
  readonly #api: SpanApi;
  readonly #calls = new Map<string, Context>();

  constructor(api: SpanApi, tracer: Tracer) {
    this.#api = api;
    this.tracer = {
      startSpan: (name, options = {}) => tracer.startSpan(name, options, this.#around(options)),
      startActiveSpan: tracer.startActiveSpan.bind(tracer),
    };
  }

  /** What a call's span stands below: that of the process, where something traces its HTTP, or that of whoever called. */
  parentOf(trace: TraceHeaders | undefined): Context {
    const active = this.#api.context.active();
    return trace && !this.#api.trace.getSpan(active) ? this.#api.propagation.extract(active, trace) : active;
  }

  begin(callId: string, span: Span): void {
    const { trace, context } = this.#api;
    this.#calls.delete(callId); // an id may come again
    this.#calls.set(callId, trace.setSpan(context.active(), span));
    for (const oldest of this.#calls.size > keptCalls ? this.#calls.keys() : []) {
      this.#calls.delete(oldest);
      break;
    }
  }

  #around({ attributes = {} }: SpanOptions): Context {
    const workflow = attributes['rolecall.workflow.id'];
    return (typeof workflow === 'string' ? this.#calls.get(workflow) : undefined) ?? this.#api.context.active();
  }
}
