import { attributed, Scopes, type Attribution } from './attribution.ts';
import { bookFor, type Book } from './book.ts';
import { BudgetGate } from './budget-gate.ts';
import { MemoryBudgetStore } from './budget-store.ts';
import { Budgets, type Hold } from './budgets.ts';
import { toRow, type CallRecord } from './call-record.ts';
import { shown } from './check-options.ts';
import { entryOf } from './entry.ts';
import { toJson } from './export-json.ts';
import { toCsv } from './csv.ts';
import { forecast, type Forecast, type ForecastOptions } from './forecast.ts';
import type { DailyFigures } from './daily-rollup.ts';
import { genaiPrices, loadGenaiPrices } from './genai-prices.ts';
import type { HtmlOptions } from './html/page.ts';
import { Ledger } from './ledger.ts';
import { metricFamilies, type MetricFamily } from './metric-families.ts';
import { MetricSeries } from './metric-series.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { readPrices } from './own-prices.ts';
import { Pricer } from './pricer.ts';
import { prometheusText } from './prometheus.ts';
import { reportText, type ReportOptions } from './report.ts';
import { reprice, type RepriceOptions, type Repricing } from './reprice.ts';
import { RowIds } from './row-ids.ts';
import { RowListeners, type RowListener } from './row-listeners.ts';
import { LedgerFile } from './ledger-file/ledger-file.ts';
import { StoredLedger } from './ledger-file/stored-ledger.ts';
import type { LedgerRow } from './row.ts';
import { SeenAttempts } from './seen-attempts.ts';
import type { Summary } from './summary.ts';
import { ClientTracker, type TrackOptions } from './track.ts';
import { checkOptions, type CostTrackerOptions } from './tracker-options.ts';
import { Warnings } from './warnings.ts';
import { wrapModel } from './wrap.ts';
import { writeWhole } from './write-file.ts';

