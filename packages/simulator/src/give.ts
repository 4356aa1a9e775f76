import { answerTo, emptyAnswer } from './answers.ts';
import type { Answer, Ask } from './ask.ts';
import { bend, brokenJson } from './bend.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { JsonRecord } from './json.ts';
import type { House, Visit } from './visit.ts';
import type { Problem } from './wires/problem.ts';
import type { AnswerEndpoint, Call } from './wires/wire.ts';

interface Giving {
  readonly endpoint: AnswerEndpoint;
  readonly ask: Ask;
  readonly body: JsonRecord;
  readonly fault: Fault | undefined;
}

/** Gives the answer to a prompt, whole or as a stream, bent as a fault says. */
export async function giveAnswer(visit: Visit, { endpoint, ask, body, fault }: Giving): Promise<void> {
  const { exchange, house, id, requestId, elapsedMs } = visit;
  const call: Call = { id, requestId, ask, body, startedAt: exchange.seen.at, elapsedMs };
  const answer = answerFor(house, endpoint, ask, fault);
  await exchange.wait(house.latencyMs(ask.model));
  if (!ask.stream) {
    if (fault?.kind === 'slow') await exchange.wait(fault.delayMs);
    return giveJson(exchange, endpoint.plain(answer, call), fault, { ...visit.headers, ...endpoint.headers(answer, call) });
  }
  const errorFrame = () => endpoint.errorFrame(midStreamProblem(house, ask, fault));
  const headers = {
    'content-type': endpoint.streamType,
    'cache-control': 'no-cache',
    ...visit.headers,
    ...endpoint.headers(answer, call),
  };
  return exchange.stream(bend(endpoint.frames(answer, call), fault, errorFrame), headers, house.chunkIntervalMs(ask.model));
}

function answerFor(house: House, endpoint: AnswerEndpoint, ask: Ask, fault: Fault | undefined): Answer {
  const cached = endpoint.cached(house.cache, ask);
  if (fault?.kind === 'empty_answer') return emptyAnswer(ask, cached);
  return answerTo(ask, house.answers.take(house.provider, ask.model), cached);
}

/** Anthropic reports overload in mid-stream; the others a failure of the server. */
function midStreamProblem({ provider }: House, { model }: Ask, fault: Fault | undefined): Problem {
  const { message, errorCode: code } = fault?.kind === 'in_band_error' ? fault : {};
  return { problem: 'status', status: provider === 'anthropic' ? 529 : 500, model, message, code };
}

/** Gives a whole JSON answer, bent as a fault says. */
export async function giveJson(
  exchange: Exchange,
  body: unknown,
  fault: Fault | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const text = JSON.stringify(body);
  if (fault?.kind === 'cut') return exchange.half(text, headers, 'destroy');
  if (fault?.kind === 'stall') return exchange.half(text, headers, 'hang');
  const data = fault?.kind === 'malformed' ? brokenJson(text) : text;
  return exchange.reply({ status: 200, body: data }, { ...headers, 'content-type': 'application/json' });
}
