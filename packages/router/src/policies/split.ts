import type { Attempt, Model, ModelAsk, ModelRequest } from '@rolecall/core';
import { attemptsOf, isRefusal } from '../attempts.ts';
import { ModelError, RouteError } from '../errors.ts';
import { checkKeys, objectAt, refuse } from '../options-check.ts';
import { variantTag } from './own-tags.ts';

/** One of the models that requests are split among. */
export interface Variant {
  readonly model: Model;
  /** Its share of the requests, against the others' shares. */
  readonly weight: number;
}

/** Several models as one. */
export interface SplitModel extends Model {
  /** The variant that such a request always gets; `undefined` when one is drawn each time. Asks nobody. */
  readonly variantOf: (request: ModelRequest) => string | undefined;
}

/**
 * Sends each request to one of several variants, by weight: an A/B test. Requests with the same `affinity`, or else of the same
 * workflow, get the same variant each time. Their labels gain the tag `variant:<name>`, and their attempts say it too.
 *
 * @example
 * const model = split({ control: { model: openai('gpt-4o'), weight: 9 }, candidate: { model: openai('gpt-5-mini'), weight: 1 } });
 *
 * @throws {TypeError} when there is no variant, or a weight is not valid.
 */
export function split(variants: Readonly<Record<string, Variant>>): SplitModel {
  const arms = readArms(variants);
  const experiment = arms.map(({ name }) => name).join('\n'); // a key that draws a lot in one does not in the next as well
  const last = arms.findLast(({ weight }) => weight > 0) as Arm;
  const armAt = (point: number): Arm => arms.find(({ upTo }) => point < upTo) ?? last;
  const stickyArm = ({ affinity, labels }: ModelRequest): Arm | undefined => {
    const key = affinity ?? labels?.workflow;
    return key === undefined ? undefined : armAt(pointOf(`${experiment}\n${key}`));
  };

  const model: Model = async (request) => {
    const { model: chosen, name } = stickyArm(request) ?? armAt(Math.random());
    try {
      const response = await chosen(labelled(request, name));
      return response.attempts ? { ...response, attempts: marked(response.attempts, name) } : response;
    } catch (error) {
      if (ModelError.isInstance(error) || RouteError.isInstance(error) || isRefusal(error)) {
        Reflect.set(error, 'attempts', marked(attemptsOf(error), name));
      }
      throw error;
    }
  };
  return Object.assign(model, {
    variantOf: (request: ModelRequest) => stickyArm(request)?.name,
    check: (ask: ModelAsk) => arms.map((arm) => arm.model.check?.(ask)).find((objection) => objection !== undefined),
  });
}

interface Arm extends Variant {
  readonly name: string;
  /** It gets the points from 0 up to here, less those of the arms before it. */
  readonly upTo: number;
}

function readArms(variants: unknown): readonly Arm[] {
  const entries = Object.entries(objectAt('split', 'variants', variants));
  for (const [name, variant] of entries) {
    const { model, weight } = objectAt('split', name, variant, 'an object with a model and a weight');
    checkKeys(`split: ${name}`, variant as object, ['model', 'weight']);
    if (typeof model !== 'function') refuse('split', `${name}.model`, model, 'a model');
    if (!Number.isFinite(weight) || Number(weight) < 0) {
      refuse('split', `${name}.weight`, weight, 'a finite number of at least 0');
    }
  }
  const named = entries as [string, Variant][];
  const total = named.reduce((sum, [, { weight }]) => sum + weight, 0);
  if (!(total > 0 && Number.isFinite(total))) throw new TypeError('split: at least one variant must have a weight above 0.');

  let upTo = 0;
  return named.map(([name, { model, weight }]) => ({ name, model, weight, upTo: (upTo += weight / total) }));
}

/** From 0 to just below 1, spread evenly over keys. */
function pointOf(key: string): number {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(key).digest().readUIntBE(0, 6) / 2 ** 48;
}

function labelled(request: ModelRequest, name: string): ModelRequest {
  const { labels } = request;
  return { ...request, labels: { ...labels, tags: [...(labels?.tags ?? []), variantTag(name)] } };
}

function marked(attempts: readonly Attempt[], variant: string): readonly Attempt[] {
  return attempts.map((attempt) => ({ ...attempt, variant }));
}
