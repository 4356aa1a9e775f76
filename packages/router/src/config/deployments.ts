/** `model_list` as pools of deployments, one for each name. */
import type { Deployment } from '../deployment.ts';
import { redact } from '../errors.ts';
import { backendOf } from './backend.ts';
import { type Environment, isNeededAt, type Missing } from './environment.ts';
import type { ConfigFile, ModelEntry } from './file.ts';
import type { Findings } from './findings.ts';
import { cooldownOf, routerCooldown, routerTimeout, timeoutOf } from './reliability.ts';
import { settingsOf, withSettings } from './settings.ts';
import type { ListedModel } from './shape.ts';
import type { Path } from './yaml-source.ts';

export interface Pool {
  readonly deployments: readonly Deployment[];
  /** The variables for want of which none of them can be asked. Empty when one can. */
  readonly wanting: readonly string[];
  /** What its deployments are called, each with its place. */
  readonly ids: readonly { readonly id: string; readonly path: Path }[];
}

interface Context {
  readonly file: ConfigFile;
  readonly env: Environment;
  readonly missing: readonly Missing[];
  readonly findings: Findings;
}

interface Built {
  readonly deployment: Deployment;
  readonly path: Path;
  readonly wants: string | undefined;
}

/** Makes the backends. One that lacks a variable is there all the same, and says so when asked. */
export function readPools(models: readonly ListedModel[], context: Context): ReadonlyMap<string, Pool> {
  const built = new Map<string, Built[]>(models.map(({ name }) => [name, []]));
  for (const { name, path, entry } of models) {
    const one = entry && readEntry(entry, path, context);
    if (one) built.get(name)?.push(one);
  }
  const pools = new Map([...built].map(([name, members]) => [name, poolOf(name, members)]));
  refuseTakenIds(pools, context.findings);
  return pools;
}

function poolOf(name: string, members: readonly Built[]): Pool {
  const wants = members.map((one) => one.wants);
  return {
    deployments: members.map(({ deployment }) => deployment),
    ids: members.map(({ deployment: { id }, path }, index) => ({
      id: id ?? (members.length === 1 ? name : `${name}#${index + 1}`),
      path,
    })),
    wanting: wants.includes(undefined) ? [] : [...new Set(wants.filter((variable) => variable !== undefined))],
  };
}

function refuseTakenIds(pools: ReadonlyMap<string, Pool>, findings: Findings): void {
  const taken = new Set<string>();
  for (const [name, { ids }] of pools) {
    for (const { id, path } of ids) {
      const isTaken = taken.has(id) || (id !== name && pools.has(id));
      if (isTaken)
        findings.problem(
          [...path, 'model_info', 'id'],
          `is "${redact(id)}", as another deployment or model is called; an id is one's own`,
        );
      taken.add(id);
    }
  }
}

/** By mode: what is asked to see whether it answers, a vector or a word. */
const probed: ReadonlySet<unknown> = new Set(['embedding', 'chat', 'completion', 'responses']);

function readEntry(entry: ModelEntry, path: Path, { file, env, missing, findings }: Context): Built | undefined {
  const { litellm_params: params } = entry;
  const own = missing.find((one) => isNeededAt(path, one));
  const outcome = backendOf(params, own?.variable, env);
  if (outcome.objection) {
    const { key, sentence } = outcome.objection;
    const place = [...path, 'litellm_params', key];
    findings.problem(place, key === 'model' ? `${findings.shownAt(place)} ${sentence}` : sentence);
    return undefined;
  }
  if (outcome.missing !== undefined && !own)
    findings.warnMissing([...path, 'litellm_params', 'model'], outcome.missing, entry.model_name);
  if (params.tags && !file.router_settings?.enable_tag_filtering) {
    findings.verdict([...path, 'litellm_params', 'tags'], 'ignored', 'router_settings.enable_tag_filtering is not on');
  }
  const { mode = null } = entry.model_info ?? {};
  if (mode !== null && !probed.has(mode))
    findings.verdict([...path, 'model_info', 'mode'], 'ignored', 'a model answers what its adapter can ask');
  const deployment = { ...placeOf(entry, file), model: withSettings(outcome.model, settingsOf(params)) };
  return { deployment, path, wants: outcome.missing };
}

/** Where a deployment stands among the others of its name. */
function placeOf(
  entry: ModelEntry,
  { router_settings: router = {}, litellm_settings: litellm = {} }: ConfigFile,
): Omit<Deployment, 'model'> {
  const { litellm_params: params, model_info: info = {} } = entry;
  const checks = router.enable_pre_call_checks !== false;
  return {
    id: info.id,
    weight: params.weight,
    rpm: entry.rpm ?? params.rpm ?? info.rpm,
    tpm: entry.tpm ?? params.tpm ?? info.tpm,
    maxConcurrent: params.max_parallel_requests ?? router.default_max_parallel_requests,
    order: params.order,
    tags: router.enable_tag_filtering ? params.tags : undefined,
    maxInputTokens: checks ? info.max_input_tokens : undefined,
    inputUsdPerMillion: perMillion(params.input_cost_per_token ?? info.input_cost_per_token),
    outputUsdPerMillion: perMillion(params.output_cost_per_token ?? info.output_cost_per_token),
    retries: params.num_retries,
    timeout: timeoutOf(params, routerTimeout(router, litellm)),
    cooldown: cooldownOf(params, info, routerCooldown(router, litellm)),
  };
}

function perMillion(usdPerToken: number | undefined): number | undefined {
  return usdPerToken === undefined ? undefined : usdPerToken * 1_000_000;
}
