import { connect, type ConnectOptions, type DurableRuns } from '../../restate/src/index.ts';
import type { ServerProgram } from './processes.ts';

/** A client of a server that a test has started. */
export function connectTo({ ingress, admin }: ServerProgram, options: ConnectOptions = {}): DurableRuns {
  return connect({ ingress, admin, ...options });
}
