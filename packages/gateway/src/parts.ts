/** Everything behind the HTTP layer, put together. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type BudgetAlert, type BudgetOptions, CostTracker } from '@rolecall/cost-tracker';
import type { ModelError, RouteError, Router, RouterOptions } from '@rolecall/router';
import type { DestinationStream } from 'pino';
import { Access } from './access/access.ts';
import { Admissions } from './access/admission.ts';
import { Tries } from './access/tries.ts';
import { Alerts } from './alerts/alerts.ts';
import { CallWatch } from './alerts/call-watch.ts';
import { dashboardRoutes } from './feed/dashboard-routes.ts';
import { RequestFeed } from './feed/request-feed.ts';
import type { GatewaySettings } from './gateway-config.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { Cooldowns } from './health/cooldowns.ts';
import { healthRoutes } from './health/health-routes.ts';
import type { Admission, Ask, CallEnding, Caller, Route } from './http/route.ts';
import { keyRoutes } from './keys/key-routes.ts';
import { budgetOf, tagPrefix, type VirtualKey } from './keys/virtual-key.ts';
import { createLog, logCall, standardOutput } from './log/request-log.ts';
import { CallMetrics } from './metrics/call-metrics.ts';
import { metricsText } from './metrics/metrics-text.ts';
import { Counter } from './metrics/series.ts';
import { pricesOf } from './prices.ts';
import { KnownBalances } from './state/known-balances.ts';
import type { BegunCall } from './state/shared-calls.ts';
import { openTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { openState, type State } from './state/state.ts';

export interface PartsOptions {
  readonly settings: GatewaySettings;
  /** The router's options as the file has them: own prices are read off its deployments. */
  readonly config: RouterOptions;
  /** Serve other machines without a master key. @default false */
  readonly insecure?: boolean | undefined;
  /** Where log lines go. @default standard output */
  readonly logTo?: DestinationStream | undefined;
  /** @default '0.1.0' */
  readonly version?: string | undefined;
}

export async function createParts(options: PartsOptions): Promise<GatewayParts> {
  const { settings, insecure = false, logTo } = options;
  const output = logTo ?? standardOutput();
  const log = createLog(settings.logLevel, output);
  const alerted = new Counter();
  const alerts = new Alerts(settings.alerts, log, alerted);
  const cooldowns = new Cooldowns();
  const current: { router?: Router; settings: GatewaySettings } = { settings };
  const state = await openState({ settings, log, cooldowns, router: () => current.router });
  state.keys.configure(settings.keys);
  const access = new Access(state.keys, settings, insecure);
  const parts = new Parts({ options, state, access, current, log, output, alerts, alerted, cooldowns });
  await parts.prepare();
  return parts.gatewayParts();
}

interface PartsFacts {
  readonly options: PartsOptions;
  readonly state: State;
  readonly access: Access;
  readonly current: { router?: Router; settings: GatewaySettings };
  readonly log: ReturnType<typeof createLog>;
  readonly output: DestinationStream;
  readonly alerts: Alerts;
  readonly alerted: Counter;
  readonly cooldowns: Cooldowns;
}

class Parts {
  readonly #facts: PartsFacts;
  readonly #tracker: CostTracker;
  readonly #balances = new KnownBalances();
  readonly #budgets = new WeakMap<VirtualKey, BudgetOptions | readonly []>();
  readonly #feed = new RequestFeed();
  readonly #calls = new CallMetrics();
  readonly #cooled = new Counter();
  readonly #reloads = new Counter();
  readonly #replayed = new Counter();
  readonly #watch: CallWatch;
  readonly #lag = monitorEventLoopDelay({ resolution: 20 });
  readonly #startedAt = Date.now();
  #names: ReadonlySet<string> = new Set();
  #inFlight = 0;
  #isDraining = false;
  #telemetry: Telemetry | undefined;

