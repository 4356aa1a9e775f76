import type { Attempt, Delta, ModelRequest, ModelResponse } from '@rolecall/core';
import { Cancellation } from '../cancellation.ts';
import { errorAfter, isRefusal } from '../attempts.ts';
import type { Backend } from '../backend.ts';
import { commits } from './commits.ts';
import { abortError, copyOf, ModelError, type ModelErrorCode, RouteError } from '../errors.ts';
import { attemptsBehind } from './behind.ts';

/** One streamed answer, followed so that others can go on with it after a cut. */
export interface Recovery {
  /** The request to send in the place of the caller's. */
  readonly request: ModelRequest;
  /** Whether others may go on after this error: part of the answer was passed on, and all of it was text or reasoning. */
  canGoOn(error: unknown): error is ModelError;
  /**
   * Asks the links in order for the rest of the answer. It comes back whole, with the attempts behind it, those of the cut first.
   * When none of them can give it the cut comes out, with all attempts.
   */
  goOn(links: readonly Backend[], cut: ModelError): Promise<ModelResponse>;
}

/** What the caller has been told. */
interface Said {
  /** Something: the answer is committed. */
  begun: boolean;
  text: string;
  /** A tool call or a refusal has begun: nobody else can go on with that. */
  closed: boolean;
  callerThrew: boolean;
}

type Deliver = (delta: Delta) => void | Promise<void>;

const cuts: ReadonlySet<ModelErrorCode> = new Set([
  'stream_cut',
  'idle_timeout',
  'network',
  'overloaded', // in the middle of a stream
  'malformed_answer',
]);

/** Follows the answer to one streaming request: `recover: 'continue'` of a chain. */
export function recovery(request: ModelRequest): Recovery {
  const said: Said = { begun: false, text: '', closed: false, callerThrew: false };
  const startedAt = Date.now();
  let speaker = 0; // whoever has been given up is not heard any more

  const heard = ({ onDelta }: ModelRequest): Deliver | undefined => {
    if (!onDelta) return undefined;
    const own = ++speaker;
    return (delta) => (own === speaker ? follow(onDelta, said, delta) : undefined);
  };
  const canGoOn = (error: unknown): error is ModelError =>
    ModelError.isInstance(error) && cuts.has(error.code) && said.begun && !said.closed && !said.callerThrew && !request.wire;

  return {
    request: { ...request, onDelta: heard(request) },
    canGoOn,
    async goOn(links, cut) {
      const attempts: Attempt[] = [...(await attemptsBehind(Promise.reject(cut), { model: cut.model, startedAt }))];
      for (const link of links) {
        if (said.closed) break;
        const facts = { model: link.id ?? 'model', startedAt: Date.now() };
        const call = restFrom(link, { ...request, onDelta: heard(request) }, said.text);
        try {
          const response = await call;
          return { ...response, attempts: [...attempts, ...(await attemptsBehind(call, facts))] };
        } catch (error) {
          if (said.callerThrew || !isFailure(error)) throw errorAfter(attempts, error);
          attempts.push(...(await attemptsBehind(call, facts)));
          const { signal } = request;
          if (signal?.aborted) {
            const soFar = { committed: true, partialText: said.text };
            throw Object.assign(copyOf(abortError(signal, facts.model), soFar), { attempts });
          }
        }
      }
      speaker++;
      throw Object.assign(copyOf(cut, { committed: true, partialText: said.text }), { attempts });
    },
  };
}

async function follow(onDelta: Deliver, said: Said, delta: Delta): Promise<void> {
  said.begun ||= commits(delta);
  if (delta.type === 'text') said.text += delta.text;
  else if (delta.type !== 'reasoning') said.closed ||= commits(delta);
  try {
    await onDelta(delta);
  } catch (thrown) {
    said.callerThrew = true;
    throw thrown;
  }
}

/** A failure of a link, as opposed to a bug, and to a limit of the caller's own. */
function isFailure(error: unknown): boolean {
  return ModelError.isInstance(error) || RouteError.isInstance(error) || (isRefusal(error) && error.action === 'next');
}

/** The whole answer, of which this link passes on what comes after `said`. */
function restFrom(link: Backend, request: ModelRequest, said: string): Promise<ModelResponse> {
  return link.acceptsPrefill && takesPrefill(request) && said.trim() !== ''
    ? prefilled(link, request, said)
    : replayed(link, request, said);
}

/** What thinks first, or is held to a schema, does not begin in the middle. */
function takesPrefill({ outputSchema, settings }: ModelRequest): boolean {
  return outputSchema === undefined && (settings?.reasoningEffort ?? 'none') === 'none';
}

/** The link is given what was said as the beginning of its own answer. */
async function prefilled(link: Backend, request: ModelRequest, said: string): Promise<ModelResponse> {
  const { messages, onDelta } = request;
  const beginning = said.trimEnd(); // providers refuse a beginning that ends in white space, and models then say it again
  let spaceWasSaid = beginning !== said;
  const withoutSpace: Deliver = (delta) => {
    if (!spaceWasSaid || delta.type !== 'text') return onDelta?.(delta);
    const text = delta.text.trimStart();
    if (text === '') return undefined;
    spaceWasSaid = false;
    return onDelta?.({ type: 'text', text });
  };

  const prefill = { role: 'assistant', content: beginning } as const;
  const response = await link({ ...request, messages: [...messages, prefill], onDelta: withoutSpace });
  const text = said + (beginning === said ? response.text : response.text.trimStart());
  const others = response.content?.filter(({ type }) => type !== 'text');
  return { ...response, text, content: others && [...others, { type: 'text', text }] };
}

/** The link answers from the start: as long as it says what was said already it is not heard, and the first difference ends it. */
async function replayed(link: Backend, request: ModelRequest, said: string): Promise<ModelResponse> {
  const own = new Cancellation(request.signal);
  const facts = { model: link.id ?? 'model', startedAt: Date.now(), reason: 'it did not begin with what had been said' };
  const difference = new ModelError('aborted', facts);
  const ended = new Promise<undefined>((resolve) => {
    own.follow(() => resolve(undefined));
  });

  try {
    const onDelta = after(said, request, () => own.abort(difference));
    const call = link({ ...request, signal: own.signal, onDelta });
    const response = await Promise.race([call, ended]);
    if (response?.text.startsWith(said)) return response;
    throw Object.assign(difference, { attempts: await attemptsBehind(call, facts) });
  } finally {
    own.release();
  }
}

/** Passes on what comes after `said`. Whatever else comes in its place is a difference, and the end. */
function after(said: string, { onDelta }: ModelRequest, differs: () => void): Deliver {
  let matched = 0;
  let over = false;
  return (delta) => {
    if (over) return undefined;
    if (matched === said.length) return onDelta?.(delta);
    if (delta.type === 'reasoning' || !commits(delta)) return undefined;
    const text = delta.type === 'text' ? delta.text : '';
    const expected = said.slice(matched, matched + text.length);
    if (text === '' || !text.startsWith(expected)) {
      over = true;
      return differs();
    }
    matched += expected.length;
    return text === expected ? undefined : onDelta?.({ type: 'text', text: text.slice(expected.length) });
  };
}
