import type { RouterOptions } from '@rolecall/router';
import { pricesOf } from '../prices.ts';
import type { GatewaySettings } from './gateway-settings.ts';

interface Configured {
  readonly settings: GatewaySettings;
  readonly config: RouterOptions;
}

const readOnce = ['redisUrl', 'budgetsWithoutRedis', 'ledger', 'baseline', 'openTelemetry', 'budgets'] as const;

/** What a reload cannot change of what the gateway began with. */
export function needsRestart(first: Configured, now: Configured): readonly string[] {
  const changed: string[] = readOnce.filter((name) => !isEqual(now.settings[name], first.settings[name]));
  return isEqual(pricesOf(now.config), pricesOf(first.config)) ? changed : [...changed, 'prices'];
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
