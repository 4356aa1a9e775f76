/** A connection to Redis that is never waited for: a command goes through at once, or fails at once. */
import { createHash } from 'node:crypto';

/** Redis did not answer. */
export class RedisAway extends Error {
  override readonly name = 'RedisAway';
  /** The command may have been carried out all the same. */
  readonly maybeDone: boolean;

  constructor(maybeDone: boolean, cause?: unknown) {
    super('Redis does not answer', { cause });
    this.maybeDone = maybeDone;
  }
}

/** A Lua script, which Redis runs as one step. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export interface RedisLinkOptions {
  /** Longest that a command may take. @default 500 */
  readonly timeoutMs?: number | undefined;
  /** Is told whenever it comes or goes. */
  readonly onState?: ((isUp: boolean) => void) | undefined;
}

/** What is used of the client. Its own type names every command of Redis, and doubled the time to check this package. */
interface Client {
  on(event: 'ready' | 'error' | 'end', listener: () => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(words: string[]): Promise<unknown>;
  destroy(): unknown;
}

const pauseAfterTimeoutMs = 1_000;
const longestReconnectMs = 1_000;

export class RedisLink {
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #onState: ((isUp: boolean) => void) | undefined;
  #isUp = false;
  #pausedUntil = 0;

  private constructor(client: Client, { timeoutMs = 500, onState }: RedisLinkOptions) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#onState = onState;
    client.on('ready', () => this.#tell(true));
    client.on('error', () => this.#tell(false)); // what it says is in the failure of each command, and it may name the address
    client.on('end', () => this.#tell(false));
  }

  /** Resolves when it is connected, or after a while without: it goes on trying. */
  static async open(url: string, options: RedisLinkOptions = {}): Promise<RedisLink> {
    const { createClient: create } = await import('@redis/client');
    const client: Client = create({
      url,
      disableOfflineQueue: true,
      pingInterval: 5_000,
      socket: { connectTimeout: 2_000, reconnectStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 6), longestReconnectMs) },
    });
    const link = new RedisLink(client, options);
    const connecting = client.connect().catch(() => undefined);
    await within(2_000, connecting);
    return link;
  }

  get isUp(): boolean {
    return this.#isUp && performance.now() >= this.#pausedUntil;
  }

  /** @throws {RedisAway} when it does not answer in time; what Redis objects to, as an error of its own. */
  async command(...words: readonly string[]): Promise<unknown> {
    if (!this.isUp) throw new RedisAway(false);
    const sent = this.#client.sendCommand([...words]);
    const answer = await within(
      this.#timeoutMs,
      sent.then(
        (value: unknown) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
    if (answer === undefined) {
      this.#pausedUntil = performance.now() + pauseAfterTimeoutMs;
      throw new RedisAway(true);
    }
    if (!('error' in answer)) return answer.value;
    if (isUnfit(answer.error)) throw new RedisAway(false, answer.error);
    if (isReply(answer.error)) throw answer.error;
    throw new RedisAway(true, answer.error);
  }

  async run({ text, sha }: Script, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...values];
    try {
      return await this.command('EVALSHA', sha, ...rest);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return await this.command('EVAL', text, ...rest);
      throw error;
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #tell(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#onState?.(isUp);
  }
}

/** It is there, and carries out nothing just now: it loads its data, is full, or is no longer the first of its replicas. */
function isUnfit(error: unknown): boolean {
  const words = /^(LOADING|BUSY|OOM|MISCONF|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN) /;
  return error instanceof Error && words.test(error.message);
}

/** Redis itself said no, which is an answer. */
function isReply(error: unknown): boolean {
  return error instanceof Error && /^[A-Z]{3,} /.test(error.message);
}

/**
 * What the promise comes to, or `undefined` when the time is up first. Time in which this process itself did nothing but one long
 * piece of work is not held against the other side: it uses up at most half, and what has arrived meanwhile is read before the end.
 */
async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    const end = (): unknown => setImmediate(resolve, undefined);
    const secondHalf = (): void => void (timer = setTimeout(end, ms / 2));
    timer = setTimeout(secondHalf, ms / 2);
  });
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
