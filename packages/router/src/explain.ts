/** What would become of a request, said without asking anyone. */
import { objectAt } from './options-check.ts';
import type { ModelRequest } from '@rolecall/core';
import type { Chain, Step } from './chain.ts';
import { unknownModel } from './names.ts';
import type { Links } from './links.ts';
import type { Plan, PlannedRequest } from './plan.ts';
import type { BalancedModel } from './policies/balance.ts';
import type { Ranked } from './policies/pool-report.ts';
import type { Routes } from './routes.ts';

/** One backend, and what is to be said of it now. */
export interface ExplainedDeployment {
  readonly id: string;
  /** `provider/model`. */
  readonly model?: string | undefined;
  /** It would be asked; where lots are drawn, it is the likeliest. */
  readonly pick: boolean;
  /** Why it would be asked, or why not. */
  readonly why?: string | undefined;
}

export interface ExplainedLink {
  /** The named model. */
  readonly name: string;
  /** The first of the chain that can be asked. */
  readonly pick: boolean;
  readonly deployments: readonly ExplainedDeployment[];
  /** Who is asked instead when the prompt is too long for it; absent when the rest of the chain is. */
  readonly whenTooLong?: readonly string[] | undefined;
  /** Who is asked instead when a content filter stops it; absent when the rest of the chain is. */
  readonly whenFiltered?: readonly string[] | undefined;
}

interface Facts {
  readonly role?: string | undefined;
  readonly model?: string | undefined;
  /** Why the request could not be served at all. */
  readonly objection?: string | undefined;
  /** In the order in which they would be asked. */
  readonly chain: readonly ExplainedLink[];
  /** The variant whose chain this is, when the role's requests are split, and the names of all. */
  readonly variant?: { readonly name: string; readonly isDrawn: boolean; readonly of: readonly string[] } | undefined;
  /** Named models that such a request never reaches. */
  readonly others: readonly string[];
}

/** What would become of a request: plain data, and `text` for people. */
export class Explanation implements Facts {
  readonly role: string | undefined;
  readonly model: string | undefined;
  readonly objection: string | undefined;
  readonly variant: Facts['variant'];
  readonly chain: readonly ExplainedLink[];
  readonly others: readonly string[];
  /** All of it in words. */
  readonly text: string;

  constructor(facts: Facts) {
    this.role = facts.role;
    this.model = facts.model;
    this.objection = facts.objection;
    this.variant = facts.variant;
    this.chain = facts.chain;
    this.others = facts.others;
    this.text = textOf(facts);
  }

  toString(): string {
    return this.text;
  }
}

/** Explains requests to a router that is made of these. */
export function explainer({ find, chains, msFor }: Routes, links: Links): (request: Partial<ModelRequest>) => Explanation {
  return (asked) => {
    objectAt('router.explain', 'the request', asked, 'an object');
    const request: ModelRequest = { ...asked, messages: asked.messages ?? [] };
    const { role, model, fallbacks } = request;
    const route = find(request);
    const targets = (fallbacks || []).map((target) => (typeof target === 'string' ? target : target.model));
    const stranger = targets.find((name) => !links.byName.has(name));
    const objection =
      typeof route === 'string' ? route : stranger === undefined ? undefined : unknownModel(stranger, links.byName.keys());
    if (typeof route === 'string' || objection !== undefined)
      return new Explanation({ role, model, objection, chain: [], others: [...links.pools.keys()] });

    const variant = variantOf(route.variants, request);
    const own = (variant && route.variants?.chains.get(variant.name)) ?? route.chain;
    const chain = fallbacks === undefined ? own : chains.asRequested(own, fallbacks);
    const insteadOf: InsteadOf = (step, code) => (fallbacks === undefined ? chains.insteadOf(step, code) : undefined);
    const explained = explainChain(chain, { request, ms: msFor(request) }, links, insteadOf);
    const reached = new Set(
      explained.flatMap(({ name, whenTooLong = [], whenFiltered = [] }) => [name, ...whenTooLong, ...whenFiltered]),
    );
    return new Explanation({
      role,
      model,
      variant,
      chain: explained,
      others: [...links.pools.keys()].filter((name) => !reached.has(name)),
    });
  };
}

type InsteadOf = (step: Step, code: string) => Chain | undefined;