/**
 * A ledger of model calls: tokens, latency and exact cost, by agent, model and workflow.
 *
 * @example
 * const tracker = new CostTracker({ prices: { 'gpt-4': perThousand(0.03) }, baseline: 'gpt-4' });
 * tracker.record({ agent: 'researcher', model: 'gpt-4', inputTokens: 800, outputTokens: 700, latencyMs: 1200 });
 * console.log(tracker.report());
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export class CostTracker {
  /**
   * The same model, with a ledger row per attempt; bound, so that it can be passed on: `wrap: [tracker.wrap]`.
   *
   * @throws {TypeError} when it is no model.
   */
  readonly wrap: <Request extends TrackedRequest, Response extends TrackedResponse>(
    next: TrackedModel<Request, Response>,
  ) => TrackedModel<Request, Response>;
  readonly #pricer: Pricer;
  readonly #ledger: Ledger;
  readonly #series: MetricSeries;
  readonly #listeners: RowListeners;
  readonly #budgets: Budgets | undefined;
  readonly #folder: string | undefined;
  readonly #file: LedgerFile | undefined;
  #resumed: Promise<void> | undefined;
  readonly #ids = new RowIds();
  readonly #warnings = new Warnings();
  readonly #scopes = new Scopes();
  readonly #clients: ClientTracker;

  constructor(options: CostTrackerOptions = {}) {
    checkOptions(options);
    const { prices = {}, priceSource = genaiPrices(), baseline, keepRows = 10_000, maxGroups = 2_000 } = options;
    this.#pricer = new Pricer(readPrices(prices), priceSource);
    this.#ledger = new Ledger({ pricer: this.#pricer, keepRows, maxGroups, baseline });
    this.#series = new MetricSeries(maxGroups);
    this.#listeners = new RowListeners((error) =>
      this.#warnings.once(
        'listener',
        `A listener of the cost tracker failed, and its row is in the ledger all the same: ${String(error)}`,
      ),
    );

    this.#budgets = budgetsOf(options, this.#pricer, this.#warnings);
    this.#folder = options.ledger;
    this.#file = fileOf(options, this.#warnings);
    const fault = (error: unknown): void =>
      this.#warnings.once('fault', `The cost tracker failed, and a call has no row: ${String(error)}`);
    const book: Book = {
      enter: (id, record, hold) => this.#enter(id, record, hold),
      ids: this.#ids,
      seen: new SeenAttempts(),
      fault,
      gate: this.#budgets && new BudgetGate(this.#budgets, fault),
      scopes: this.#scopes,
      tracksClients: false,
    };
    this.wrap = (next) => {
      if (typeof next !== 'function')
        throw new TypeError(`wrap: ${shown(next)} is no model, which is a function; a client goes to track(client)`);
      const { local } = next;
      const tracked = wrapModel(bookFor(book, local), next);
      return local === undefined ? tracked : Object.assign(tracked, { local });
    };
    this.#clients = new ClientTracker(book);
  }

  /** Reads the price table now (about 50 ms) instead of at the first look-up. */
  static warm(): void {
    loadGenaiPrices();
  }

  /**
   * The same client, with a row for every request that it sends to a model. The one given stays as it is; a tracked one is returned as
   * it is.
   *
   * @example
   * const client = tracker.track(new OpenAI());
   *
   * @throws {TypeError} when it is no client of `openai`, `@anthropic-ai/sdk`, `groq-sdk` or `ollama`, or an option is not what it should be.
   */
  track<Client extends object>(client: Client, options: TrackOptions = {}): Client {
    return this.#clients.track(client, options);
  }

  /** Enters one call by hand. A wrong record is no error: the row that is returned says what is wrong with it. */
  record(call: CallRecord): LedgerRow {
    return this.#enter(this.#ids.next(), attributed(call, this.#scopes.attribution));
  }

  /**
   * Runs `work`, and puts all calls made within it, however deep, on that account.
   *
   * @example
   * await tracker.run({ agent: 'writer', workflow: 'post-1' }, () => client.responses.create({ model, input }));
   *
   * @throws {TypeError} when the attribution is none, or the work.
   */
  run<Result>(attribution: Attribution, work: () => Result): Result {
    return this.#scopes.run(attribution, work);
  }

  /** What the latest rows would cost at these prices, or at those now in force. The ledger stays as it is. */
  reprice(options: RepriceOptions = {}): Repricing {
    return reprice(this.rows(), options, this.#pricer);
  }

  /** Enters a row that another tracker has made, as it is: its price does not change. */
  add(row: LedgerRow): void {
    this.#keep(row, undefined);
  }

  /**
   * Resolves when all rows so far are on the disk, and every alert has been told.
   *
   * @throws {Error} when the disk refuses; the rows are tried again later.
   */
  async flush(): Promise<void> {
    await this.#budgets?.settled();
    await this.#file?.flush();
  }

  /**
   * Counts towards the budgets what the ledger on disk already has, of this window: after a restart, a day's budget goes on.
   * Alerts that were due then are not repeated, and no row counts twice if this is called again. With a `budgetStore` that outlives the
   * process, there is no need. The `onRow` of the first call hears every row of the ledger on the way, those of windows past included.
   *
   * @throws {Error} when the ledger cannot be read.
   */
  resume(onRow?: (row: LedgerRow) => void): Promise<void> {
    this.#resumed ??= this.#resume(onRow).catch((error: unknown) => {
      this.#resumed = undefined; // to be tried again
      throw error;
    });
    return this.#resumed;
  }

  async #resume(onRow: ((row: LedgerRow) => void) | undefined): Promise<void> {
    if (this.#folder === undefined || !(this.#budgets || onRow) || !process.getBuiltinModule('node:fs').existsSync(this.#folder))
      return;
    const stored = await StoredLedger.open(this.#folder, this.#file?.prefix);
    for await (const row of stored.rows()) {
      this.#budgets?.count(row, 'silent');
      onRow?.(row);
    }
  }

  /** The latest rows, oldest first. */
  rows(): LedgerRow[] {
    return this.#ledger.rows();
  }

  /** What it all came to. */
  summary(): Summary {
    return this.#ledger.summary();
  }

  /** Sums by day (in UTC), model, agent, workflow and outcome, of the last 31 days that have calls: what an invoice is compared with. */
  daily(): readonly DailyFigures[] {
    return this.#ledger.daily();
  }

  /**
   * The summary as tables for a terminal.
   *
   * @throws {TypeError} when an option is not what it should be.
   */
  report(options: ReportOptions = {}): string {
    return reportText(this.summary(), options);
  }

  /**
   * Writes summary and rows to a JSON file, in one step: a reader sees the old file or the new one.
   *
   * @throws {TypeError} when the path is none.
   */
  async exportJson(path: string): Promise<void> {
    await writeWhole(path, toJson(this.summary(), this.rows()));
  }

  /**
   * Writes the latest rows to a CSV file, in one step.
   *
   * @throws {TypeError} when the path is none.
   */
  async exportCsv(path: string): Promise<void> {
    await writeWhole(path, toCsv(this.rows()));
  }

  /**
   * What a period will have cost when it ends, at the present rate.
   *
   * @throws {TypeError} when an option is not what it should be.
   */
  forecast(options: ForecastOptions = {}): Forecast {
    return forecast(this.#ledger.spending().spent, options);
  }

  /**
   * A page that needs nothing else: charts and tables, without a script or a request.
   *
   * @throws {TypeError} when an option is not what it should be.
   * @throws {Error} when the code of the page, which is loaded with the first one, is gone from the disk.
   */
  async html(options: HtmlOptions = {}): Promise<string> {
    const content = { summary: this.summary(), rows: this.rows(), spending: this.#ledger.spending() };
    const { htmlPage } = await import('./html/page.ts'); // as much code as the ledger, for those who want a page
    return htmlPage(content, options);
  }

  /**
   * Writes that page to a file, in one step.
   *
   * @throws {TypeError} when the path is none, or an option is not what it should be.
   */
  async exportHtml(path: string, options: HtmlOptions = {}): Promise<void> {
    await writeWhole(path, await this.html(options));
  }

  /** The metrics of all rows since it was made, in Prometheus' text format: what a scrape of `/metrics` answers. */
  prometheus(): string {
    return prometheusText(this.metrics());
  }

  /** The same metrics as data; they only ever rise. */
  metrics(): readonly MetricFamily[] {
    return metricFamilies(this.#series.all());
  }

  /** Calls `listener` with every new row, until the function it returns is called. A listener that throws is warned about once. */
  onRow(listener: RowListener): () => void {
    return this.#listeners.add(listener);
  }

  #enter(id: string, record: CallRecord, hold?: Hold): LedgerRow {
    const row = toRow(id, record, this.#pricer);
    if (row.problem !== undefined) {
      this.#warnings.once('bad_record', `A call of ${row.model} was recorded wrongly: ${row.problem}`, row.problem);
    }
    if (row.unpriced && hints[row.unpriced.code] !== undefined) {
      this.#warnings.once(
        row.unpriced.code,
        `A call has no price, and is counted as unpriced: ${row.unpriced.reason}. ${hints[row.unpriced.code]}`,
      );
    }
    this.#keep(row, hold);
    return row;
  }

  #keep(row: LedgerRow, hold: Hold | undefined): void {
    if (hold) hold.add(row);
    else this.#budgets?.count(row);
    this.#file?.append(row);
    const entry = entryOf(row);
    this.#ledger.add(entry);
    this.#series.add(entry);
    this.#listeners.tell(row);
  }
}

/** What a user can do about it. The other reasons are the provider's, and only counted. */
const hints: Readonly<Record<string, string | undefined>> = {
  no_price: 'Add it to `prices`, or mark the call `local: true` if nobody sends a bill.',
  no_rate: 'Add the model to `prices`, with that rate.',
  price_source_failed: 'Own prices still work.',
};

function fileOf({ ledger: folder, durability = 'batch' }: CostTrackerOptions, warnings: Warnings): LedgerFile | undefined {
  if (folder === undefined) return undefined;
  const onFault = (error: unknown, rows: 'wait' | 'lost'): void =>
    rows === 'wait'
      ? warnings.once('ledger', `The ledger on disk could not be written; its rows wait, and are tried again: ${String(error)}`)
      : warnings.once('ledger_lost', `Rows could not be written to the ledger on disk, and are not in it: ${String(error)}`);
  return new LedgerFile({ folder, durability, onFault });
}

function budgetsOf(options: CostTrackerOptions, pricer: Pricer, warnings: Warnings): Budgets | undefined {
  const { budgets = [], budgetsFor, budgetStore: store = new MemoryBudgetStore(), onAlert } = options;
  const made = new Budgets({ budgets, budgetsFor, store, pricer, onAlert, warnings });
  return budgets.length === 0 && !budgetsFor ? undefined : made;
}
