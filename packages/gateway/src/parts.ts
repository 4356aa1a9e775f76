/** Everything behind the HTTP layer, put together. */
import type { ModelResponse } from '@rolecall/core';
import type { CostTracker } from '@rolecall/cost-tracker';
import type { Router, RouterOptions } from '@rolecall/router';
import { Admissions } from './access/admission.ts';
import { Tries } from './access/tries.ts';
import { CallWatch } from './alerts/call-watch.ts';
import { CallDesk } from './calls/call-desk.ts';
import { CallRecords } from './calls/call-records.ts';
import { allOf, inTime } from './ending.ts';
import { type Foundation, layFoundation, type PartsOptions } from './foundation.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { healthRoutes } from './health/health-routes.ts';
import { RouterWatch } from './health/router-watch.ts';
import type { CallEnding, Place, RefusedRequest, Route } from './http/route.ts';
import { keyRoutes } from './keys/key-routes.ts';
import { CallLog } from './log/request-log.ts';
import { Allowances } from './metrics/allowances.ts';
import { CallMetrics } from './metrics/call-metrics.ts';
import { Scrapes } from './metrics/scrape-route.ts';
import { Counter } from './metrics/series.ts';
import type { GatewaySettings } from './settings/gateway-settings.ts';
import { needsRestart } from './settings/needs-restart.ts';
import { dashboardRoutes } from './ui/dashboard-routes.ts';
import { KeyUsage } from './ui/key-usage.ts';
import { LiveEvents } from './ui/live-events.ts';
import { RequestFeed } from './ui/request-feed.ts';

/** Closing waits no longer for a disk that hangs. Node itself ends only once the system lets go of the write, or by SIGKILL. */
const ledgerMs = 10_000;

export type { PartsOptions } from './foundation.ts';

export async function createParts(options: PartsOptions): Promise<GatewayParts> {
  return new Parts(await layFoundation(options));
}

class Parts implements GatewayParts {
  readonly tracker: CostTracker;
  readonly routes: readonly Route[];
  readonly #base: Foundation;
  readonly #feed = new RequestFeed();
  readonly #events = new LiveEvents(this.#feed);
  readonly #allowances = new Allowances();
  readonly #calls = new CallMetrics();
  readonly #cooled = new Counter();
  readonly #reloads = new Counter();
  readonly #replayed = new Counter();
  readonly #scrapes: Scrapes;
  readonly #desk: CallDesk;
  readonly #records: CallRecords;
  readonly #watch: RouterWatch;
  readonly #startedAt = Date.now();
  #isDraining = false;

