import type { Model } from '@rolecall/core';
import { type Deployment, ModelError, type RouterOptions } from '@rolecall/router';
import type { KeyLimits } from '../keys/key-limits.ts';

type Models = RouterOptions['models'];

/** Deployments with a limit of requests or tokens a minute, which all gateways together keep to. */
export function withSharedLimits(models: Models, limits: KeyLimits): Models {
  return Object.fromEntries(
    Object.entries(models).map(([name, given]) => {
      if (typeof given === 'function') return [name, given];
      return [name, given.map((one, index) => shared(one, given.length === 1 ? name : `${name}#${index + 1}`, limits))];
    }),
  );
}

function shared(deployment: Deployment, usualId: string, limits: KeyLimits): Deployment {
  const { rpm, tpm, model, id = usualId } = deployment;
  if (rpm === undefined && tpm === undefined) return deployment;
  const what = `deployment:${id}`;
  const limited: Model = async (request) => {
    const { isIn, waitMs } = await limits.take(what, { rpm, tpm }, 0);
    if (!isIn) {
      const reason = 'all gateways together have used up its limit';
      throw new ModelError('rate_limited', { model: model.id ?? id, status: 429, retryAfterMs: waitMs, reason, unasked: true });
    }
    const response = await model(request);
    const { inputTokens = 0, outputTokens = 0 } = response.usage;
    if (tpm !== undefined) limits.correct(what, inputTokens + outputTokens);
    return response;
  };
  return { ...deployment, model: Object.assign(limited, model) };
}
