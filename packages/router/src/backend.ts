/** What a model may say of itself beyond the seam, for the router it stands in. This file imports no code. */
import type { Model, ModelSettings } from '@rolecall/core';

export interface Backend extends Model {
  /** How long its first token may take now, if it knows better than the options: a local model may have to be loaded first. */
  readonly firstTokenMs?: (() => number | undefined) | undefined;
  /** Loads the model and keeps it loaded. */
  readonly warm?: ((signal?: AbortSignal) => Promise<void>) | undefined;
  /** Why it cannot be asked at all, a missing key for one. Asks nobody. */
  readonly notConfigured?: (() => string | undefined) | undefined;
  /** The APIs (names of `wire.api`) whose requests it relays as they are. @default none: it encodes the messages */
  readonly speaks?: readonly string[] | undefined;
  /** It continues an answer whose beginning stands as the last message, as the assistant's. */
  readonly acceptsPrefill?: true | undefined;
  /** Settings that it adds where a request says nothing else; a relayed body does not have them. */
  readonly settings?: ModelSettings | undefined;
}
