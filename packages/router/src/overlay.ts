/**
 * The fields of `base`, under those of `top` that are not undefined: an optional field left open overrides nothing.
 * Copied with `Object.assign`: on Node 20, adding a key to a spread copy costs microseconds.
 */
export function overlay<Base extends object>(
  base: Base,
  top: { readonly [Key in keyof Base]?: Base[Key] | undefined } | undefined,
): Base {
  const merged = Object.assign({}, base);
  for (const key in top) if (top[key] !== undefined) merged[key] = top[key];
  return merged;
}
