/** Tags that policies put on requests, for ledgers to tell them by. */

/** On the copies that `shadow` sends. */
export const shadowTag = 'shadow';

/** On what `split` sends to this variant. */
export function variantTag(name: string): string {
  return `variant:${name}`;
}

/** A label of ours, which says nothing about which deployment is wanted. */
export function isOwnTag(tag: string): boolean {
  return tag === shadowTag || tag.startsWith('variant:');
}
