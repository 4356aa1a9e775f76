import type { RouterOptions } from '@rolecall/router';
import { placesOf } from './relayed-models.ts';

interface Entry {
  readonly model_name?: unknown;
  readonly model_info?: { readonly mode?: unknown } | null | undefined;
}

/** The deployments of which the file says that they make vectors (`model_info.mode`), and take no chat. */
export function embeddingPlaces(
  models: RouterOptions['models'],
  { model_list: list }: Readonly<Record<string, unknown>>,
): ReadonlySet<string> {
  const entries = Array.isArray(list) ? (list as readonly Entry[]) : [];
  const places = Object.entries(models).flatMap(([name, given]) => {
    const written = entries.filter((entry) => entry.model_name === name);
    return placesOf(name, given).filter((_, index) => written[index]?.model_info?.mode === 'embedding');
  });
  return new Set(places.map(({ deployment }) => deployment));
}
