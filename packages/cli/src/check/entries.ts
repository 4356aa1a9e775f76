/** The models of a file as they are written: what a router does not need to know, advice does. */
import { parse } from 'yaml';
import type { Io } from '../io.ts';

export interface Entry {
  readonly name: string;
  /** Before the first slash of `litellm_params.model`; a bare name has the provider that its makers are. */
  readonly provider: string;
  /** What the provider calls the model. */
  readonly id: string;
  readonly apiBase: string | undefined;
  /** It has a price of its own in the file. */
  readonly hasPrice: boolean;
  readonly hasTimeout: boolean;
}

type Data = Readonly<Record<string, unknown>>;

/** The file as plain data. It has been read before, so it is known to be a map. */
export function dataOf(text: string): Data {
  return parse(text) as Data;
}

export function entriesOf(data: Data, env: Io['env']): readonly Entry[] {
  const list = Array.isArray(data['model_list']) ? (data['model_list'] as readonly Data[]) : [];
  return list.map((item): Entry => {
    const params = mapAt(item, 'litellm_params');
    const info = mapAt(item, 'model_info');
    const [provider, id] = split(textAt(params, 'model', env) ?? '', textAt(params, 'custom_llm_provider', env));
    return {
      name: String(item['model_name']),
      provider,
      id,
      apiBase: textAt(params, 'api_base', env) ?? textAt(params, 'base_url', env),
      hasPrice: [params, info].some((map) => map['input_cost_per_token'] !== undefined),
      hasTimeout: params['timeout'] !== undefined,
    };
  });
}

function split(model: string, given: string | undefined): readonly [provider: string, id: string] {
  if (given !== undefined) return [given, model.startsWith(`${given}/`) ? model.slice(given.length + 1) : model];
  const slash = model.indexOf('/');
  if (slash > 0) return [model.slice(0, slash), model.slice(slash + 1)];
  return [model.startsWith('claude') ? 'anthropic' : 'openai', model];
}

export function mapAt(data: Data, key: string): Data {
  const value = data[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

function textAt(data: Data, key: string, env: Io['env']): string | undefined {
  const value = data[key];
  if (typeof value !== 'string') return undefined;
  return value.startsWith('os.environ/') ? env[value.slice('os.environ/'.length)] : value;
}
