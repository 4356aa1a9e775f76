import { latestInstant } from './format.ts';
import { usdText } from './money.ts';
import type { LedgerRow } from './row.ts';

type Cell = string | number | boolean | null | undefined;

/** The columns in order; amounts are exact decimals, and what is not known is an empty cell. */
const columns: readonly (readonly [title: string, cell: (row: LedgerRow) => Cell])[] = [
  ['id', ({ id }) => id],
  ['call_id', ({ callId }) => callId],
  ['at', ({ at }) => timeOf(at)],
  ['agent', ({ agent }) => agent],
  ['name', ({ name }) => name],
  ['model', ({ model }) => model],
  ['served_model', ({ servedModel }) => servedModel],
  ['api', ({ api }) => api],
  ['workflow', ({ workflow }) => workflow],
  ['task', ({ task }) => task],
  ['tags', ({ tags }) => (tags.length === 0 ? undefined : jsonOf(tags))],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['status', ({ status }) => status],
  ['cost_usd', ({ costPicodollars }) => (costPicodollars === null ? null : usdText(costPicodollars))],
  ['price_source', ({ price }) => price?.source],
  ['price_match', ({ price }) => price?.match],
  ['price_multiplier', ({ price }) => price?.multiplier],
  ['fees_usd', ({ price }) => price?.feesUsd],
  ['approximate', ({ price }) => price?.approximate],
  ['unpriced', ({ unpriced }) => unpriced?.code],
  ['service_tier', ({ terms }) => terms?.serviceTier],
  ['speed', ({ terms }) => terms?.speed],
  ['inference_geo', ({ terms }) => terms?.inferenceGeo],
  ['server_tools', ({ serverTools }) => jsonOf(serverTools)],
  ['parts', ({ parts }) => jsonOf(parts)],
  ['estimated', ({ estimated }) => estimated],
  ['input_tokens', ({ usage }) => usage.inputTokens],
  ['output_tokens', ({ usage }) => usage.outputTokens],
  ['cache_read_tokens', ({ usage }) => usage.cacheReadTokens],
  ['cache_write_tokens', ({ usage }) => usage.cacheWriteTokens],
  ['cache_write_1h_tokens', ({ usage }) => usage.cacheWrite1hTokens],
  ['reasoning_tokens', ({ usage }) => usage.reasoningTokens],
  ['audio_input_tokens', ({ usage }) => usage.audioInputTokens],
  ['audio_output_tokens', ({ usage }) => usage.audioOutputTokens],
  ['latency_ms', ({ latencyMs }) => latencyMs],
  ['first_token_ms', ({ firstTokenMs }) => firstTokenMs],
  ['network_ms', ({ networkMs }) => networkMs],
  ['provider_ms', ({ durations }) => durations?.totalMs],
  ['simulated', ({ simulated }) => simulated],
  ['local', ({ local }) => local],
  ['possibly_billed', ({ possiblyBilled }) => possiblyBilled],
  ['problem', ({ problem }) => problem],
];

/**
 * Rows as CSV by RFC 4180, for spreadsheets: a text that one of them could take for a formula begins with an apostrophe.
 *
 * @example
 * toCsv(tracker.rows()); // id,at,agent,…
 */
export function toCsv(rows: readonly LedgerRow[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => textOf(cell(row))))];
  return lines.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** What is a list in the row is one as JSON. */
function jsonOf(value: object | undefined): Cell {
  return value && JSON.stringify(value);
}

/** A text that begins with an apostrophe gets another, so that taking one away always gives back what was recorded. */
function textOf(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null || cell === undefined ? '' : String(cell);
  return /^[=+\-@\t\r\n'＝＋－＠]/.test(cell) ? `'${cell}` : cell;
}

/** A space at either end is kept by quoting it, also where readers trim. */
function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A moment that no calendar reaches stays a number. */
function timeOf(at: number): Cell {
  return at <= latestInstant ? new Date(at).toISOString() : at;
}