/** Goes along the chain as a request would, and past whoever would be asked first to the end. */
function explainChain(
  chain: Chain,
  { request, ms }: { readonly request: ModelRequest; readonly ms: number },
  { placed }: Links,
  insteadOf: InsteadOf,
): readonly ExplainedLink[] {
  const links: ExplainedLink[] = [];
  const explainLink = (step: Step, linksLeft: number): readonly Ranked[] => {
    const { name, deployment, messages = request.messages } = step;
    const owner = deployment === undefined ? name : (placed.find(({ member }) => member.id === deployment)?.name ?? name);
    const asked: PlannedRequest = { ...request, messages, model: owner, plan: planBefore(linksLeft, ms) };
    const ranked = (step.model as Partial<BalancedModel>).rank?.(asked) ?? [];
    const pick = ranked.some((one) => one.pick) && !links.some((link) => link.pick);
    const backendOf = (id: string): string | undefined => placed.find(({ member }) => member.id === id)?.backend.id;
    const deployments = ranked.map(({ id, pick: isPick, why }) => ({ id, model: backendOf(id), pick: isPick, why }));
    const whenTooLong = insteadOf(step, 'context_too_long')?.map((one) => one.name);
    const whenFiltered = insteadOf(step, 'content_filtered')?.map((one) => one.name);
    links.push({ name, pick, deployments, whenTooLong, whenFiltered });
    return ranked;
  };
  const visit = (steps: Chain, linksBehind: number): void => {
    for (let index = 0; index < steps.length;) {
      const step = steps[index] as Step;
      const isNew = step.messages !== undefined || !links.some(({ name }) => name === step.name);
      const ranked = isNew ? explainLink(step, linksBehind + steps.length - index - 1) : [];
      const others = !links.some(({ pick }) => pick) && isTooLong(ranked) ? insteadOf(step, 'context_too_long') : undefined;
      if (others) visit(others, linksBehind + Math.max(0, steps.length - step.after));
      index = others ? step.after : index + 1;
    }
  };
  visit(chain, 0);
  return links;
}

/** It is known without a call that the prompt is too long for whoever else could be asked. */
function isTooLong(ranked: readonly Ranked[]): boolean {
  const codes = new Set(ranked.map(({ code }) => code));
  return codes.has('context_too_long') && !codes.has(undefined) && !codes.has('rate_limited') && !codes.has('not_configured');
}

/** An open circuit is a reason to pass on only as long as there is somebody to pass on to; a queue counts while there is time to wait. */
function planBefore(linksLeft: number, ms: number): Plan {
  const now = performance.now();
  return { deadlineAt: now + ms, linkDeadlineAt: now + ms / (linksLeft + 1), attemptsLeft: 1, linksLeft, asked: new Set() };
}

function variantOf(variants: Exclude<ReturnType<Routes['find']>, string>['variants'], request: ModelRequest): Facts['variant'] {
  if (!variants) return undefined;
  const sticky = variants.of(request);
  const of = [...variants.chains.keys()];
  return { name: sticky ?? of[0] ?? '', isDrawn: sticky === undefined, of };
}

function textOf({ role, model, objection, chain, variant, others }: Facts): string {
  const who =
    [role === undefined ? [] : `role "${role}"`, model === undefined ? [] : `model "${model}"`].flat().join(', ') ||
    'a request without a role';
  if (objection !== undefined) return `${who}: nobody would be asked. ${objection}`;
  const asked = chain.find(({ pick }) => pick);
  const place = (link: ExplainedLink, index: number): string => {
    if (link === asked) return '';
    return asked && chain.indexOf(asked) < index ? ', if that fails' : ': nobody here can be asked';
  };
  const lines = chain.flatMap((link, index) => [
    `  ${index + 1}. ${link.name}${place(link, index)}`,
    ...link.deployments.map(({ id, model: backend, pick, why }) => {
      const marked = link === asked && pick ? '→' : ' ';
      return `     ${marked} ${id}${backend === undefined || backend === id ? '' : ` (${backend})`}${why === undefined ? '' : `: ${why}`}`;
    }),
    ...instead('when the prompt is too long', link.whenTooLong),
    ...instead('when a content filter stops it', link.whenFiltered),
  ]);
  return [
    `${who}: ${asked ? `${asked.name} would be asked` : 'nobody can be asked now'}`,
    ...(variant
      ? [`  variant "${variant.name}" of ${variant.of.join(', ')}${variant.isDrawn ? ', one drawn for each request' : ''}`]
      : []),
    ...lines,
    ...(others.length > 0 ? [`  not in this chain: ${others.join(', ')}`] : []),
  ].join('\n');
}

function instead(when: string, names: readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : [`       ${when}: ${names.join(', ') || 'nobody else'}`];
}
