// Makes one script of the dashboard's page, and keeps it as a module: the gateway serves it as it stands, with no build where it runs.
//   node packages/bundle-page.mjs           after a change in packages/gateway/src/ui/page
//   node packages/bundle-page.mjs --check   fails when that was forgotten
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const folder = fileURLToPath(new URL('gateway/src/ui/', import.meta.url));

/** The module that holds the script, as it should be. */
async function pageModule() {
  const built = await build({
    configFile: false,
    envFile: false,
    logLevel: 'silent',
    root: folder,
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      lib: { entry: `${folder}page/main.ts`, formats: ['es'], fileName: 'page' },
    },
  });
  const [{ output }] = [built].flat();
  const [{ code }] = output;
  // Inside of a page, these would end the script, or begin a comment.
  const script = code.trim();
  if (/<(\/script|script|!--)/i.test(script))
    throw new Error('The script of the page holds what would end it: write it otherwise.');
  return `// Made of the files in ./page by packages/bundle-page.mjs, and not to be changed by hand.\nexport const script: string = ${JSON.stringify(script)};\n`;
}

const kept = `${folder}page-script.ts`;
const wanted = await pageModule();
if (!process.argv.includes('--check')) writeFileSync(kept, wanted);
else if (readFileSync(kept, 'utf8') !== wanted) {
  console.error('packages/gateway/src/ui/page-script.ts is not what ./page makes: run node packages/bundle-page.mjs');
  process.exitCode = 1;
}
