/** Texts by their meaning: the cosine between vectors that the caller's function makes. */
import type { TextIndex } from './text-index.ts';

/** Puts texts into vectors, one each, all of one length: what an embeddings model does. */
export type Embed = (
  texts: readonly string[],
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<readonly (readonly number[])[]>;

/** Texts in one call of `embed`: providers have limits, and this is below them. */
const textsAtOnce = 64;

export function embeddedIndex(owner: string, embed: Embed): TextIndex {
  const vectors = new Map<number, Float32Array>();
  let length: number | undefined;

  const vectorsOf = async (texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> => {
    const made = await embed(texts, { signal });
    length ??= made[0]?.length;
    const fits = (vector: readonly number[]): boolean =>
      vector.length > 0 && vector.length === length && vector.every(Number.isFinite);
    if (made.length !== texts.length || !made.every(fits)) {
      throw new TypeError(`${owner}: embed has to give one vector of finite numbers for each text, all of one length`);
    }
    return made.map(unit);
  };

  return {
    add: async (texts) => {
      for (let start = 0; start < texts.length; start += textsAtOnce) {
        const some = texts.slice(start, start + textsAtOnce);
        const made = await vectorsOf(some.map(({ text }) => text));
        for (const [index, vector] of made.entries()) vectors.set(some[index]?.id ?? start, vector);
      }
    },
    remove: async (id) => {
      vectors.delete(id);
    },
    search: async (query, limit, signal) => {
      if (vectors.size === 0) return [];
      const [wanted = new Float32Array()] = await vectorsOf([query], signal);
      const scores = [...vectors].map(([id, vector]) => ({ id, score: dot(wanted, vector) }));
      const found = scores.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score);
      return found.slice(0, limit).map(({ id }) => id);
    },
  };
}

function unit(vector: readonly number[]): Float32Array {
  const norm = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => (norm === 0 ? 0 : value / norm));
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}