  constructor(base: Foundation) {
    const { state, current, log, output, alerts, tracker, telemetry } = base;
    const feed = this.#feed;
    this.#base = base;
    this.tracker = tracker;
    this.#scrapes = new Scrapes(() => this.#metrics());
    this.#desk = new CallDesk({
      admissions: new Admissions(state.keys, state.limits),
      feed,
      shared: state.calls,
      tracker,
      replayed: this.#replayed,
      log,
      telemetry,
    });
    this.#records = new CallRecords({
      metrics: this.#calls,
      feed,
      watch: new CallWatch(alerts),
      alerts,
      log,
      callLog: new CallLog(log, output),
      telemetry,
      limits: () => current.settings.alerts,
      isKnown: (name) => current.names?.has(name) ?? false,
    });
    this.#watch = new RouterWatch({ ...base, feed, cooled: this.#cooled, router: () => current.router });
    // A counter that begins above 0 is no increase to Prometheus: what is rare would never be seen.
    this.#replayed.add({}, 0);
    for (const result of ['ok', 'failed']) this.#reloads.add({ result }, 0);
    this.routes = this.#allRoutes();
  }

  admit: GatewayParts['admit'] = (request, area) => this.#base.access.admit(request, area);

  mayListenOn(host: string): void {
    this.#base.access.mayListenOn(host);
  }

  begin: GatewayParts['begin'] = (caller, ask) => this.#desk.begin(caller, ask);

  onEnding(ending: CallEnding): void {
    this.#records.add(ending);
  }

  onRefusal(refused: RefusedRequest): void {
    this.#records.refused(refused);
  }

  onAnswer(place: Place, response: ModelResponse): void {
    this.#allowances.note(place, response);
  }

  routerOptions(options: RouterOptions): RouterOptions {
    return this.#watch.optionsOf(options);
  }

  onRouter(router: Router, { models, aliases = {}, roles = {} }: RouterOptions): void {
    const { current } = this.#base;
    current.router = router;
    current.names = new Set([
      ...Object.keys(models),
      ...Object.keys(aliases),
      ...Object.keys(roles).map((role) => `role:${role}`),
    ]);
    const deployments = new Set(router.health().map(({ id }) => id));
    this.#allowances.keep((deployment) => deployments.has(deployment));
  }

  reconfigure(settings: GatewaySettings, config: RouterOptions): void {
    const { state, access, current, alerts, log, options } = this.#base;
    access.change(settings); // it may refuse
    const changed = needsRestart(options, { settings, config });
    if (changed.length > 0) log.warn({ event: 'restart_needed', settings: changed }, 'these settings change with the next start');
    alerts.targets = settings.alerts;
    log.level = settings.logLevel;
    state.keys.configure(settings.keys);
    current.settings = settings;
  }

  reloaded(outcome: 'ok' | Error): void {
    const { log } = this.#base;
    this.#reloads.add({ result: outcome === 'ok' ? 'ok' : 'failed' });
    if (outcome === 'ok') log.info({ event: 'reloaded' }, 'the configuration was read anew');
    else log.error({ event: 'reload_failed', reason: outcome.message }, 'the configuration stays as it was');
  }

  draining(): void {
    this.#isDraining = true;
    this.#events.close();
  }

  /** Ends one after the other, whatever becomes of those before. @throws {Error} what failed: the ledger's disk that refuses, as a rule */
  async close(): Promise<void> {
    const { telemetry, tracker, alerts, state, log, output, options } = this.#base;
    this.#records.flush();
    this.#scrapes.close();
    telemetry?.close();
    await allOf([
      () =>
        inTime(
          tracker.flush(),
          ledgerMs,
          'The last rows of the ledger were not on the disk in time, or an alert of a budget not told',
        ),
      () => alerts.close(),
      () => state.close(),
      () => new Promise<void>((resolve) => log.flush(() => resolve())),
    ]).finally(() => {
      if (output !== options.logTo && 'end' in output && typeof output.end === 'function') output.end();
    });
  }

  #allRoutes(): readonly Route[] {
    const { state, current, options, tracker, budgets } = this.#base;
    const router = (): Router | undefined => current.router;
    const masterKey = (): string | undefined => current.settings.masterKey;
    const { keys, spend } = state;
    const usage = new KeyUsage();
    tracker.onRow((row) => usage.add(row));
    return [
      ...healthRoutes({
        router,
        isDraining: () => this.#isDraining,
        redisUp: () => state.redisUp(),
        version: versionOf(options),
      }),
      ...keyRoutes({ keys, spend, isOn: () => masterKey() !== undefined, names: () => current.names ?? new Set() }),
      ...dashboardRoutes({
        feed: this.#feed,
        events: this.#events,
        tracker,
        router,
        keys,
        spend,
        usage,
        balances: budgets.balances,
        inFlight: () => this.#desk.inFlight,
        startedAt: this.#startedAt,
        masterKey,
        tries: new Tries(),
      }),
      this.#scrapes.route,
    ];
  }

  #metrics(): ReturnType<ConstructorParameters<typeof Scrapes>[0]> {
    const { state, current, alerted, budgets, tracker, options } = this.#base;
    return {
      calls: this.#calls,
      ledger: tracker.prometheus(),
      deployments: current.router?.health() ?? [],
      cooldowns: this.#cooled,
      allowances: this.#allowances,
      inFlight: this.#desk.inFlight,
      keyBudgets: budgets.remaining(),
      redisUp: state.redisUp(),
      reloads: this.#reloads,
      replayed: this.#replayed,
      alerts: alerted,
      version: versionOf(options),
      startedAt: this.#startedAt,
      aliases: current.settings.litellmMetrics,
    };
  }
}

function versionOf({ version = '0.1.0' }: PartsOptions): string {
  return version;
}
