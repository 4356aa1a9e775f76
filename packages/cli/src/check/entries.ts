/** The models of a file as they are written, variables put in: what a router does not need to know, advice does. */

export interface Entry {
  readonly name: string;
  /** Before the first slash of `litellm_params.model`; a bare name has the provider that its makers are. */
  readonly provider: string;
  /** What the provider calls the model. */
  readonly id: string;
  readonly apiBase: string | undefined;
  /** Of its own, in the file. A price for input alone is that of embeddings: of a chat it leaves what comes out without one. */
  readonly price: 'none' | 'input' | 'whole';
  readonly hasTimeout: boolean;
  /** `model_info.mode`: it makes vectors, and takes no chat. */
  readonly isEmbedding: boolean;
}

type Data = Readonly<Record<string, unknown>>;

export function entriesOf(data: Data): readonly Entry[] {
  const list = Array.isArray(data['model_list']) ? (data['model_list'] as readonly Data[]) : [];
  return list.map((item): Entry => {
    const params = mapAt(item, 'litellm_params');
    const info = mapAt(item, 'model_info');
    const [provider, id] = split(textAt(params, 'model') ?? '', textAt(params, 'custom_llm_provider'));
    return {
      name: String(item['model_name']),
      provider,
      id,
      apiBase: textAt(params, 'api_base') ?? textAt(params, 'base_url'),
      price: priceIn(params, info),
      hasTimeout: params['timeout'] !== undefined,
      isEmbedding: info['mode'] === 'embedding',
    };
  });
}

function priceIn(...places: readonly Data[]): Entry['price'] {
  const says = (key: string): boolean => places.some((map) => map[key] !== undefined);
  if (!says('input_cost_per_token')) return 'none';
  return says('output_cost_per_token') ? 'whole' : 'input';
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

function textAt(data: Data, key: string): string | undefined {
  const value = data[key];
  return typeof value === 'string' ? value : undefined;
}
