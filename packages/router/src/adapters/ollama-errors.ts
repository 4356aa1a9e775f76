/** What went wrong, by the words of the server: https://docs.ollama.com/api/errors */
import { ModelError, type ModelErrorCode, type ModelErrorFacts } from '../errors.ts';
import { failure } from './answer.ts';
import { codeForStatus, type Facts, isSimulated, isUnsupported, networkError, retryAfterMs } from './http.ts';
import { StatusError } from './status-error.ts';

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

/** What our own client or the user's throws; `undefined` for what is no error of theirs. */
export function explain(error: unknown, facts: Facts, host: string | undefined): ModelError | undefined {
  if (error instanceof StatusError) return explainStatus(error, facts);
  const { model } = facts;
  const { name, status_code: status, message = '', cause } = (error ?? {}) as SdkError;
  if (name === 'ResponseError' && status !== undefined) return explainMessage(message, facts, { status, cause: error });
  if (error instanceof SyntaxError) {
    return failure('malformed_answer', facts, 'the answer is no JSON', error);
  }
  if (error instanceof Error && message === 'Missing body') return failure('stream_cut', facts, 'the answer has no body', error); // the SDK's words
  const network = networkError(error);
  if (network?.code === 'network' && !network.possiblyBilled) {
    const where = host === undefined ? '' : ` at ${host}`;
    const why = cause?.code === undefined ? '' : ` (${cause.code})`;
    return new ModelError('network', { model, reason: `no Ollama server can be reached${where}${why}`, cause: error });
  }
  return undefined;
}

/** Any server may stand in front of Ollama, and say it in words of its own. */
function explainStatus(error: StatusError, facts: Facts): ModelError {
  const { status, headers, error: body } = error;
  facts.simulated ||= isSimulated(headers);
  facts.requestId ??= headers.get('x-request-id') ?? undefined;
  const message = wordsOf((body as { error?: unknown } | null | undefined)?.error);
  return explainMessage(message, facts, { status, retryAfterMs: retryAfterMs(headers), cause: error });
}

/** What an error says: the server's own are plain texts, those of who stands in front of it often objects. */
export function wordsOf(error: unknown): string {
  const said = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  return typeof said === 'string' && said !== '' ? said : 'the server gave no reason';
}

interface SdkError {
  readonly name?: string;
  readonly status_code?: number;
  readonly message?: string;
  readonly cause?: { readonly code?: string };
}
