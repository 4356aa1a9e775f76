let drawn: string | undefined;
let count = 0;

/** Names an attempt as nobody else does: by a UUID, drawn once, and a number. A UUID for each takes longer than to write the rest of it. */
export function newAttemptId(): string {
  drawn ??= crypto.randomUUID();
  return `${drawn}-${(count += 1)}`;
}
