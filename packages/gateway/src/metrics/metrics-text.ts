/** The answer to a scrape: `rolecall_…`, and the same figures by the names that LiteLLM's dashboards ask for. */
import type { DeploymentHealth } from '@rolecall/router';
import type { KeyBalance } from '../keys/key-budgets.ts';
import type { Allowances } from './allowances.ts';
import type { CallMetrics } from './call-metrics.ts';
import { type Counter, Page, renamed, type Sample, summed } from './series.ts';

export interface GatewayState {
  readonly calls: CallMetrics;
  /** The text of the ledger's own metrics. */
  readonly ledger: string;
  readonly deployments: readonly DeploymentHealth[];
  readonly cooldowns: Counter;
  readonly allowances: Allowances;
  readonly inFlight: number;
  readonly keyBudgets: readonly KeyBalance[];
  /** `undefined`: there is none. */
  readonly redisUp: boolean | undefined;
  readonly reloads: Counter;
  readonly replayed: Counter;
  readonly alerts: Counter;
  readonly loopLagSeconds: number;
  readonly version: string;
  readonly startedAt: number;
  readonly aliases: boolean;
}

export function metricsText(state: GatewayState): string {
  const page = new Page();
  writeOwn(page, state);
  if (state.aliases) writeAliases(page, state);
  return page.text() + state.ledger;
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

function writeOwn(page: Page, state: GatewayState): void {
  const { calls, deployments } = state;
  page
    .counter('rolecall_requests_total', 'Model calls over HTTP, by what was asked for, key and status.', calls.requests.samples())
    .histogram('rolecall_request_duration_seconds', 'How long model calls took over HTTP.', calls.duration.distributions())
    .histogram(
      'rolecall_overhead_seconds',
      'The part of it that the gateway took, queues included.',
      calls.overhead.distributions(),
    )
    .histogram('rolecall_upstream_duration_seconds', 'How long backends took to answer.', calls.upstream.distributions())
    .histogram(
      'rolecall_time_to_first_token_seconds',
      'How long backends took until the first token.',
      calls.firstToken.distributions(),
    )
    .histogram('rolecall_seconds_per_output_token', 'How long backends took for a token.', calls.perOutputToken.distributions())
    .histogram('rolecall_queue_wait_seconds', 'How long attempts waited before they were made.', calls.waited.distributions())
    .counter('rolecall_spend_usd_total', 'Cost in USD, by what was asked for and key.', calls.spend.samples())
    .counter('rolecall_tokens_total', 'Tokens, by what was asked for and key.', calls.tokens.samples())
    .counter('rolecall_attempts_total', 'Calls to backends, by outcome and code.', calls.attempts.samples())
    .counter('rolecall_fallbacks_total', 'Moves from one named model to the next.', calls.fallbacks.samples())
    .counter(
      'rolecall_deployment_cooldowns_total',
      'How often a backend was left alone after failures.',
      state.cooldowns.samples(),
    )
    .gauge(
      'rolecall_deployment_state',
      '0: answers, 1: is being tried again, 2: left alone or not configured.',
      stateSamples(deployments),
    )
    .gauge(
      'rolecall_deployment_in_flight',
      'Calls that a backend is answering.',
      samplesOf(deployments, ({ inFlight }) => inFlight),
    )
    .gauge(
      'rolecall_deployment_queued',
      'Calls that wait for a backend.',
      samplesOf(deployments, ({ queued }) => queued),
    )
    .gauge(
      'rolecall_deployment_remaining_requests',
      'Requests that its provider last said are left for us.',
      state.allowances.samples('requests'),
    )
    .gauge(
      'rolecall_deployment_remaining_tokens',
      'Tokens that its provider last said are left for us.',
      state.allowances.samples('tokens'),
    )
    .gauge('rolecall_in_flight_requests', 'Model calls under way.', one(state.inFlight))
    .gauge('rolecall_key_budget_remaining_usd', 'What a key may still spend.', budgetSamples(state))
    .counter(
      'rolecall_replayed_calls_total',
      'Calls that a lost gateway had begun, and this one made anew.',
      state.replayed.samples(),
    )
    .counter('rolecall_config_reloads_total', 'Reloads of the configuration, by result.', state.reloads.samples())
    .counter('rolecall_alerts_total', 'Alerts, by kind.', state.alerts.samples())
    .gauge(
      'rolecall_event_loop_lag_seconds',
      'How late the event loop is, 99th percentile since the last scrape.',
      one(state.loopLagSeconds),
    )
    .gauge('rolecall_redis_up', 'Whether Redis answers.', state.redisUp === undefined ? [] : one(state.redisUp ? 1 : 0))
    .gauge('rolecall_build_info', 'The version that runs.', [{ labels: { version: state.version }, value: 1 }])
    .gauge('process_resident_memory_bytes', 'Memory of the process.', one(process.memoryUsage.rss()))
    .gauge('process_start_time_seconds', 'When it was started.', one(state.startedAt / 1_000));
}

const asKey = { model: 'requested_model', key: 'api_key_alias', key_id: 'hashed_api_key' };
const asDeployment = { name: 'requested_model', backend: 'litellm_model_name', deployment: 'model_id' };

/** These two have another word for it. */
const asGroup = { name: 'model_group', backend: 'litellm_model_name', deployment: 'model_id' };

function writeAliases(page: Page, { calls, deployments, cooldowns, allowances, inFlight, ...state }: GatewayState): void {
  const requests = renamed(calls.requests.samples(), { ...asKey, status: 'status_code' });
  const byStatus = summed(requests, ['requested_model', 'api_key_alias', 'hashed_api_key', 'status_code']);
  const failed = byStatus.filter(({ labels }) => Number(labels['status_code']) >= 400);
  const tokens = calls.tokens.samples();
  const tokensOf = (type?: string): readonly Sample[] =>
    summed(
      renamed(
        tokens.filter(({ labels }) => type === undefined || labels['type'] === type),
        asKey,
      ),
      Object.values(asKey),
    );
  const attempts = calls.attempts.samples().filter(({ labels }) => labels['outcome'] !== 'skipped');
  const attemptsOf = (...outcomes: readonly string[]): readonly Sample[] =>
    summed(
      renamed(
        attempts.filter(({ labels }) => outcomes.includes(labels['outcome'] ?? '')),
        asDeployment,
      ),
      Object.values(asDeployment),
    );
  const fallbacksOf = (outcome: string): readonly Sample[] =>
    renamed(
      calls.fallbacks.samples().filter(({ labels }) => labels['outcome'] === outcome),
      { from: 'requested_model', to: 'fallback_model' },
    );
  const requested = { model: 'requested_model' };
  page
    .counter('litellm_proxy_total_requests_metric_total', 'As rolecall_requests_total.', byStatus)
    .counter('litellm_proxy_failed_requests_metric_total', 'As rolecall_requests_total, of status 400 and up.', failed)
    .counter(
      'litellm_spend_metric_total',
      'As rolecall_spend_usd_total.',
      renamed(calls.spend.samples(), { ...asKey, backend: 'model' }),
    )
    .counter('litellm_total_tokens_metric_total', 'As rolecall_tokens_total.', tokensOf())
    .counter('litellm_input_tokens_metric_total', 'As rolecall_tokens_total, of type input.', tokensOf('input'))
    .counter('litellm_output_tokens_metric_total', 'As rolecall_tokens_total, of type output.', tokensOf('output'))
    .histogram(
      'litellm_request_total_latency_metric',
      'As rolecall_request_duration_seconds.',
      renamed(calls.duration.distributions(), requested),
    )
    .histogram(
      'litellm_llm_api_latency_metric',
      'As rolecall_upstream_duration_seconds.',
      renamed(calls.upstream.distributions(), asDeployment),
    )
    .histogram(
      'litellm_llm_api_time_to_first_token_metric',
      'As rolecall_time_to_first_token_seconds.',
      renamed(calls.firstToken.distributions(), asDeployment),
    )
    .histogram(
      'litellm_overhead_latency_metric',
      'As rolecall_overhead_seconds.',
      renamed(calls.overhead.distributions(), requested),
    )
    .histogram(
      'litellm_deployment_latency_per_output_token',
      'As rolecall_seconds_per_output_token.',
      renamed(calls.perOutputToken.distributions(), asDeployment),
    )
    .gauge('litellm_deployment_state', 'As rolecall_deployment_state.', renamed(stateSamples(deployments), asDeployment))
    .counter(
      'litellm_deployment_total_requests_total',
      'As rolecall_attempts_total.',
      attemptsOf('answered', 'failed', 'aborted'),
    )
    .counter('litellm_deployment_success_responses_total', 'As rolecall_attempts_total, answered.', attemptsOf('answered'))
    .counter('litellm_deployment_failure_responses_total', 'As rolecall_attempts_total, failed.', attemptsOf('failed'))
    .counter(
      'litellm_deployment_cooled_down_total',
      'As rolecall_deployment_cooldowns_total.',
      renamed(cooldowns.samples(), asDeployment),
    )
    .counter('litellm_deployment_successful_fallbacks_total', 'As rolecall_fallbacks_total, answered.', fallbacksOf('answered'))
    .counter('litellm_deployment_failed_fallbacks_total', 'As rolecall_fallbacks_total, failed.', fallbacksOf('failed'))
    .gauge(
      'litellm_remaining_requests_metric',
      'As rolecall_deployment_remaining_requests.',
      renamed(allowances.samples('requests'), asGroup),
    )
    .gauge(
      'litellm_remaining_tokens_metric',
      'As rolecall_deployment_remaining_tokens.',
      renamed(allowances.samples('tokens'), asGroup),
    )
    .gauge(
      'litellm_remaining_api_key_budget_metric',
      'As rolecall_key_budget_remaining_usd.',
      renamed(budgetSamples(state), asKey),
    )
    .gauge('litellm_in_flight_requests', 'As rolecall_in_flight_requests.', [{ labels: {}, value: inFlight }]);
}

function samplesOf(deployments: readonly DeploymentHealth[], read: (health: DeploymentHealth) => number): readonly Sample[] {
  return deployments.map((health) => ({
    labels: { name: health.name, backend: health.model ?? '', deployment: health.id },
    value: read(health),
  }));
}

function stateSamples(deployments: readonly DeploymentHealth[]): readonly Sample[] {
  return samplesOf(deployments, ({ state, isConfigured }) =>
    state === 'open' || !isConfigured ? 2 : state === 'half_open' ? 1 : 0,
  );
}

function budgetSamples({ keyBudgets }: Pick<GatewayState, 'keyBudgets'>): readonly Sample[] {
  return keyBudgets.map(({ name, id, leftUsd }) => ({ labels: { key: name, key_id: id }, value: leftUsd }));
}
