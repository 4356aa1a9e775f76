/**
 * The headers of an answer, as they came. A real `Headers` checks and copies each of a dozen, which takes as long as to parse the answer:
 * it is made when more is asked for than a look at one.
 */
export class AnswerHeaders implements Headers {
  readonly #fields: Readonly<Record<string, string | string[] | undefined>>;
  #full: Headers | undefined;

  static {
    const value = function (this: AnswerHeaders): Headers {
      return this.#real();
    };
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), { value }); // what `console.log` shows
  }

  /** Names are in lower case. */
  constructor(fields: Readonly<Record<string, string | string[] | undefined>>) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    if (this.#full) return this.#full.get(name);
    const key = name.toLowerCase();
    const value = Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined;
    return typeof value === 'string' ? value : (value?.join(', ') ?? null);
  }

  has(name: string): boolean {
    return this.#full ? this.#full.has(name) : Object.hasOwn(this.#fields, name.toLowerCase());
  }

  append(name: string, value: string): void {
    this.#real().append(name, value);
  }

  delete(name: string): void {
    this.#real().delete(name);
  }

  set(name: string, value: string): void {
    this.#real().set(name, value);
  }

  getSetCookie(): string[] {
    return this.#real().getSetCookie();
  }

  forEach(take: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.#real()) take.call(self, value, name, this);
  }

  keys(): ReturnType<Headers['keys']> {
    return this.#real().keys();
  }

  values(): ReturnType<Headers['values']> {
    return this.#real().values();
  }

  entries(): ReturnType<Headers['entries']> {
    return this.#real().entries();
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return this.entries();
  }

  #real(): Headers {
    if (this.#full) return this.#full;
    const full = new Headers();
    for (const [name, value] of Object.entries(this.#fields)) {
      if (typeof value === 'string') full.append(name, value);
      else for (const one of value ?? []) full.append(name, one);
    }
    return (this.#full = full);
  }
}
