/** One entry of `model_list`, as a model of the adapter that serves it. */
import type { Model } from '@rolecall/core';
import { anthropic } from '../adapters/anthropic.ts';
import { groq } from '../adapters/groq.ts';
import { ollama } from '../adapters/ollama.ts';
import { openai } from '../adapters/openai.ts';
import type { Backend } from '../backend.ts';
import { ModelError } from '../errors.ts';
import { hasPassword } from '../options-check.ts';
import { type Environment, referenceIn, variable } from './environment.ts';
import type { ModelParams } from './file.ts';
import { type Provider, type ServedModel, servedModel } from './providers.ts';

/** Why there is no such model: the key that is to blame, and the rest of a sentence about it. */
export interface Objection {
  readonly key: keyof ModelParams;
  readonly sentence: string;
}

/** The backend is there, or cannot be asked for want of a variable, or cannot be at all. */
export type Outcome =
  | { readonly model: Model; readonly missing?: string | undefined; readonly objection?: undefined }
  | { readonly objection: Objection };

/** Finds the adapter, the address and the key. The first of `missing` names the variable that is not set. */
export function backendOf(params: ModelParams, missing: string | undefined, env: Environment): Outcome {
  if (missing !== undefined && referenceIn(params.model) === missing)
    return { model: notConfigured(params.model, missing), missing };
  const served = servedModel(params.model, params.custom_llm_provider);
  if (typeof served === 'string') return { objection: { key: 'model', sentence: served } };
  const id = `${served.provider.name ?? served.prefix}/${served.id}`;
  if (missing !== undefined) return { model: notConfigured(id, missing), missing };

  const address = addressOf(served, params, env);
  if (typeof address !== 'object') return { objection: { key: 'api_base', sentence: address } };
  const { apiKeyVariables, needsKey } = served.provider;
  const apiKey = params.api_key ?? (address.own ? firstOf(apiKeyVariables, env) : undefined);
  const [keyVariable = ''] = apiKeyVariables;
  if (apiKey === undefined && needsKey && address.own) return { model: notConfigured(id, keyVariable), missing: keyVariable };
  return modelOf(served, params, address.baseURL, apiKey);
}

/** A backend that is never asked, and says why. */
function notConfigured(id: string, missing: string): Model {
  const reason = `the variable ${missing} is not set`;
  const model: Backend = async () => {
    throw new ModelError('not_configured', { model: id, reason });
  };
  return Object.assign(model, { id, notConfigured: () => reason });
}

interface Address {
  /** Absent: the adapter finds it itself, and knows what else of the environment belongs to it. */
  readonly baseURL: string | undefined;
  /** It is the provider's own, or the environment leads there: the environment's key may go there too. */
  readonly own: boolean;
}

function addressOf({ prefix, provider }: ServedModel, params: ModelParams, env: Environment): Address | string {
  const { baseURLVariables: variables, native = false } = provider;
  const given = params.api_base ?? params.base_url;
  const baseURL = given ?? firstOf(variables, env) ?? provider.baseURL;
  if (native && given === undefined && baseURL === (firstOf(variables.slice(0, 1), process.env) ?? provider.baseURL)) {
    return { baseURL: undefined, own: true };
  }
  if (baseURL === undefined) {
    const [name] = variables;
    return `is missing, and ${prefix} has no address that everyone knows; it must be a URL${name === undefined ? '' : `, as may be the variable ${name}`}`;
  }
  const bareHost = provider.adapter === 'ollama' && !baseURL.includes('://');
  if (!isHttp(bareHost ? `http://${baseURL}` : baseURL)) return 'is no URL; it must be one such as https://example.com/v1';
  if (provider.adapter !== 'ollama' && hasPassword(baseURL))
    return 'has a password in it; it must be without one, and extra_headers can carry it';
  return {
    baseURL: baseURL.replace(/\/+$/, ''),
    own: given === undefined || provider.anywhere === true || sameHost(given, provider.baseURL),
  };
}

function modelOf(served: ServedModel, params: ModelParams, baseURL: string | undefined, apiKey: string | undefined): Outcome {
  const { provider, prefix, id } = served;
  const headers = { ...params.headers, ...params.extra_headers };
  if (provider.adapter === 'anthropic') return anthropicModel(id, params, { apiKey, headers, baseURL });
  if (provider.adapter === 'ollama') return { model: ollamaModel(id, params, { apiKey, headers, baseURL }) };
  if (provider.adapter === 'groq') return { model: groqModel(id, { apiKey, headers, baseURL }) };
  const azure = prefix === 'azure' && baseURL !== undefined;
  const name = prefix === 'openai' ? undefined : (provider.name ?? prefix);
  return { model: openai(id, { apiKey, headers, baseURL: azure ? azureURL(baseURL) : baseURL, provider: name }) };
}

interface Connection {
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly baseURL: string | undefined;
}

const apiVersions = ['2023-06-01', '2026-10-21'] as const;

function anthropicModel(id: string, { api_version: version }: ModelParams, connection: Connection): Outcome {
  const apiVersion = apiVersions.find((known) => known === version);
  if (version !== undefined && apiVersion === undefined) {
    return {
      objection: {
        key: 'api_version',
        sentence: `is none of Anthropic's; it must be ${apiVersions.join(' or ')}`,
      },
    };
  }
  // The SDK adds the path itself.
  const baseURL = connection.baseURL?.replace(/\/v1(?:\/messages)?$/, '');
  return { model: anthropic(id, { ...connection, baseURL, apiVersion }) };
}

function groqModel(id: string, connection: Connection): Model {
  const root = connection.baseURL?.replace(/\/openai\/v1$/, '');
  const bare = root === undefined || new URL(root).pathname === '/';
  // Somebody else's path: what is asked there is the protocol of OpenAI, without Groq's prefix.
  return bare ? groq(id, { ...connection, baseURL: root }) : openai(id, { ...connection, provider: 'groq' });
}

function ollamaModel(id: string, params: ModelParams, { apiKey, headers, baseURL }: Connection): Model {
  const bearer = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return ollama(id, {
    host: baseURL,
    headers: { ...bearer, ...headers },
    contextTokens: params.num_ctx,
    keepAlive: params.keep_alive,
  });
}

function azureURL(baseURL: string): string {
  return baseURL.endsWith('/openai/v1') ? baseURL : `${baseURL}/openai/v1`;
}

function firstOf(names: Provider['apiKeyVariables'], env: Environment): string | undefined {
  for (const name of names) {
    const value = variable(name, env);
    if (value !== undefined) return value;
  }
  return undefined;
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function sameHost(url: string, other: string | undefined): boolean {
  return other !== undefined && URL.canParse(url) && new URL(url).host === new URL(other).host;
}
