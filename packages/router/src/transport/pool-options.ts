/** Apart from the pool itself, whose types are undici's: those who use the options need no types of Node. */
export interface PoolOptions {
  /** How long an idle connection waits for the next request. A server that asks for less gets it. @default 4_000 */
  readonly keepAliveMs?: number | undefined;
  /** Connections to one origin at the same time; further requests wait for one. @default no limit */
  readonly maxConnections?: number | undefined;
  /** How long connecting may take. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a server may take to begin its answer. @default 630_000, a little more than the SDKs allow and can explain */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a server may fall silent within its answer. @default 300_000 */
  readonly idleTimeoutMs?: number | undefined;
}
