/** What the journal keeps of a step: what it gave or what it threw, and when. A step of Restate's that throws would be tried again for ever. */
import { TerminalError, type Serde } from '@restatedev/restate-sdk';

export type Kept = { readonly at: number } & ({ readonly value?: unknown } | { readonly thrown: ThrownFacts });

interface ThrownFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
}

/** As it is written. @throws {TerminalError} when it is too much, which ends the run. */
export function textOf(step: string, kept: Kept, mostBytes: number): string {
  const text = JSON.stringify(kept);
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostBytes) return text;
  const advice = 'let the tool or the model give less, keep files elsewhere, or raise maxValueBytes (at most 32 MiB)';
  throw new TerminalError(`Step "${step}" gave ${bytes} bytes, and a run keeps at most ${mostBytes} of one step: ${advice}`);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** It is JSON already. */
export const plainText: Serde<string> = {
  contentType: 'application/json',
  serialize: (text) => encoder.encode(text),
  deserialize: (bytes) => decoder.decode(bytes),
};

export function factsOf(error: unknown): ThrownFacts {
  const { name = 'Error', message = String(error), code } = (error ?? {}) as Partial<ThrownFacts>;
  return { name, message, code };
}

export function revived({ name, message, code }: ThrownFacts): Error {
  return Object.assign(new Error(message), { name, code });
}
