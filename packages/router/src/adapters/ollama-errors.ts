/** What went wrong, by the words of the server: https://docs.ollama.com/api/errors */
import { ModelError, type ModelErrorCode, type ModelErrorFacts } from '../errors.ts';
import { codeForStatus, type Facts, isUnsupported, networkError, retryAfterMs } from './http.ts';

const tooLong = /context (?:length|size|window)|prompt (?:is )?too long/i;

/** An error the server put into words, in the middle of an answer if it has no status. */
export function explainMessage(message: string, { model }: Facts, more: Partial<ModelErrorFacts> = {}): ModelError {
  const code = codeOf(message, more.status);
  const id = model.slice(model.indexOf('/') + 1);
  const isUnpulled = code === 'not_found' && /not found/i.test(message);
  const reason = isUnpulled ? `${message}; to get it: ollama pull ${id}` : message;
  const unsupported = isUnsupported(code, message);
  return new ModelError(code, { model, reason, unsupported, possiblyBilled: more.status === undefined, ...more });
}

function codeOf(message: string, status: number | undefined): ModelErrorCode {
  if (tooLong.test(message)) return 'context_too_long';
  if (isUnsupported('invalid_request', message)) return 'invalid_request'; // whatever the status
  return codeForStatus(status ?? 500);
}

/** What our own client looked for and heard; a client of the user's keeps that to itself. */
export interface Heard {
  readonly host: string | undefined;
  readonly headers: Headers | undefined;
}

/** What the SDK throws; `undefined` for what is none of its errors. */
export function explain(error: unknown, facts: Facts, { host, headers }: Heard): ModelError | undefined {
  const { model } = facts;
  const { name, status_code: status, message = '', cause } = (error ?? {}) as SdkError;
  if (name === 'ResponseError' && status !== undefined) {
    return explainMessage(message, facts, { status, retryAfterMs: retryAfterMs(headers), cause: error });
  }
  if (error instanceof SyntaxError) {
    return new ModelError('malformed_answer', { model, reason: 'the answer is no JSON', cause: error, possiblyBilled: true });
  }
  if (networkError(error)?.possiblyBilled === false) {
    const where = host === undefined ? '' : ` at ${host}`;
    const why = cause?.code === undefined ? '' : ` (${cause.code})`;
    return new ModelError('network', { model, reason: `no Ollama server can be reached${where}${why}`, cause: error });
  }
  return undefined;
}

interface SdkError {
  readonly name?: string;
  readonly status_code?: number;
  readonly message?: string;
  readonly cause?: { readonly code?: string };
}
