import { AsyncLocalStorage } from 'node:async_hooks';
import { shown } from './check-options.ts';
import type { WrappedCall } from './wrapped-call.ts';

/** On whose account calls are. */
export interface Attribution {
  readonly agent?: string | undefined;
  /** The id of a run: costs per workflow are counted by it. */
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  /** Added to those of the call itself. @default [] */
  readonly tags?: readonly string[] | undefined;
}

interface Scope {
  readonly attribution: Attribution;
  /** The call of a wrapped model that is under way here, and makes the rows. */
  readonly call?: WrappedCall | undefined;
}

const nobody: Attribution = Object.freeze({});
const names = ['agent', 'workflow', 'task'] as const;

/** Knows on whose account the code is that runs right now, however many awaits away that was said. One for each tracker. */
export class Scopes {
  readonly #storage = new AsyncLocalStorage<Scope>();

  /** @throws {TypeError} when the attribution is none, or the work. */
  run<Result>(given: Attribution, work: () => Result): Result {
    check(given);
    if (typeof work !== 'function') throw new TypeError(`run: ${shown(work)} is not a function; use run({ agent }, () => …)`);
    return this.#storage.run({ attribution: attributed(given, this.attribution), call: this.call }, work);
  }

  get attribution(): Attribution {
    return this.#storage.getStore()?.attribution ?? nobody;
  }

  get call(): WrappedCall | undefined {
    return this.#storage.getStore()?.call;
  }

  /** Runs `work` with that call under way, or with none. */
  within<Result>(call: WrappedCall | undefined, work: () => Result): Result {
    return this.#storage.run({ attribution: this.attribution, call }, work);
  }
}

/** What is said of a call itself comes first; tags add up. */
export function attributed<Given extends Attribution>(given: Given, around: Attribution): Given {
  if (around === nobody || typeof given !== 'object' || given === null) return given; // what is no object is for the row to tell of
  const { agent = around.agent, workflow = around.workflow, task = around.task } = given;
  return { ...given, agent, workflow, task, tags: union(given.tags, around.tags) };
}

function union(own: readonly string[] | undefined, around: readonly string[] | undefined): readonly string[] | undefined {
  if (!Array.isArray(own ?? [])) return own; // wrong tags are for the row to tell of
  return own && around ? [...new Set([...own, ...around])] : (own ?? around);
}

function check(given: Attribution): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`run: ${shown(given)} is not { agent, workflow, task, tags }`);
  for (const [name, value] of Object.entries(given)) {
    if (name === 'tags') {
      const valid = value === undefined || (Array.isArray(value) && value.every((tag) => typeof tag === 'string'));
      if (!valid) throw new TypeError('run.tags: expected an array of texts');
      continue;
    }
    if (!(names as readonly string[]).includes(name))
      throw new TypeError(`run.${name}: no such field; there are ${names.join(', ')}, tags`);
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`run.${name}: ${typeof value} is not a text`);
  }
}
