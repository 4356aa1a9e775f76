/** What the parts of a gateway stand on, opened one after the other. */
import { CostTracker } from '@rolecall/cost-tracker';
import type { Router, RouterOptions } from '@rolecall/router';
import type { DestinationStream, Logger } from 'pino';
import { Access } from './access/access.ts';
import { Alerts } from './alerts/alerts.ts';
import { budgetAlert } from './alerts/budget-alert.ts';
import { Cooldowns } from './health/cooldowns.ts';
import { KeyBudgets } from './keys/key-budgets.ts';
import { createLog, standardOutput } from './log/request-log.ts';
import { Counter } from './metrics/series.ts';
import { pricesOf } from './prices.ts';
import { makeLedgerFolder } from './settings/ledger-folder.ts';
import type { GatewaySettings } from './settings/gateway-settings.ts';
import { openState, type State } from './state/state.ts';
import { openTelemetry, type Telemetry } from './telemetry/telemetry.ts';

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

/** @throws {TypeError} when no ledger can be written where the settings say. @throws {Error} when it cannot be read, or OpenTelemetry is not installed. */
export async function layFoundation(options: PartsOptions): Promise<Foundation> {
  const { settings } = options;
  if (settings.ledger !== undefined) await makeLedgerFolder(settings.ledger);
  const output = options.logTo ?? standardOutput();
  const log = createLog(settings.logLevel, output);
  const cooldowns = new Cooldowns();
  const current: Current = { settings };
  const state = await openState({ settings, log, cooldowns, router: () => current.router });
  try {
    return await foundationOn({ options, output, log, cooldowns, current, state });
  } catch (error) {
    await state.close(); // a connection that is left open holds the process
    throw error;
  }
}

type Ground = Pick<Foundation, 'options' | 'output' | 'log' | 'cooldowns' | 'current' | 'state'>;

async function foundationOn(ground: Ground): Promise<Foundation> {
  const { options, current, state, log } = ground;
  const { settings, insecure = false } = options;
  state.keys.configure(settings.keys);
  const access = new Access(state.keys, settings, insecure);
  const alerted = new Counter();
  const alerts = new Alerts(settings.alerts, log, alerted);
  const budgets = new KeyBudgets(state.keys, () => current.settings.unpricedModels);
  const tracker = trackerOf(options, state, budgets, alerts);
  // Budgets go on where the ledger on disk left them, and what keys have spent; Redis knows that by itself.
  const { keys, spend } = state;
  if (settings.ledger !== undefined && settings.redisUrl === undefined)
    await tracker.resume((row) => spend.remember(row, (name) => keys.byName(name) !== undefined));
  const telemetry = settings.openTelemetry ? await openTelemetry(tracker) : undefined;
  return { ...ground, access, alerted, alerts, budgets, tracker, telemetry };
}

/** What a reload replaces. */
interface Current {
  router?: Router;
  settings: GatewaySettings;
  /** What can be asked for by name. */
  names?: ReadonlySet<string>;
}

export interface Foundation {
  readonly options: PartsOptions;
  readonly output: DestinationStream;
  readonly log: Logger;
  readonly cooldowns: Cooldowns;
  readonly current: Current;
  readonly state: State;
  readonly access: Access;
  readonly alerted: Counter;
  readonly alerts: Alerts;
  readonly budgets: KeyBudgets;
  readonly tracker: CostTracker;
  readonly telemetry: Telemetry | undefined;
}

function trackerOf({ settings, config }: PartsOptions, state: State, keys: KeyBudgets, alerts: Alerts): CostTracker {
  const { budgets, ledger, baseline } = settings;
  const tracker = new CostTracker({
    prices: pricesOf(config),
    ...(ledger !== undefined && { ledger }),
    ...(baseline !== undefined && { baseline }),
    budgets,
    budgetsFor: ({ tags = [] }) => keys.of(tags),
    budgetStore: keys.watched(state.budgets),
    onAlert: (alert) => alerts.raise(budgetAlert(alert)),
  });
  tracker.onRow((row) => state.spend.add(row));
  return tracker;
}
