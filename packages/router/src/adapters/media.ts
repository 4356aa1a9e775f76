/** Where the bytes of a media part are, for providers that tell addresses and bytes apart. */
import type { MediaPart } from '@rolecall/core';
import { ModelError } from '../errors.ts';

export type MediaSource =
  | { readonly url: string; readonly base64?: undefined }
  | { readonly base64: string; readonly mediaType: string | undefined; readonly url?: undefined };

/** A `data:` address carries its bytes with it (RFC 2397), so it counts as bytes. */
export function sourceOf(part: MediaPart, model: string): MediaSource {
  const { url, base64, mediaType } = part;
  if (base64 !== undefined) return { base64, mediaType };
  if (url === undefined) throw unsendable(part, model, 'it has neither url nor base64');
  const [, type, data] = /^data:([^;,]*)(?:;[^;,]*)*;base64,(.*)$/s.exec(url) ?? [];
  return data === undefined ? { url } : { base64: data, mediaType: mediaType ?? (type || undefined) };
}

/** The caller asked for what this provider cannot be sent: said before anything is. Another may take it, if it holds something. */
export function unsendable(part: MediaPart, model: string, why: string): ModelError {
  const called = part.name ?? part.mediaType;
  return new ModelError('invalid_request', {
    model,
    unsupported: part.url !== undefined || part.base64 !== undefined,
    reason: `the ${part.type} part${called === undefined ? '' : ` (${called})`} cannot be sent: ${why}`,
  });
}
