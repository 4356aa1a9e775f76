import { randomUUID } from 'node:crypto';
import type { Ask } from './ask.ts';
import type { Exchange } from './exchange.ts';
import { strikes, type Fault } from './faults.ts';
import { giveAnswer, giveJson } from './give.ts';
import { isRecord, recordOf, textOf, type JsonRecord } from './json.ts';
import { strikeInstead } from './strike.ts';
import type { House, Visit } from './visit.ts';
import { isProblem, Rejected, type Problem } from './wires/problem.ts';
import type { AnswerEndpoint, InfoEndpoint } from './wires/wire.ts';

/** Answers one request as the provider would, or as a fault says. */
export async function serve(exchange: Exchange, house: House): Promise<void> {
  const startedAt = performance.now();
  const id = randomUUID().replaceAll('-', '');
  const requestId = `req_${id.slice(0, 24)}`;
  const headers = { 'x-rolecall-simulator': '1', ...house.wire.headers(requestId) };
  const visit: Visit = { exchange, house, id, requestId, headers, elapsedMs: () => performance.now() - startedAt };
  const { seen } = exchange;

  const body = await readBody(exchange); // even for a request that is refused: it is to be recorded
  const endpoint = house.wire.find(seen.method, seen.path);
  if (isProblem(endpoint)) return exchange.reply(house.wire.explain(endpoint, requestId), headers);
  const stranger = house.wire.refuse(seen.headers);
  if (stranger) return refuse(visit, endpoint, stranger);
  if (isProblem(body)) return refuse(visit, endpoint, body);
  return endpoint.kind === 'info' ? serveInfo(visit, endpoint, body) : serveAnswer(visit, endpoint, body);
}

function refuse({ exchange, headers, requestId }: Visit, endpoint: AnswerEndpoint | InfoEndpoint, problem: Problem): void {
  exchange.reply(endpoint.explain(problem, requestId), headers);
}

/** The body as a JSON object; a request without one has an empty one. */
async function readBody(exchange: Exchange): Promise<JsonRecord | Problem> {
  const { seen } = exchange;
  const text = await exchange.body();
  if (text === undefined) return { problem: 'too_large' };
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    seen.body = body;
    seen.model = textOf(recordOf(body)['model']);
    seen.stream = recordOf(body)['stream'] === true;
    return isRecord(body) ? body : { problem: 'bad_json' };
  } catch {
    return { problem: 'bad_json' };
  }
}

async function serveInfo(visit: Visit, endpoint: InfoEndpoint, body: JsonRecord): Promise<void> {
  const { exchange, house, headers } = visit;
  const fault = takeFault(visit, exchange.seen.model, { stream: false, answers: false });
  if (fault && (await strikeInstead(visit, fault, endpoint, undefined))) return;
  const result = endpoint.reply(house.catalog, body);
  if (typeof result === 'string') return exchange.reply({ status: 200, body: result }, headers);
  if (isProblem(result)) return refuse(visit, endpoint, result);
  return giveJson(exchange, result, fault, headers);
}

async function serveAnswer(visit: Visit, endpoint: AnswerEndpoint, body: JsonRecord): Promise<void> {
  const { exchange, house, headers } = visit;
  const ask = readAsk(endpoint, body);
  if (isProblem(ask)) return refuse(visit, endpoint, ask);
  exchange.seen.stream = ask.stream;
  if (!house.catalog.has(ask.model)) return refuse(visit, endpoint, { problem: 'no_model', model: ask.model });
  const aside = endpoint.aside?.(ask, body, house.catalog);
  const fault = takeFault(visit, ask.model, { stream: ask.stream && !aside, answers: true });
  if (fault && (await strikeInstead(visit, fault, endpoint, ask))) return;
  return aside ? giveJson(exchange, aside, fault, headers) : giveAnswer(visit, { endpoint, ask, body, fault });
}

function readAsk(endpoint: AnswerEndpoint, body: JsonRecord): Ask | Problem {
  try {
    return endpoint.read(body);
  } catch (error) {
    if (error instanceof Rejected) return error.problem;
    throw error;
  }
}

function takeFault(
  { exchange, house }: Visit,
  model: string | undefined,
  kind: { stream: boolean; answers: boolean },
): Fault | undefined {
  const { seen } = exchange;
  const fault = house.faults.take(house.provider, model, (order) => strikes(order, { path: seen.path, ...kind }));
  seen.fault = fault?.kind;
  return fault;
}
