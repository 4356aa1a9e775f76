/** Restate's SDK calls `Promise.withResolvers`, which Node 20 has not: there, every run would hang without a word. */
interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value | PromiseLike<Value>) => void;
  readonly reject: (reason?: unknown) => void;
}

/** Puts it where Node has none. */
export function provideWithResolvers(): void {
  const constructor = Promise as PromiseConstructor & { withResolvers?: () => Resolvers<unknown> };
  constructor.withResolvers ??= () => {
    let resolve: Resolvers<unknown>['resolve'] | undefined;
    let reject: Resolvers<unknown>['reject'] | undefined;
    const promise = new Promise<unknown>((...parts) => ([resolve, reject] = parts));
    return { promise, resolve, reject } as Resolvers<unknown>;
  };
}
