export { fetchPage, type FetchPageOptions } from './tools/fetch-page.ts';
export { readFile, type ReadFileOptions } from './tools/read-file.ts';
