/** Restate's HTTP: what a client asks of its two ports, and what their answers mean. */
import type { JsonValue } from '@rolecall/core';
import { DurableError } from './errors.ts';
import { servicePrefix } from './service-name.ts';
import { together } from './together.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Ask {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly body?: unknown;
  /** @default that of the client */
  readonly timeoutMs?: number | undefined;
}

/** What a client has been told of the server. */
export interface RestateServerFacts {
  readonly ingress: string;
  readonly admin: string;
  readonly requestTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What the server knows of a run. */
export interface Invocation {
  readonly id: string;
  readonly runId: string;
  readonly service: string;
  /** In the server's words: `running`, `backing-off`, `suspended`, `paused`, `completed` … */
  readonly status: string;
  readonly completion: string | undefined;
  readonly failure: string | undefined;
}

/** What is not known is absent, or null. */
interface Row {
  readonly id: string;
  readonly target_service_key: string;
  readonly target_service_name: string;
  readonly status: string;
  readonly completion_result?: string | null;
  readonly completion_failure?: string | null;
  readonly last_failure?: string | null;
}

export class RestateServer {
  /** How long one request may take: those that wait for a run are made again. */
  readonly requestTimeoutMs: number;
  readonly #ingress: string;
  readonly #admin: string;
  /** A look-up makes the server go through all its runs: those who wait for one share it. */
  readonly #invocationsOf: (runId: string) => Promise<readonly Invocation[]>;
  readonly #signal: AbortSignal | undefined;

  constructor({ ingress, admin, requestTimeoutMs, signal }: RestateServerFacts) {
    this.requestTimeoutMs = requestTimeoutMs;
    this.#ingress = ingress;
    this.#admin = admin;
    this.#invocationsOf = together((runIds) => this.#lookUp(runIds));
    this.#signal = signal;
  }

  /** A handler of a service: an answer that is no success is an error. */
  async call(service: string, key: string, handler: string, body: unknown): Promise<unknown> {
    const answer = await this.poll(service, key, handler, body);
    if (answer) return answer.body;
    const advice =
      handler === 'run/send'
        ? 'the run may have begun all the same, and the same runId finds it'
        : 'what is asked of a run is answered by a worker, so see that there is one';
    throw new DurableError(
      'unreachable',
      `The Restate server at ${this.#ingress} has given no answer for ${this.requestTimeoutMs / 1_000} s: ${advice}`,
    );
  }

  /** The same, of a handler that may wait; `undefined` when there is no answer yet. */
  async poll(service: string, key: string, handler: string, body: unknown): Promise<Answer | undefined> {
    const path = `/${service}/${encodeURIComponent(key)}/${handler}`;
    const answer = await unlessLate(this.#ask(this.#ingress, 'ingress', path, { method: 'POST', body: body ?? null }));
    if (answer) this.#expect(answer, service);
    return answer;
  }

  /** Waits for the end of a run; `undefined` when it takes longer than that. */
  async attach(service: string, runId: string, timeoutMs: number): Promise<Answer | undefined> {
    const path = `/restate/workflow/${service}/${encodeURIComponent(runId)}/attach`;
    return unlessLate(this.#ask(this.#ingress, 'ingress', path, { timeoutMs }));
  }

  /** The latest run of that id: of a crew, or of whichever has it. */
  async find(runId: string, service?: string): Promise<Invocation | undefined> {
    const found = await this.#invocationsOf(runId);
    return found.find((each) => each.runId === runId && (service === undefined || each.service === service));
  }

  async cancel(invocation: string): Promise<void> {
    const answer = await this.#ask(this.#admin, 'admin', `/invocations/${invocation}/cancel`, { method: 'PATCH' });
    if (answer.status !== 404 && answer.status !== 409) this.#expect(answer); // it has ended already
  }

  async register(uri: string): Promise<void> {
    const body = { uri, force: true };
    this.#expect(await this.#ask(this.#admin, 'admin', '/deployments', { method: 'POST', body }));
  }

  /** The latest first. */
  async #lookUp(runIds: readonly string[]): Promise<readonly Invocation[]> {
    const fields = 'id, target_service_key, target_service_name, status, completion_result, completion_failure, last_failure';
    const which = `target_service_key IN (${runIds.map(sqlText).join(', ')})`;
    const query = `SELECT ${fields} FROM sys_invocation WHERE ${which} AND target_handler_name = 'run' AND target_service_name LIKE '${servicePrefix}%' ORDER BY created_at DESC`;
    const answer = await this.#ask(this.#admin, 'admin', '/query', { method: 'POST', body: { query } });
    const { rows } = this.#expect(answer) as { rows: readonly Row[] };
    return rows.map((row) => ({
      id: row.id,
      runId: row.target_service_key,
      service: row.target_service_name,
      status: row.status,
      completion: row.completion_result ?? undefined,
      failure: row.completion_failure ?? row.last_failure ?? undefined,
    }));
  }

  #expect({ status, body }: Answer, service?: string): unknown {
    if (status < 300) return body;
    const message = messageIn(body);
    if (status === 404 && service !== undefined && message.includes('not found')) {
      const crew = service.slice(servicePrefix.length);
      throw new DurableError(
        'not_registered',
        `The Restate server at ${this.#ingress} knows no worker for crew "${crew}": start one with durable(crew).listen(9080), and tell the server of it with register('http://127.0.0.1:9080')`,
      );
    }
    const code = status >= 500 ? 'unreachable' : 'refused'; // it is starting, or ending
    throw new DurableError(code, `The Restate server said no (HTTP ${status}): ${message}`);
  }

  async #ask(base: string, port: 'ingress' | 'admin', path: string, ask: Ask): Promise<Answer> {
    const { method = 'GET', body, timeoutMs = this.requestTimeoutMs } = ask;
    let response: Response;
    let text: string;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      response = await fetch(base + path, {
        method,
        redirect: 'manual', // inputs and outputs are for the server that was configured
        signal: this.#signal ? AbortSignal.any([this.#signal, timeout]) : timeout,
        headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (cause) {
      if (this.#signal?.aborted || (cause as Error).name === 'TimeoutError') throw cause;
      const advice = 'start one with `npx @restatedev/restate-server`, or correct the address given to connect()';
      throw new DurableError('unreachable', `No Restate server answers at ${base} (its ${port} port): ${advice}`, { cause });
    }
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) throw moved(base, port, location);
    const answer = { status: response.status, body: parsed(text) };
    if (answer.body !== undefined && !isForeign(answer)) return answer;
    const advice = 'ingress is port 8080 and admin is port 9070, unless the server was told otherwise';
    throw new DurableError(
      'not_restate',
      `${base} is not the ${port} port of a Restate server (HTTP ${response.status}): ${advice}`,
    );
  }
}

function moved(base: string, port: string, location: string): DurableError {
  const { origin } = new URL(base);
  const to = URL.canParse(location, base) ? new URL(location, base).origin : 'null'; // as that of what is no web address
  const where = to === origin ? 'another address of its own' : to.replace(/^null$/, 'no web address');
  return new DurableError(
    'not_restate',
    `${origin} redirects to ${where}, where nothing was sent: if the ${port} port is there, give it to connect()`,
  );
}

async function unlessLate(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return undefined;
    throw error;
  }
}

function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A refusal of Restate's is an object with a message. */
function isForeign({ status, body }: Answer): boolean {
  return status >= 400 && typeof (body as { message?: unknown } | null)?.message !== 'string';
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export function messageIn(body: unknown): string {
  const { message } = (body ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(body);
}