  constructor(facts: PartsFacts) {
    this.#facts = facts;
    const { options, state, alerts } = facts;
    const { budgets, ledger, baseline } = options.settings;
    this.#watch = new CallWatch(alerts);
    this.#tracker = new CostTracker({
      prices: pricesOf(options.config),
      ...(ledger !== undefined && { ledger }),
      ...(baseline !== undefined && { baseline }),
      budgets,
      budgetsFor: ({ tags = [] }) => this.#budgetsFor(tags),
      budgetStore: this.#balances.watch(state.budgets),
      onAlert: (alert) => this.#budgetAlert(alert),
    });
    this.#tracker.onRow((row) => state.spend.add(row));
    this.#lag.enable();
  }

  /** Budgets go on where the ledger on disk left them, and OpenTelemetry hears of what happens. */
  async prepare(): Promise<void> {
    const { openTelemetry: isWanted, ledger, redisUrl } = this.#facts.options.settings;
    if (ledger !== undefined && redisUrl === undefined) await this.#tracker.resume();
    if (isWanted) this.#telemetry = await openTelemetry(this.#tracker);
  }

  gatewayParts(): GatewayParts {
    const { state, access, current, log } = this.#facts;
    const admissions = new Admissions(state.keys, state.limits);
    return {
      tracker: this.#tracker,
      admit: (request, area) => access.admit(request, area),
      mayListenOn: (host) => access.mayListenOn(host),
      begin: (caller, ask) => {
        const admitted = admissions.begin(caller, ask);
        this.#inFlight += 1;
        if (!(admitted instanceof Promise)) return this.#counted(admitted, caller, ask);
        return admitted.then(
          (admission) => this.#counted(admission, caller, ask),
          (error: unknown) => {
            this.#inFlight -= 1;
            throw error;
          },
        );
      },
      onEnding: (ending) => this.#end(ending),
      onRefusal: ({ callId, path, status, code }) =>
        log[status >= 500 ? 'error' : 'info'](
          { event: 'refused', call_id: callId, path: path.slice(0, 200), status, code },
          'refused',
        ),
      routes: this.#routes(),
      routerOptions: (options) => this.#routerOptions(options),
      onRouter: (router) => void (current.router = router),
      reconfigure: (settings) => this.#reconfigure(settings),
      reloaded: (outcome) => this.#reloaded(outcome),
      draining: () => void (this.#isDraining = true),
      close: () => this.#close(),
    };
  }

  #counted(admission: Admission, { keyId, keyName, tags: own = [] }: Caller, { callId, isIdShared, role, tags }: Ask): Admission {
    const { calls } = this.#facts.state;
    const labels = [...tags, ...own, ...(keyName === undefined ? [] : [`${tagPrefix}${keyName}`])];
    const mark = isIdShared ? calls?.of({ callId, keyId, role, tags: labels }, (begun) => this.#lost(begun)) : undefined;
    return {
      ...admission,
      ...(mark && { asking: mark.asking }),
      settle: (ending) => {
        this.#inFlight -= 1;
        admission.settle(ending);
        mark?.settle();
      },
    };
  }

  /** A gateway was killed while a backend answered: what that answer cost is not known, and may have to be paid all the same. */
  #lost({ callId, at, place, role, tags }: BegunCall): void {
    const { name, model, deployment } = place;
    const known = { workflow: callId, agent: role, name, model, tags, at };
    this.#tracker.record({ ...known, outcome: 'failed', code: 'gateway_lost', possiblyBilled: true });
    this.#replayed.add({ name, backend: model, deployment });
    const facts = { event: 'replayed', call_id: callId, name, model, deployment };
    this.#facts.log.warn(facts, 'a gateway that was lost had begun this call, which may be billed twice');
  }

  #end(ending: CallEnding): void {
    const { log, current } = this.#facts;
    const { model } = ending.ask;
    this.#calls.add(ending, this.#names.has(model));
    this.#feed.add(ending);
    this.#watch.add(ending, current.settings.alerts);
    this.#telemetry?.add(ending);
    logCall(log, ending);
    if (ending.outcome === 'answered') this.#facts.alerts.clear('all_backends_down', model.slice(0, 200));
  }

  #routes(): readonly Route[] {
    const { state, current, options } = this.#facts;
    const router = (): Router | undefined => current.router;
    const masterKey = (): string | undefined => current.settings.masterKey;
    const { keys, spend } = state;
    const version = options.version ?? '0.1.0';
    return [
      ...healthRoutes({ router, isDraining: () => this.#isDraining, redisUp: () => state.redisUp(), version }),
      ...keyRoutes({ keys, spend, isOn: () => masterKey() !== undefined }),
      ...dashboardRoutes({
        feed: this.#feed,
        tracker: this.#tracker,
        router,
        keys,
        spend,
        balances: this.#balances,
        masterKey,
        tries: new Tries(),
      }),
      {
        method: 'GET',
        path: '/metrics',
        area: 'metrics',
        handle: ({ response }) => {
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
          response.end(this.#metrics(version));
        },
      },
    ];
  }

  #metrics(version: string): string {
    const { state, current, alerted } = this.#facts;
    const loopLagSeconds = Math.max(0, this.#lag.percentile(99) / 1e9 - 0.02);
    this.#lag.reset();
    return metricsText({
      calls: this.#calls,
      ledger: this.#tracker.prometheus(),
      deployments: current.router?.health() ?? [],
      cooldowns: this.#cooled,
      inFlight: this.#inFlight,
      keyBudgets: this.#keyBudgets(),
      redisUp: state.redisUp(),
      reloads: this.#reloads,
      replayed: this.#replayed,
      alerts: alerted,
      loopLagSeconds,
      version,
      startedAt: this.#startedAt,
      aliases: current.settings.litellmMetrics,
    });
  }

  #keyBudgets(): readonly { readonly name: string; readonly id: string; readonly leftUsd: number }[] {
    return this.#facts.state.keys.all().flatMap(({ id, name, maxBudgetUsd }) => {
      if (maxBudgetUsd === undefined) return [];
      return [{ id, name, leftUsd: Math.max(0, maxBudgetUsd - this.#balances.spentUsd(`key ${name}`)) }];
    });
  }

  /** The budget of the key that a call came with. */
  #budgetsFor(tags: readonly string[]): readonly BudgetOptions[] {
    const tag = tags.find((one) => one.startsWith(tagPrefix));
    const key = tag === undefined ? undefined : this.#facts.state.keys.byName(tag.slice(tagPrefix.length));
    if (!key) return [];
    const known = this.#budgets.get(key) ?? budgetOf(key, this.#facts.current.settings.unpricedModels) ?? [];
    this.#budgets.set(key, known);
    return 'limitUsd' in known || 'limitTokens' in known ? [known] : [];
  }

  #routerOptions(options: RouterOptions): RouterOptions {
    const roles = Object.keys(options.roles ?? {}).map((role) => `role:${role}`);
    this.#names = new Set([...Object.keys(options.models), ...Object.keys(options.aliases ?? {}), ...roles]);
    const { onAttempt, onExhausted } = options;
    return {
      ...this.#facts.state.share(options),
      onAttempt: (attempt, request) => {
        onAttempt?.(attempt, request);
        if (attempt.outcome === 'failed') setImmediate(() => this.#lookForCooldowns()); // its circuit judges after this
      },
      onExhausted: async (error) => {
        await onExhausted?.(error);
        this.#exhausted(error);
      },
    };
  }

  #lookForCooldowns(): void {
    const { current, cooldowns, log, state } = this.#facts;
    const opened = current.router ? cooldowns.news(current.router) : [];
    for (const { id, name, model = '', lastError } of opened) {
      this.#cooled.add({ name, backend: model, deployment: id });
      log.warn({ event: 'cooldown', deployment: id, name, model, code: lastError?.code }, 'a backend is left alone for a while');
    }
    if (opened.length > 0) state.tell(opened);
  }

  #exhausted(error: RouteError | ModelError): void {
    const role = 'role' in error ? error.role : undefined;
    const subject = (role === undefined ? (error.model ?? 'default') : `role:${role}`).slice(0, 200);
    const message = `No backend of ${subject} answers (${error.code}).`;
    this.#facts.alerts.raise({ kind: 'all_backends_down', subject, message, facts: { code: error.code } });
  }

  #budgetAlert({ budget, threshold, limit, spent, message, windowEnd }: BudgetAlert): void {
    const subject = `${budget} ${threshold} ${windowEnd ?? ''}`;
    this.#facts.alerts.raise({ kind: 'budget', subject, message, facts: { budget, threshold, limit, spent } });
  }

  #reconfigure(settings: GatewaySettings): void {
    const { state, access, current, alerts, log } = this.#facts;
    const fixed = ['redisUrl', 'budgetsWithoutRedis', 'ledger', 'baseline', 'openTelemetry'] as const;
    const changed = fixed.filter((name) => settings[name] !== current.settings[name]);
    if (changed.length > 0) log.warn({ event: 'restart_needed', settings: changed }, 'these settings change with the next start');
    access.rules = settings;
    alerts.targets = settings.alerts;
    log.level = settings.logLevel;
    state.keys.configure(settings.keys);
    current.settings = settings;
  }

  #reloaded(outcome: 'ok' | Error): void {
    const { log } = this.#facts;
    this.#reloads.add({ result: outcome === 'ok' ? 'ok' : 'failed' });
    if (outcome === 'ok') log.info({ event: 'reloaded' }, 'the configuration was read anew');
    else log.error({ event: 'reload_failed', reason: outcome.message }, 'the configuration stays as it was');
  }

  async #close(): Promise<void> {
    this.#lag.disable();
    this.#telemetry?.close();
    await this.#tracker.flush();
    await this.#facts.alerts.close();
    await this.#facts.state.close();
    const { log, output, options } = this.#facts;
    await new Promise<void>((resolve) => log.flush(() => resolve()));
    if (output !== options.logTo && 'end' in output && typeof output.end === 'function') output.end();
  }
}
