/** Lets model calls begin, and knows how many are under way. */
import type { CostTracker } from '@rolecall/cost-tracker';
import type { Logger } from 'pino';
import type { Admissions } from '../access/admission.ts';
import type { Admission, Ask, CallEnding, Caller } from '../http/route.ts';
import { tagPrefix } from '../keys/virtual-key.ts';
import type { Counter } from '../metrics/series.ts';
import type { BegunCall, CallMark, SharedCalls } from '../state/shared-calls.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RequestFeed } from '../ui/request-feed.ts';

export interface CallDeskParts {
  readonly admissions: Admissions;
  readonly feed: RequestFeed;
  /** Which calls are at a backend, where other gateways are to know. */
  readonly shared: SharedCalls | undefined;
  readonly tracker: CostTracker;
  readonly replayed: Counter;
  readonly log: Logger;
  readonly telemetry: Telemetry | undefined;
}

export class CallDesk {
  readonly #parts: CallDeskParts;
  #inFlight = 0;

  constructor(parts: CallDeskParts) {
    this.#parts = parts;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @throws {Refusal} when the key may not ask for that, or not now. */
  begin(caller: Caller, ask: Ask): Admission | Promise<Admission> {
    const admitted = this.#parts.admissions.begin(caller, ask);
    if (!(admitted instanceof Promise)) return this.#begun(admitted, caller, ask);
    this.#inFlight += 1; // it waits for the other gateways
    return admitted.finally(() => (this.#inFlight -= 1)).then((admission) => this.#begun(admission, caller, ask));
  }

  #begun(admission: Admission, caller: Caller, ask: Ask): Admission {
    const { feed, telemetry } = this.#parts;
    const mark = ask.isIdShared ? this.#markOf(caller, ask) : undefined;
    feed.begin(caller, ask);
    telemetry?.begin(ask);
    this.#inFlight += 1;
    return {
      headers: admission.headers,
      asking: mark?.asking,
      settle: (ending: CallEnding) => {
        this.#inFlight -= 1;
        admission.settle(ending);
        mark?.settle();
      },
    };
  }

  #markOf({ keyId, keyName, tags: own = [] }: Caller, { callId, role, tags: asked }: Ask): CallMark | undefined {
    const tags = [...asked, ...own, ...(keyName === undefined ? [] : [`${tagPrefix}${keyName}`])];
    return this.#parts.shared?.of({ callId, keyId, role, tags }, (begun) => this.#lost(begun));
  }

  /** A gateway was killed while a backend answered: what that answer cost is not known, and may have to be paid all the same. */
  #lost({ callId, at, place, role, tags }: BegunCall): void {
    const { tracker, replayed, log } = this.#parts;
    const { name, model, deployment } = place;
    const known = { workflow: callId, agent: role, name, model, tags, at };
    tracker.record({ ...known, outcome: 'failed', code: 'gateway_lost', possiblyBilled: true });
    replayed.add({});
    const facts = { event: 'replayed', call_id: callId, name, model, deployment };
    log.warn(facts, 'a gateway that was lost had begun this call, which may be billed twice');
  }
}
