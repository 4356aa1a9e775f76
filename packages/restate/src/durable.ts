/** A crew whose runs outlive this process: the worker that does their steps, when the server asks it to. */
import { createEndpointHandler, type JournalValueCodec } from '@restatedev/restate-sdk';
import { invalidOption } from './check.ts';
import type { AnyCrew } from './definition.ts';
import { settingsOf, type DurableOptions } from './durable-options.ts';
import { engineLog } from './engine-log.ts';
import { HandOver } from './hand-over.ts';
import { ledger } from './ledger.ts';
import { workflowOf } from './run-workflow.ts';
import { provideWithResolvers } from './with-resolvers.ts';
import { listen, type Serving, type Worker } from './worker.ts';

export interface DurableCrew {
  /**
   * Begins to serve, over HTTP/2; port 0 is any that is free. Whoever reaches an address other than loopback can have
   * everything done that the crew does, and read it, unless there are `identityKeys`.
   *
   * @default 9080, on 127.0.0.1
   */
  readonly listen: (port?: number, host?: string) => Promise<Worker>;
}

/**
 * Makes a crew's runs durable: every model and tool call is kept by a Restate server, and a run goes on wherever a
 * worker is left.
 *
 * @example
 * const worker = await durable(crew, { retentionDays: 30 }).listen(9080);
 *
 * @throws {TypeError} when an option is not valid.
 */
export function durable(crew: AnyCrew, options: DurableOptions = {}): DurableCrew {
  if (typeof crew?.kickoff !== 'function') throw invalidOption('durable', 'crew', crew, 'a Crew');
  const settings = settingsOf(options);
  provideWithResolvers();
  const serving = (): Serving => {
    const handOver = new HandOver();
    const { identityKeys, onLog } = settings;
    const log = engineLog(onLog);
    const handle = createEndpointHandler({
      services: [workflowOf(crew, settings, handOver), ledger],
      journalValueCodecProvider: () => Promise.resolve(asItIs),
      logger: ({ level }, message: unknown, ...more: unknown[]) => log(level, message, ...more),
      ...(identityKeys && { identityKeys: [...identityKeys] }),
    });
    return { handle, stop: () => handOver.stop() };
  };
  return { listen: (port = 9080, host = '127.0.0.1') => listen(serving(), port, host) };
}

/** With a codec, even one that does nothing, a value that was journaled counts, and not what a replay would say (times, ids). */
const asItIs: JournalValueCodec = { encode: (entry) => entry, decode: (entry) => Promise.resolve(entry) };
