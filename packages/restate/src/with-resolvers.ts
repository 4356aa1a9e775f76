/** Restate's SDK calls `Promise.withResolvers`, which Node 20 has not: there, every run would hang without a word. */
interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value | PromiseLike<Value>) => void;
  readonly reject: (reason?: unknown) => void;
}

const constructor = Promise as PromiseConstructor & { withResolvers?: <Value>() => Resolvers<Value> };

constructor.withResolvers ??= function withResolvers<Value>(): Resolvers<Value> {
  let resolve: Resolvers<Value>['resolve'] = () => undefined;
  let reject: Resolvers<Value>['reject'] = () => undefined;
  const promise = new Promise<Value>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
};

export {};
