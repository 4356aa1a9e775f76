import { leftOut, notCompared, type BaselineFigures } from '../baseline.ts';
import { checkNames, checkWholeNumbers, shown } from '../check-options.ts';
import { formatName, formatShare, formatTime, roundUsd } from '../format.ts';
import type { LedgerRow } from '../row.ts';
import type { Summary } from '../summary.ts';
import { cacheTable } from './cache-table.ts';
import { groupTable, nameOf } from './group-table.ts';
import { alerts, headline } from './headline.ts';
import { latencyTable } from './latency-table.ts';
import { html, Markup } from './markup.ts';
import { rowTable } from './row-table.ts';
import { style } from './style.ts';
import { timeChart } from './time-chart.ts';
import { timelineOf, type Spending } from './timeline.ts';

export interface HtmlOptions {
  /** @default 'Cost report' */
  readonly title?: string | undefined;
  /** Of all times on the page. @default 'UTC' */
  readonly timeZone?: string | undefined;
  /** Lines in a table of agents, models or workflows; the costliest come first. @default 10 */
  readonly maxLines?: number | undefined;
  /** Rows listed at the end, the latest first. @default 50 */
  readonly maxRows?: number | undefined;
}

const names = ['title', 'timeZone', 'maxLines', 'maxRows'] as const;

/** What a page shows. */
export interface PageContent {
  readonly summary: Summary;
  readonly rows: readonly LedgerRow[];
  readonly spending: Spending;
}

/** One page that needs nothing else: no script, no request, and a policy that would not allow any. */
export function htmlPage({ summary, rows, spending }: PageContent, options: HtmlOptions): string {
  const { title, timeZone, maxLines, maxRows } = read(options);
  // The hash is of every character between the tags.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(style).digest('base64');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'sha256-${new Markup(hash)}'; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${new Markup(`<style>${style}</style>`)}
      </head>
      <body>
        <svg class="defs" aria-hidden="true">
          <defs>
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" class="hatch-ground" />
              <line x1="1" x2="1" y1="0" y2="6" class="hatch-line" />
            </pattern>
          </defs>
        </svg>
        <header>
          <h1>${title}</h1>
          <p class="when">${period(spending.spent, timeZone)}</p>
        </header>
        <main>
          ${headline(summary)} ${alerts(summary)} ${timeChart(timelineOf(spending, timeZone), timeZone)}
          ${groupTable('Cost by agent', 'Agent', summary.byAgent, maxLines)}
          ${groupTable('Cost by model', 'Model', summary.byModel, maxLines)} ${latencyTable(summary, maxLines)}
          ${cacheTable(summary, maxLines)}
          ${summary.workflows > 1 ? groupTable('Cost by workflow', 'Workflow', summary.byWorkflow, maxLines) : undefined}
          ${summary.baseline ? saved(summary.baseline) : undefined} ${rowTable(rows, maxRows, timeZone)}
        </main>
        <footer>
          Amounts are exact sums, rounded only here. A price that is not known is not zero: it is counted, and left out. Made by
          Rolecall’s cost tracker.
        </footer>
      </body>
    </html> `;
  return page.text;
}

function period(spent: Spending['spent'], timeZone: string): string {
  if (spent.length === 0) return 'No requests yet';
  const times = spent.map(({ at }) => at);
  const [first, last] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  return `${formatTime(first, timeZone)} to ${formatTime(last, timeZone)} (${timeZone})`;
}

function saved(figures: BaselineFigures): Markup {
  const { basis, model, costUsd, spentUsd, savedUsd, savedShare } = figures;
  const left = leftOut(figures);
  const against =
    basis === 'same_tokens'
      ? html`The same tokens on ${nameOf(model ?? '')}, an estimate: `
      : html`At the stated cost per workflow: `;
  const verdict =
    savedUsd === null
      ? html`${notCompared(figures)}.`
      : html`${roundUsd(costUsd)} USD, instead of ${roundUsd(spentUsd)}. ${savedUsd < 0 ? 'Lost' : 'Saved'}:
          <strong>${roundUsd(Math.abs(savedUsd))} USD (${formatShare(savedShare === null ? null : Math.abs(savedShare))})</strong
          >.`;
  return html`<section>
    <h2>Against the baseline</h2>
    <p class="note">${against}${verdict}${left === undefined ? '' : ` Left out: ${left}.`}</p>
  </section>`;
}

function read(options: HtmlOptions): { title: string; timeZone: string; maxLines: number; maxRows: number } {
  checkNames(options, names);
  const { title = 'Cost report', timeZone = 'UTC', maxLines = 10, maxRows = 50 } = options;
  if (typeof title !== 'string') throw new TypeError(`title: ${shown(title)} is not a text`);
  checkWholeNumbers({ maxLines });
  if (!Number.isSafeInteger(maxRows) || maxRows < 0)
    throw new TypeError(`maxRows: ${shown(maxRows)} is not a whole number of at least 0`);
  try {
    formatTime(0, timeZone);
  } catch (cause) {
    throw new TypeError(`timeZone: ${shown(timeZone)} is no time zone, such as 'Europe/Berlin'`, { cause });
  }
  return { title: formatName(title), timeZone, maxLines, maxRows };
}
