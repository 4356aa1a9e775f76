/** What a caller may not say: where a request goes, and by whose key. */
import { badRequest, Refusal } from '../http/refusal.ts';
import type { Caller } from '../http/route.ts';

const forbidden: ReadonlySet<string> = new Set([
  'api_base',
  'api_key',
  'api_version',
  'base_url',
  'headers',
  'extra_headers',
  'default_headers',
  'organization',
  'custom_llm_provider',
  'user_config',
  'model_list',
  'litellm_params',
  'azure_ad_token',
  'aws_access_key_id',
  'aws_secret_access_key',
  'vertex_credentials',
]);

type Body = Readonly<Record<string, unknown>>;

/** Looks at the body, and at each map among its fallbacks. @throws {Refusal} */
export function refuseForbiddenFields(body: Body, caller: Caller): void {
  refuseIn(body, '');
  const { fallbacks } = body;
  if (Array.isArray(fallbacks)) {
    for (const [index, item] of (fallbacks as readonly unknown[]).entries()) {
      if (typeof item === 'object' && item !== null) refuseIn(item as Body, `fallbacks[${index}].`);
    }
  }
  if (caller.isAdmin) return;
  for (const name in body) if (name.startsWith('mock_')) throw adminOnly(name);
}

function adminOnly(param: string): Refusal {
  return new Refusal({
    status: 403,
    type: 'permission_error',
    code: 'master_key_needed',
    message: `The field ${param} is for the master key alone.`,
    param,
  });
}

function refuseIn(map: Body, at: string): void {
  for (const name in map) {
    if (!forbidden.has(name.toLowerCase())) continue;
    throw badRequest(
      `The field ${at}${name} is not allowed: where a request goes is said in the configuration alone.`,
      `${at}${name}`,
      'field_not_allowed',
    );
  }
}
