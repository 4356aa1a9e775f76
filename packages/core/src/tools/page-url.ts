/** The URLs that may be asked for at all, before anything is resolved. */
import { isIP } from 'node:net';
import type { AddressGuard } from './addresses.ts';

/**
 * Parses as browsers do: `http://2130706433/`, `http://0x7f.1/` and `http://0177.0.0.1/` are all 127.0.0.1, and judged as such.
 * Sockets look up no literal address, so those are judged here.
 *
 * @throws {Error} for what may not be fetched. No message repeats the URL: it may hold a password.
 */
export function checkedUrl(text: string, base: URL | undefined, guard: AddressGuard): URL {
  if (!URL.canParse(text, base?.href)) throw new Error('this is not a URL; give a whole one, such as https://example.com/page');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`URLs with ${url.protocol} are refused; only http: and https: are read`);
  }
  if (url.username !== '' || url.password !== '') throw new Error('URLs with a user name or a password are refused');
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const reason = isIP(literal) === 0 ? undefined : guard(literal);
  if (reason !== undefined) throw new Error(`${url.hostname} is refused: it ${reason}`);
  return url;
}
