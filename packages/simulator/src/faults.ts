import { validateHeaderName, validateHeaderValue } from 'node:http';
import { checkFields } from './field-names.ts';
import { checkTexts, isWait, refused } from './field-values.ts';
import { isRecord } from './json.ts';
import { orderNames, type ChancyOrder } from './orders.ts';

/** A fault to order: what goes wrong, for which requests, how often. */
export type Fault = FaultTarget & FaultEffect;

export interface FaultTarget extends ChancyOrder {
  /** A path to strike, such as `/api/tags`. @default every path that answers a prompt, and no other */
  readonly path?: string | undefined;
}

export type FaultKind = FaultEffect['kind'];

export type FaultEffect =
  /** An HTTP error with the provider's body for that status. `errorCode` replaces its `code` (Anthropic: its `type`). */
  | ({ readonly kind: 'status'; readonly status: number; readonly errorCode?: string | undefined } & WithHeaders & WithMessage)
  /** The connection is reset before any answer. */
  | { readonly kind: 'reset' }
  /** The request is accepted and never answered. */
  | { readonly kind: 'silence' }
  /** Nothing is said for `delayMs`; a stream sends its head first and waits before its first token. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The socket is destroyed in the middle of the answer. */
  | ({ readonly kind: 'cut' } & AfterChunks)
  /** Sending stops in the middle of the answer; the socket stays open. */
  | ({ readonly kind: 'stall' } & AfterChunks)
  /** One event or line of the stream, or the whole body, is broken JSON. */
  | ({ readonly kind: 'malformed' } & AfterChunks)
  /** All content, but the stream ends without its terminator. Streams only. */
  | { readonly kind: 'no_terminator' }
  /** The provider's error event within a stream that began with 200. Streams only. */
  | ({ readonly kind: 'in_band_error'; readonly errorCode?: string | undefined } & AfterChunks & WithMessage)
  /** 200 and nothing said. */
  | { readonly kind: 'empty_answer' }
  /** A page of HTML, as a proxy in the way would send. @default status 200 */
  | ({ readonly kind: 'not_json'; readonly status?: number | undefined } & WithHeaders)
  /** The provider's rejection of a prompt that is too long. */
  | ({ readonly kind: 'context_length' } & WithMessage)
  /** The provider's rejection of content it will not touch. */
  | ({ readonly kind: 'content_filter' } & WithMessage)
  /** The provider's rejection of an account that has used up its credit. */
  | ({ readonly kind: 'quota' } & WithMessage);

interface WithHeaders {
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface WithMessage {
  /** Replaces the provider's own words. */
  readonly message?: string | undefined;
}

interface AfterChunks {
  /** After so many content chunks of a stream; a plain answer breaks in its middle. @default 1 */
  readonly afterChunks?: number | undefined;
}

const kinds: Readonly<Record<FaultKind, true>> = {
  status: true,
  reset: true,
  silence: true,
  slow: true,
  cut: true,
  stall: true,
  malformed: true,
  no_terminator: true,
  in_band_error: true,
  empty_answer: true,
  not_json: true,
  context_length: true,
  content_filter: true,
  quota: true,
};

/** Of a fault of any kind: whoever loops over kinds may say the same of each. */
type FieldOf<Any> = Any extends unknown ? keyof Any : never;

const faultNames: Readonly<Record<FieldOf<Fault>, true>> = {
  kind: true,
  ...orderNames,
  forMs: true,
  probability: true,
  path: true,
  status: true,
  errorCode: true,
  headers: true,
  message: true,
  delayMs: true,
  afterChunks: true,
};

/** These have no meaning without a stream, so a plain request leaves them for the next stream. */
const streamOnly: ReadonlySet<FaultKind> = new Set(['no_terminator', 'in_band_error']);

/** Whether a fault can strike this request at all. */
export function strikes(fault: Fault, request: { path: string; stream: boolean; answers: boolean }): boolean {
  const here = fault.path === undefined ? request.answers : fault.path === request.path;
  return here && (request.stream || !streamOnly.has(fault.kind));
}

/** @throws {TypeError} naming the field that no fault can have. */
export function checkFault(fault: Fault): void {
  const { kind } = (fault ?? {}) as Partial<Fault>;
  if (kind === undefined || !Object.hasOwn(kinds, kind)) {
    throw new TypeError(`the kind of a fault is "${kind}": it must be one of ${Object.keys(kinds).join(', ')}`);
  }
  checkFields<Partial<Record<FieldOf<Fault>, unknown>>>('a fault', fault, faultNames);
  checkValues(fault);
  if (kind === 'status') checkStatus('status' in fault ? fault.status : undefined);
  if (kind === 'slow' && !('delayMs' in fault && isWait(fault.delayMs))) {
    throw refused('delayMs', 'delayMs' in fault ? fault.delayMs : undefined, 'milliseconds, 0 or more');
  }
}

/** Those of any kind: what another kind would not look at is right, too. */
function checkValues({ path, errorCode, message, status, headers, afterChunks }: Partial<Record<FieldOf<Fault>, unknown>>): void {
  checkTexts({ path, errorCode, message });
  if (status !== undefined) checkStatus(status);
  if (headers !== undefined && !isRecord(headers)) throw refused('headers', headers, 'an object of texts');
  for (const [name, value] of Object.entries(headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
  }
  if (afterChunks !== undefined && !(Number.isInteger(afterChunks) && (afterChunks as number) >= 0)) {
    throw refused('afterChunks', afterChunks, 'a whole number, 0 or more');
  }
}

function checkStatus(status: unknown): void {
  if (Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599) return;
  throw refused('status', status, 'a whole number from 200 to 599');
}
