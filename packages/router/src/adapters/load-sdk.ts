import { ModelError } from '../errors.ts';

/** Loads an SDK, an optional peer, at the first call; one that is not installed is a matter of configuration. */
export async function loadSdk<Sdk>(model: string, packageName: string, load: () => Promise<Sdk>): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, packageName)) throw cause;
    throw new ModelError('not_configured', {
      model,
      reason: `the '${packageName}' package is missing: npm install ${packageName}`,
      cause,
    });
  }
}

/** Anything else that goes wrong while an SDK loads, a missing package of its own for one, is not ours to explain away. */
function isMissing(error: unknown, packageName: string): boolean {
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${packageName}'`);
}
