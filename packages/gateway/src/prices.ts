import { free, type Price } from '@rolecall/cost-tracker';
import type { Deployment, RouterOptions } from '@rolecall/router';

/** Prices that the configuration states, by `provider/model`. Ollama's models cost nothing before they answer, too. */
export function pricesOf({ models }: Pick<RouterOptions, 'models'>): Readonly<Record<string, Price>> {
  const deployments = Object.values(models).flatMap((given): readonly Deployment[] =>
    typeof given === 'function' ? [{ model: given }] : given,
  );
  return Object.fromEntries(
    deployments.flatMap(({ model: { id }, inputUsdPerMillion: input, outputUsdPerMillion: output }) => {
      if (id === undefined) return [];
      if (input !== undefined) return [[id, output === undefined ? { input } : { input, output }] as const];
      return id.startsWith('ollama/') && !/[:-]cloud$/.test(id) ? [[id, free] as const] : [];
    }),
  );
}
