/** Which of several a key belongs to, without a table: when one of them goes, only its own keys move. */

/**
 * The place of a candidate for a key, the highest wins: weighted rendezvous hashing (Schindelhauer and Schomaker, "Weighted distributed
 * hash tables", 2005).
 */
export function rendezvousScore(key: string, id: string, weight: number): number {
  const unit = (hash(`${key}\0${id}`) + 0.5) / 2 ** 32;
  return weight > 0 ? -weight / Math.log(unit) : 0;
}

/** FNV-1a, with the finalizer of MurmurHash3: on its own it hardly mixes the last letters. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
