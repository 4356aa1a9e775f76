/** Reading what a provider sent: nothing of it is sure to be there, or to be what it should. */
export type Payload = Readonly<Record<string, unknown>>;

export function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a key; an empty one where there is none. */
export function objectAt(payload: Payload, key: string): Payload {
  const value = payload[key];
  return isPayload(value) ? value : {};
}

/** The objects in the list at a key. */
export function objectsAt(payload: Payload, key: string): readonly Payload[] {
  const value = payload[key];
  return Array.isArray(value) ? value.filter(isPayload) : [];
}

export function textAt(payload: Payload, key: string): string | undefined {
  const value = payload[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A count as it was reported: `null` is absent, and what is no count stays, for `checkUsage` to find. */
export function countAt(payload: Payload, key: string): number | undefined {
  return (payload[key] as number | null | undefined) ?? undefined;
}

/** A measurement in some unit, as milliseconds; absent unless it is a number of at least 0. */
export function msAt(payload: Payload, key: string, msPerUnit: number): number | undefined {
  const value = payload[key];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value * msPerUnit : undefined;
}

/** The usage in an answer, or the usage itself where that is all there is. */
export function usageIn(payload: Payload): Payload {
  return 'usage' in payload ? objectAt(payload, 'usage') : payload;
}
