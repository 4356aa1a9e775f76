/** Says each thing once, as a warning of the process: a tracker that nags is switched off. */
export class Warnings {
  readonly #given = new Set<string>();

  /** `cause` is made of fixed words, never of what users send, so that the memory of them stays small. */
  once(code: string, message: string, cause: string = code): void {
    if (this.#given.has(cause)) return;
    this.#given.add(cause);
    process.emitWarning(message, { type: 'RolecallCostWarning', code: `ROLECALL_COST_${code.toUpperCase()}` });
  }
}
