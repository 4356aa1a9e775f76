/** What a worker knows of its runs beyond one connection to the server: calls under way, and who may stop them. */
import { invalidOption } from './check.ts';

/** How long the calls of a run that the server has dropped are kept, to be joined when it comes back. */
const keptMs = 600_000;

export class LiveRun {
  readonly #controllers = new Set<AbortController>();
  readonly #calls = new Map<string, Promise<string>>();
  readonly #begun = new Set<string>();

  /** Each connection replays the run from its beginning, and so with a signal that nobody has aborted. */
  attempt(): AbortController {
    const controller = new AbortController();
    this.#controllers.add(controller);
    return controller;
  }

  /** Ends the calls under way, those of earlier connections too. */
  cancel(): void {
    for (const controller of this.#controllers) controller.abort(new DOMException('The run was cancelled', 'AbortError'));
  }

  /** Writes in the journal, from here, that a step begins. */
  begin(name: string): void {
    this.#begun.add(name);
  }

  /** It was written from here: if its call is not under way, none was made. */
  hasBegun(name: string): boolean {
    return this.#begun.has(name);
  }

  /** A call under way is joined: after a failure of the server or the link it is not made, nor paid, again. */
  once(name: string, call: () => Promise<string>): Promise<string> {
    const under = this.#calls.get(name);
    if (under) return under;
    const made = call();
    this.#calls.set(name, made);
    return made;
  }

  /** The call under way by that name. */
  call(name: string): Promise<string> | undefined {
    return this.#calls.get(name);
  }

  /** What it gave is with the server. */
  forget(name: string): void {
    this.#calls.delete(name);
    this.#begun.delete(name);
  }
}

/** Gives a place back, once. */
export type Leave = () => void;

export class LiveRuns {
  readonly #runs = new Map<string, { readonly run: LiveRun; expiry?: NodeJS.Timeout | undefined }>();
  readonly #mostAtOnce: number;
  readonly #queue: (() => void)[] = [];
  #atOnce = 0;

  constructor(mostAtOnce: number) {
    if (!Number.isSafeInteger(mostAtOnce) || mostAtOnce < 1) {
      throw invalidOption('durable', 'maxLiveTasks', mostAtOnce, 'a whole number above 0');
    }
    this.#mostAtOnce = mostAtOnce;
  }

  /** The run of an invocation, for as long as the connection holds and some time after. */
  enter(invocation: string, connectionEnds: AbortSignal): LiveRun {
    const entry = this.#runs.get(invocation) ?? { run: new LiveRun() };
    clearTimeout(entry.expiry);
    this.#runs.set(invocation, entry);
    const expire = (): void => {
      clearTimeout(entry.expiry);
      entry.expiry = setTimeout(() => this.leave(invocation), keptMs);
      entry.expiry.unref();
    };
    connectionEnds.addEventListener('abort', () => this.#runs.get(invocation) === entry && expire(), { once: true });
    return entry.run;
  }

  leave(invocation: string): void {
    clearTimeout(this.#runs.get(invocation)?.expiry);
    this.#runs.delete(invocation);
  }

  /** A place among the calls under way, when one is free. */
  async place(): Promise<Leave> {
    if (this.#atOnce >= this.#mostAtOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#atOnce += 1;
    return () => {
      const next = this.#queue.shift();
      if (next) next(); // it takes over this place
      else this.#atOnce -= 1;
    };
  }
}
