/**
 * The seam: everything an agent needs from the outside world is one function, a `Model`.
 * An adapter, a router, a cached or tracked model and a test stub all have this shape.
 * This file imports nothing.
 */

export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
/** A JSON Schema (draft 2020-12) as plain JSON. */
export type JsonSchema = JsonObject;

/** Turns a request into a response. Fails by throwing; never resolves to an error. */
export interface Model {
  (request: ModelRequest): Promise<ModelResponse>;
  /** `provider/model`: what prices and traces are keyed by. */
  readonly id?: string | undefined;
  /** Why this model could not serve such a request, or `undefined` if it could. A crew asks when it is made. */
  readonly check?: ((ask: ModelAsk) => string | undefined) | undefined;
}

/** Who would ask, and for which named model. */
export interface ModelAsk {
  readonly role?: string | undefined;
  readonly model?: string | undefined;
}

/** Wraps a model in behaviour without knowing which model it wraps. */
export type Middleware = (next: Model) => Model;

export interface ModelRequest {
  readonly messages: readonly Message[];
  /** Who asks: the agent's name, or else its role as written. A router picks its chain by it. */
  readonly role?: string | undefined;
  /** A named model, when the caller chooses one. A router sets it for each link of a chain. */
  readonly model?: string | undefined;
  /** Attribution, carried through to ledgers and traces. */
  readonly labels?: Labels | undefined;
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** Whether and which tool must be called. @default 'auto' when there are tools */
  readonly toolChoice?: ToolChoice | undefined;
  /** Asks for an answer that is JSON of this shape. */
  readonly outputSchema?: OutputSchema | undefined;
  readonly settings?: ModelSettings | undefined;
  /** How a cache in the way should treat this request. */
  readonly cache?: CacheControl | undefined;
  /** Requests with equal keys prefer the same deployment, for the sake of prompt caches. */
  readonly affinity?: string | undefined;
  /** Named models to try when this one fails, or `false` for none; overrides what is configured. */
  readonly fallbacks?: readonly (string | FallbackTarget)[] | false | undefined;
  /** Milliseconds from now within which an answer must have begun. */
  readonly deadlineMs?: number | undefined;
  /** Settings for one provider, keyed by its name: no other provider ever sees them. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>> | undefined;
  /** The request as another API's body, relayed as it is by adapters that speak that API. */
  readonly wire?: Wire | undefined;
  /** Present: stream. A promise it returns holds the model back; a throw cancels the call and is rethrown as it is. */
  readonly onDelta?: ((delta: Delta) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A stand-in that is asked something else: a shorter prompt, say. */
export interface FallbackTarget {
  readonly model: string;
  /** In the place of the request's own, for this one. */
  readonly messages?: readonly Message[] | undefined;
}

export interface Labels {
  /** The id of the run this call belongs to. */
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** `role` here is the speaker, as in every chat protocol. */
export type Message =
  | { readonly role: 'system' | 'user'; readonly content: string | readonly Part[] }
  | {
      readonly role: 'assistant';
      readonly content: string | readonly Part[];
      readonly toolCalls?: readonly ToolCall[] | undefined;
    }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly name: string;
      readonly content: string | readonly Part[];
      readonly isError?: boolean | undefined;
    };

export type Part = TextPart | MediaPart | ReasoningPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** The prompt up to here is worth keeping in the provider's cache. */
  readonly cacheBreakpoint?: boolean | undefined;
}

/** Either `url` or `base64` with its `mediaType`. */
export interface MediaPart {
  readonly type: 'image' | 'audio' | 'file';
  readonly url?: string | undefined;
  readonly base64?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly name?: string | undefined;
}

/** What a model thought. It goes back to the provider it came from, and to no other. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly provider: string;
  /** The provider's own form of it (a signature, encrypted content), returned untouched. */
  readonly opaque?: JsonValue | undefined;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** The arguments, as a JSON Schema of an object. */
  readonly parameters: JsonSchema;
  /** Asks the provider to hold the model to the schema, where it can. */
  readonly strict?: boolean | undefined;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as received; `''` means `{}`. */
  readonly arguments: string;
}

export interface OutputSchema {
  readonly name: string;
  readonly schema: JsonSchema;
  /** Asks the provider to hold the model to the schema. @default true where the provider can */
  readonly strict?: boolean | undefined;
}

/** What a provider has no word for is left out of its request and named in `metadata.ignoredSettings`. */
export interface ModelSettings {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly reasoningEffort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  readonly serviceTier?: string | undefined;
}

