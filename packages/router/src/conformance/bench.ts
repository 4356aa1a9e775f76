/** The tools of the suite: one model under test, one backend under orders, and a few questions to ask of both. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Delta, Model, ModelRequest, ModelResponse, ToolDefinition } from '@rolecall/core';
import { ModelError } from '../errors.ts';
import type { AdapterBackend, AdapterCase, AdapterFeature, AdapterUnderTest, BackendAnswer, BackendFault } from './contract.ts';

/** Nothing that leaves the adapter may hold it, save the header it belongs in. */
export const secretKey = 'sk-conformance-0123456789-do-not-tell';

export class Bench {
  readonly adapter: AdapterUnderTest;
  readonly patienceMs: number;
  readonly #backend: AdapterBackend | undefined;

  constructor(adapter: AdapterUnderTest) {
    this.adapter = adapter;
    this.patienceMs = adapter.patienceMs ?? 5_000;
    this.#backend = adapter.backend;
  }

  get backend(): AdapterBackend {
    if (!this.#backend) throw new TypeError('This case needs a backend');
    return this.#backend;
  }

  has(feature: AdapterFeature): boolean {
    return !this.adapter.without?.includes(feature);
  }

  model(): Model {
    return this.adapter.createModel({ apiKey: secretKey });
  }

  /** A case that any provider passes. */
  withModel(title: string, run: () => Promise<void>): AdapterCase {
    return { title, needs: 'model', run };
  }

  /** A case that gives orders. It starts and ends with a clean backend. */
  withBackend(title: string, run: () => Promise<void>): AdapterCase {
    return {
      title,
      needs: 'backend',
      run: async () => {
        this.backend.reset();
        try {
          await run();
        } finally {
          this.backend.reset();
        }
      },
    };
  }

  fault(fault: BackendFault): void {
    this.backend.fault({ provider: this.adapter.backendProvider ?? this.adapter.provider, ...fault });
  }

  answer(answer: BackendAnswer): void {
    this.backend.answer({ provider: this.adapter.backendProvider ?? this.adapter.provider, ...answer });
  }

  /** The body of the latest request, as it went over the wire. */
  lastBody(): string {
    const { requests } = this.backend;
    assert.ok(requests.length > 0, 'no request has reached the backend');
    return JSON.stringify(requests.at(-1)?.body);
  }

  /** Each attempt is one request: an SDK that repeats calls by itself shows here. */
  assertRequests(count: number): void {
    assert.equal(this.backend.requests.length, count, `requests at the backend (are the SDK's own retries off?)`);
  }

  /** Whoever answered may charge for it; nobody charges for what ran on the caller's own machines. */
  assertBilled({ possiblyBilled, local }: ModelError): void {
    assert.equal(possiblyBilled, !local, 'whether it may be charged for');
  }

  /** Waits until something holds, and complains when it takes too long. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + this.patienceMs;
    while (!holds()) {
      assert.ok(performance.now() < deadline, `${what}: not within ${this.patienceMs} ms`);
      await sleep(5);
    }
  }

  async inTime<T>(what: string, promise: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const late = sleep(this.patienceMs, undefined, { signal: timer.signal }).then(() =>
      assert.fail(`${what}: not within ${this.patienceMs} ms`),
    );
    late.catch(() => {}); // its timer is stopped below
    try {
      return await Promise.race([promise, late]);
    } finally {
      timer.abort();
    }
  }

  /** Expects a call to fail, and to say so in a `ModelError`. */
  failure(answer: Promise<ModelResponse>): Promise<ModelError> {
    const failure = this.#failureOf(answer);
    failure.catch(() => {}); // a case that fails before it looks here has said enough
    return failure;
  }

  async #failureOf(answer: Promise<ModelResponse>): Promise<ModelError> {
    const outcome = await this.inTime(
      'the call',
      answer.then(
        (response) => ({ response }),
        (error: unknown) => ({ error }),
      ),
    );
    if ('response' in outcome) assert.fail(`it answered: ${inspect(outcome.response)}`);
    assert.ok(ModelError.isInstance(outcome.error), `it threw no ModelError but ${inspect(outcome.error)}`);
    return outcome.error;
  }
}

/** A request that only says something. */
export function ask(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'user', content: text }], ...more };
}

export interface Recorder {
  readonly deltas: readonly Delta[];
  readonly onDelta: (delta: Delta) => void;
  readonly said: (type: 'text' | 'reasoning') => string;
}

/** Keeps what streams in. */
export function recorder(): Recorder {
  const deltas: Delta[] = [];
  return {
    deltas,
    onDelta: (delta) => void deltas.push(delta),
    said: (type) => deltas.map((delta) => (delta.type === type ? delta.text : '')).join(''),
  };
}

/** A tool of one argument. */
export function toolNamed(name: string): ToolDefinition {
  const parameters = {
    type: 'object',
    properties: { port: { type: 'string' } },
    required: ['port'],
    additionalProperties: false,
  };
  return { name, description: `Looks up the ${name} of a port.`, parameters };
}
