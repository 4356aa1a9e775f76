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
    const parts: { resolve?: Resolvers<unknown>['resolve']; reject?: Resolvers<unknown>['reject'] } = {};
    const promise = new Promise<unknown>((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return { promise, ...parts } as Resolvers<unknown>;
  };
}
