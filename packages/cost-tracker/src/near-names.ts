/** What a model may be listed as when its own id is not: without the vendor's prefix, without the edition's date. */
export function nearNames(provider: string | undefined, id: string): readonly string[] {
  const bare = provider !== undefined && id.startsWith(`${provider}/`) ? id.slice(provider.length + 1) : id;
  const undated = bare.replace(/[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '');
  return [...new Set([bare, undated])].filter((name) => name !== id && name !== '');
}