export interface CacheControl {
  readonly ttlMs?: number | undefined;
  /** Ask anew and replace what is stored. */
  readonly reload?: boolean | undefined;
  readonly noStore?: boolean | undefined;
  readonly namespace?: string | undefined;
}

export interface Wire {
  /** `chat.completions`, `messages`, `responses` or `embeddings`. */
  readonly api: string;
  readonly body: JsonObject;
  /** What the caller says of the API beside the body, by names in lower case. An adapter sends those it knows, and none of them is a key. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Receives the bytes of a streamed answer as they come. A promise it returns holds the provider back. */
  readonly onBytes?: ((chunk: Uint8Array) => void | Promise<void>) | undefined;
}

export type Delta =
  | { readonly type: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | {
      readonly type: 'tool_call';
      readonly index: number;
      readonly id?: string | undefined;
      readonly name?: string | undefined;
      /** A further piece of the JSON text. */
      readonly arguments?: string | undefined;
    };

export interface ModelResponse {
  /** The model that answered, `provider/model`. */
  readonly model: string;
  readonly text: string;
  /** The whole answer in parts; absent when it is one text part. */
  readonly content?: readonly Part[] | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly refusal?: string | undefined;
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'other';
  readonly usage: Usage;
  /** How this answer was reached, and why no other backend gave it. */
  readonly attempts?: readonly Attempt[] | undefined;
  readonly metadata?: ResponseMetadata | undefined;
}

export interface ResponseMetadata {
  readonly requestId?: string | undefined;
  /** The model id the provider says it served. */
  readonly servedModel?: string | undefined;
  readonly serviceTier?: string | undefined;
  readonly rateLimit?: RateLimit | undefined;
  /** Settings of the request that this provider has no word for. */
  readonly ignoredSettings?: readonly string[] | undefined;
  /** A simulator answered, not the provider it stands for. */
  readonly simulated?: boolean | undefined;
  /** The model ran on the caller's own machines: nobody sends a bill. */
  readonly local?: boolean | undefined;
  /** The provider's answer as it came: as text where the request was relayed. */
  readonly raw?: unknown;
}

/** What the provider says is left, from its response headers. */
export interface RateLimit {
  readonly limitRequests?: number | undefined;
  readonly remainingRequests?: number | undefined;
  readonly resetRequestsMs?: number | undefined;
  readonly limitTokens?: number | undefined;
  readonly remainingTokens?: number | undefined;
  readonly resetTokensMs?: number | undefined;
}

/** Inclusive totals and subsets of them. What was not reported is absent, never 0. */
export interface Usage {
  /** All input, cached or not. */
  readonly inputTokens?: number | undefined;
  /** All output, reasoning included. */
  readonly outputTokens?: number | undefined;
  readonly cacheReadTokens?: number | undefined;
  /** All cache writes, of whatever lifetime. */
  readonly cacheWriteTokens?: number | undefined;
  /** The part of `cacheWriteTokens` kept for an hour. */
  readonly cacheWrite1hTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly audioInputTokens?: number | undefined;
  readonly audioOutputTokens?: number | undefined;
  /** What the provider said, in its own words. */
  readonly source?: { readonly api: string; readonly payload: unknown } | undefined;
}

/** One call to one backend, or the reason why it was not called. */
export interface Attempt {
  readonly id: string;
  /** The named model of the router. */
  readonly name?: string | undefined;
  /** `provider/model`. */
  readonly model: string;
  /** The model id the provider says it served. */
  readonly servedModel?: string | undefined;
  readonly deployment?: string | undefined;
  /** The variant that a split of traffic chose. */
  readonly variant?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds spent waiting before this attempt: back-off, queues. */
  readonly waitMs: number;
  readonly durationMs: number;
  readonly firstTokenMs?: number | undefined;
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'skipped' | 'cache_hit';
  /** Why it failed or was skipped: a code of `ModelError`. */
  readonly code?: string | undefined;
  /** The same in a sentence, without secrets. */
  readonly reason?: string | undefined;
  /** The HTTP status, if there was one. */
  readonly status?: number | undefined;
  readonly usage?: Usage | undefined;
  /** `null` when its price is not known, absent when nobody asked. */
  readonly costUsd?: number | null | undefined;
  /** It failed, and yet the provider may have charged for it. */
  readonly possiblyBilled?: boolean | undefined;
  /** A simulator answered, not the provider it stands for. */
  readonly simulated?: boolean | undefined;
  /** The model ran on the caller's own machines: nobody sends a bill. */
  readonly local?: boolean | undefined;
}
