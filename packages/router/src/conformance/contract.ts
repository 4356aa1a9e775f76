/** What the conformance suite asks of an adapter's author, and what it gives. */
import type { JsonObject, Model } from '@rolecall/core';

/** What a backend is ordered to do wrong, once. */
export interface BackendFault {
  readonly kind:
    | 'status'
    | 'reset'
    | 'silence'
    | 'slow'
    | 'cut'
    | 'stall'
    | 'malformed'
    | 'no_terminator'
    | 'in_band_error'
    | 'empty_answer'
    | 'not_json'
    | 'context_length'
    | 'content_filter'
    | 'quota';
  readonly provider?: string | undefined;
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly message?: string | undefined;
  readonly afterChunks?: number | undefined;
}

/** What a backend is ordered to answer, once. */
export interface BackendAnswer {
  readonly provider?: string | undefined;
  readonly text?: string | undefined;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: object | string }[] | undefined;
  readonly reasoning?: string | undefined;
  /** The text comes in about so many pieces. */
  readonly chunks?: number | undefined;
}

/** A request as the backend saw it. */
export interface BackendRequest {
  readonly body: unknown;
  /** The client hung up before the answer was whole. */
  readonly closedByClient: boolean;
}

/** The other end of the wire, under the suite's orders: what `startSimulator()` of `@rolecall/simulator` returns fits. */
export interface AdapterBackend {
  fault(fault: BackendFault): unknown;
  answer(answer: BackendAnswer): unknown;
  /** All requests since the last reset, in order. */
  readonly requests: readonly BackendRequest[];
  /** Forgets faults, answers and requests. */
  reset(): void;
  /** Closes the port, so that connections are refused. @default the case about it is left out */
  takeDown?(provider: string): Promise<unknown>;
  bringUp?(provider: string): Promise<unknown>;
}

/** What not every provider has. */
export type AdapterFeature =
  | 'images'
  | 'tools'
  | 'reasoning'
  | 'structured_output'
  | 'retry_after'
  | 'content_filter'
  | 'quota'
  /** A tool's arguments arrive in pieces. */
  | 'tool_call_deltas'
  /** An error within a stream that began with 200. */
  | 'in_band_error'
  /** Answers say when a simulator gave them. */
  | 'simulated';

/** A question in the words of an API, as `request.wire` has it. */
export interface RelayedQuestion {
  readonly api: string;
  readonly body: JsonObject;
}

export interface AdapterUnderTest {
  /** The provider of the model's id, as provider options and reasoning parts name it. */
  readonly provider: string;
  /** Makes the model under test, with this key if its provider asks for one; called anew in every case. */
  readonly createModel: (options: { readonly apiKey: string }) => Model;
  /** Takes the suite's orders. @default none: only what a real provider can be asked is listed */
  readonly backend?: AdapterBackend | undefined;
  /** The provider's name at the backend. @default the same as `provider` */
  readonly backendProvider?: string | undefined;
  /** What the provider does not have: the cases about it are left out. @default [] */
  readonly without?: readonly AdapterFeature[] | undefined;
  /** What the adapter relays as it is, each with a body to try. @default []: the cases about it are left out */
  readonly wires?: readonly RelayedQuestion[] | undefined;
  /** Makes a model that was given no key. @default none: the case about it is left out */
  readonly createWithoutKey?: (() => Model) | undefined;
  /** How long the adapter may take over what it should do at once. @default 5_000 */
  readonly patienceMs?: number | undefined;
}

export interface AdapterCase {
  readonly title: string;
  /** `model`: any provider passes it, a real one too. `backend`: it orders answers and faults, and looks at requests. */
  readonly needs: 'model' | 'backend';
  /** Rejects with an `AssertionError` if the adapter does otherwise. */
  readonly run: () => Promise<void>;
}
