/** Reading JSON whose shape nobody has promised. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A string or a list of strings, as `stop` may be. */
export function textsOf(value: unknown): readonly string[] {
  return (typeof value === 'string' ? [value] : listOf(value)).filter(
    (item) => typeof item === 'string' && item !== '',
  ) as string[];
}
