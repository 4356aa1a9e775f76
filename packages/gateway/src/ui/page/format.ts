/** How figures look. What is not known is a dash, never zero. */

const unknown = '–';
const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const shorts = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function count(value: number): string {
  return value < 10_000_000 ? counts.format(value) : shorts.format(value);
}

/** Four figures that count, and never fewer decimals than cents. */
export function usd(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown;
  const size = Math.abs(value);
  if (size > 0 && size < 0.000001) return '<$0.000001';
  const decimals = size === 0 || size >= 1 ? 2 : Math.min(6, Math.max(2, 2 - Math.floor(Math.log10(size))));
  return `${value < 0 ? '-' : ''}$${size.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: decimals })}`;
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return unknown;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${counts.format(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${counts.format(ms / 60_000)} min`;
}

export function share(part: number | null): string {
  if (part === null) return unknown;
  return part > 0 && part < 0.001 ? '<0.1%' : `${Number((part * 100).toFixed(1))}%`;
}

export function time(at: number): string {
  return clock.format(at);
}

export function date(at: number): string {
  return dates.format(at);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Names come from outside: what would turn the text round is made visible. */
export function name(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}');
}
