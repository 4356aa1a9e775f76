/** What a client and a worker say to each other about a run. This file imports no code. */
import type { JsonValue } from '@rolecall/core';
import type { Definition } from './definition.ts';

/** What a client asks for. */
export interface RunRequest {
  readonly inputs: JsonValue;
  readonly tenant: string;
  /** Of the crew that the client has. */
  readonly definition: Definition;
}

/** For which events a client asks: those after so many batches. */
export interface EventsRequest {
  readonly from: number;
  /** How long it may take until there is one: less than the client waits. @default 20_000 */
  readonly waitMs?: number | undefined;
}

/** How a run ended. */
export interface RunFailure {
  readonly status: 'failed' | 'cancelled';
  readonly message: string;
  readonly error?: JsonValue | undefined;
}

/** As the server answers when somebody waits for the run: none of these is what a server says of itself. */
export const errorCodes = { cancelled: 409, changed: 412, failed: 422 } as const;

/** Begins the message by which a client knows why a run does not go on. */
export const changedMark = 'Changed crew';
