type Fields = Readonly<Record<string, string | string[] | undefined>>;

/** The headers of an answer as the connection has read them. Only what looks at more than one by name makes real ones of them. */
export class LightHeaders implements Headers {
  readonly #fields: Fields;
  #real: Headers | undefined;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    if (this.#real) return this.#real.get(name);
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : this.#fields[name.toLowerCase()];
    if (typeof value === 'string') return value.trim();
    return Array.isArray(value) ? value.map((one) => one.trim()).join(', ') : null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#all().append(name, value);
  }

  set(name: string, value: string): void {
    this.#all().set(name, value);
  }

  delete(name: string): void {
    this.#all().delete(name);
  }

  getSetCookie(): string[] {
    return this.#all().getSetCookie();
  }

  forEach(...visit: Parameters<Headers['forEach']>): void {
    this.#all().forEach(...visit);
  }

  entries(): ReturnType<Headers['entries']> {
    return this.#all().entries();
  }

  keys(): ReturnType<Headers['keys']> {
    return this.#all().keys();
  }

  values(): ReturnType<Headers['values']> {
    return this.#all().values();
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return this.entries();
  }

  #all(): Headers {
    if (this.#real) return this.#real;
    this.#real = new Headers();
    for (const name in this.#fields) for (const value of [this.#fields[name] ?? []].flat()) this.#real.append(name, value);
    return this.#real;
  }
}

Object.setPrototypeOf(LightHeaders.prototype, Headers.prototype); // whoever asks whether these are headers is told so
