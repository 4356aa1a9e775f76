import type { RowIds } from '../row-ids.ts';
import type { TappedBody } from './request.ts';

/** How many failed requests are remembered, in case they come again. */
const size = 1_000;
const mostAlike = 100;

/** The SDKs made by Stainless count here how often they tried a call before. */
const retryHeader = 'x-stainless-retry-count';

/**
 * Tells which requests are one call. An SDK names no call, but it numbers its tries: a second one belongs to the latest first one that
 * failed at the same address with the same body. Of equal calls at once, which is whose makes no difference.
 */
export class SdkRetries {
  readonly #failed = new Map<string, string[]>();
  readonly #ids: RowIds;

  constructor(ids: RowIds) {
    this.#ids = ids;
  }

  /** The id of the call that a request is a try of. */
  callOf(request: TappedBody): string {
    const tries = triesBefore(request);
    const known = tries > 0 ? this.#failed.get(keyOf(request, tries)) : undefined;
    const callId = known?.pop();
    if (known?.length === 0) this.#failed.delete(keyOf(request, tries));
    return callId ?? this.#ids.next();
  }

  /** It failed, and may come again. */
  failed(request: TappedBody, callId: string): void {
    if (!request.headers.has(retryHeader)) return;
    const key = keyOf(request, triesBefore(request) + 1);
    this.#failed.set(key, [...(this.#failed.get(key) ?? []).slice(-mostAlike), callId]); // the last try of a call waits in vain
    if (this.#failed.size <= size) return;
    for (const oldest of this.#failed.keys()) {
      this.#failed.delete(oldest);
      return;
    }
  }
}

function triesBefore({ headers }: TappedBody): number {
  return Number(headers.get(retryHeader) ?? 0);
}

function keyOf({ address, text }: TappedBody, tries: number): string {
  return process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(`${tries} ${address}\n`)
    .update(text)
    .digest('base64');
}
