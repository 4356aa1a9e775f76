/** Optional packages, loaded by the first thing that needs them. */

/** @throws {Error} that says what to install, when the package is not there. */
export async function loadPeer<Module>(user: string, name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(`${user} needs the package ${name}: npm install ${name}`, { cause });
  }
}
