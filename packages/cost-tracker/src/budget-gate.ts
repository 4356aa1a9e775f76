import type { Attribution } from './attribution.ts';
import { BudgetError } from './budget-error.ts';
import { type Budgets, type Hold, nothingHeld } from './budgets.ts';
import { sizeOfBody, sizeOfRequest } from './call-size.ts';
import type { TrackedRequest } from './model-call.ts';
import type { ProspectiveCall } from './prospects.ts';

/** A request to a provider's HTTP API. */
export interface TappedRequest extends Omit<ProspectiveCall, 'size'> {
  /** `chat.completions`, `responses`, `messages`, `embeddings`, `ollama.chat`, `ollama.generate`. */
  readonly api: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Where calls pass the budgets on their way out. */
export class BudgetGate {
  readonly #budgets: Budgets;
  readonly #fault: (error: unknown) => void;
  /** Under this name a request carries what is held for it to models below that are wrapped, too. A symbol, so that no adapter sends it. */
  readonly #held: symbol;
  /** Whether the models it is for run on the caller's own machines, as far as they say so. */
  readonly #local: boolean | undefined;

  /** `fault` hears of errors that are the tracker's own: they end nobody's call. */
  constructor(
    budgets: Budgets,
    fault: (error: unknown) => void,
    { held = Symbol('rolecall.held'), local }: { readonly held?: symbol; readonly local?: boolean } = {},
  ) {
    this.#budgets = budgets;
    this.#fault = fault;
    this.#held = held;
    this.#local = local;
  }

  /** The same gate, for a model that says where it runs: what is local is free before it is called, too. */
  of(local: boolean): BudgetGate {
    return new BudgetGate(this.#budgets, this.#fault, { held: this.#held, local });
  }

  /** @throws {BudgetError} when a budget has no room for the call. */
  hold(request: TrackedRequest, who: Attribution, id: string | undefined): Hold | undefined | Promise<Hold | undefined> {
    const { model } = request;
    const call: ProspectiveCall = {
      agent: who.agent,
      workflow: who.workflow,
      tags: who.tags,
      name: model,
      model: id ?? model ?? 'unknown',
      local: this.#local,
      size: () => sizeOfRequest({ ...request }),
    };
    return this.#reserve(call, (request as { readonly [key: symbol]: Hold | undefined })[this.#held]);
  }

  /** The same request, knowing what is held for it. To copy one takes longer than all else here: where nothing is held, it is no copy. */
  passOn<Request extends TrackedRequest>(request: Request, hold: Hold): Request {
    return hold === nothingHeld ? request : { ...request, [this.#held]: hold };
  }

  /** The same for what a tapped client is about to send. @throws {BudgetError} when a budget has no room for it. */
  holdBody({ api, body, ...call }: TappedRequest, outer?: Hold): Hold | undefined | Promise<Hold | undefined> {
    return this.#reserve({ ...call, size: () => sizeOfBody(api, body) }, outer);
  }

  #reserve(call: ProspectiveCall, outer: Hold | undefined): Hold | undefined | Promise<Hold | undefined> {
    try {
      const held = this.#budgets.reserve(call, outer);
      return held instanceof Promise ? held.catch((error: unknown) => this.#pass(error)) : held;
    } catch (error) {
      return this.#pass(error);
    }
  }

  #pass(error: unknown): undefined {
    if (BudgetError.isInstance(error)) throw error;
    this.#fault(error);
  }
}
