import { columnDecimals, formatCount, formatMs, formatName, formatUsd, latestInstant, unknownSign } from '../format.ts';
import type { LedgerRow } from '../row.ts';
import { nameOf } from './group-table.ts';
import { html, type Markup } from './markup.ts';

const outcomes: Readonly<Record<LedgerRow['outcome'], string>> = {
  answered: 'answered',
  failed: 'failed',
  aborted: 'aborted',
  cache_hit: 'from cache',
};

/** The latest rows, newest first. */
export function rowTable(rows: readonly LedgerRow[], maxRows: number, timeZone: string): Markup | undefined {
  if (rows.length === 0 || maxRows === 0) return undefined;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const shown = rows.slice(-maxRows).toReversed();
  const decimals = columnDecimals(shown.map(({ costUsd }) => costUsd));
  const lines = shown.map((row) => {
    const { at, agent, workflow, outcome, code, usage, latencyMs, costUsd, simulated, estimated, price } = row;
    const marks = [simulated && 'simulated', estimated && 'estimated', price?.approximate !== undefined && 'approximate'];
    const ended = code === undefined || code === outcome ? outcomes[outcome] : `${outcomes[outcome]}: ${formatName(code)}`;
    return html`<tr>
      <td>${at > latestInstant ? unknownSign : format.format(at)}</td>
      <td class="text">${agent === undefined ? '–' : nameOf(agent)}</td>
      <td class="text">${nameOf(row.name ?? row.model)}</td>
      <td class="text">${workflow === undefined ? '–' : nameOf(workflow)}</td>
      <td class="text outcome${outcome === 'failed' || outcome === 'aborted' ? ' bad' : ''}">
        ${ended}${marks.map((mark) => (mark ? html` <span class="dim">${mark}</span>` : undefined))}
      </td>
      <td>${count(usage.inputTokens)}</td>
      <td>${count(usage.outputTokens)}</td>
      <td>${formatMs(latencyMs ?? null)}</td>
      <td>${costUsd === null ? html`<span class="bad">unpriced</span>` : formatUsd(costUsd, decimals)}</td>
    </tr> `;
  });
  return html`<section class="rows">
    <h2>Latest requests</h2>
    <p class="note">
      ${shown.length < rows.length ? `The latest ${formatCount(shown.length)} of ${formatCount(rows.length)} rows kept.` : `All ${formatCount(rows.length)} rows kept.`}
      Times are ${timeZone}.
    </p>
    <div class="scroll" role="region" aria-label="Latest requests" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="text">Agent</th>
            <th scope="col" class="text">Model</th>
            <th scope="col" class="text">Workflow</th>
            <th scope="col" class="text outcome">Outcome</th>
            <th scope="col">In</th>
            <th scope="col">Out</th>
            <th scope="col">ms</th>
            <th scope="col">USD</th>
          </tr>
        </thead>
        <tbody>
          ${lines}
        </tbody>
      </table>
    </div>
  </section>`;
}

function count(tokens: number | undefined): string {
  return tokens === undefined ? '–' : formatCount(tokens);
}
