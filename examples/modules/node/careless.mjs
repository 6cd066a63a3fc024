// The same module with one mistake: an installation that runs no more counts as one that went well.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const careful = "    if (['failed', 'canceled'].includes(last.status)) throw new Failed(`${what} failed: ${last.status_info?.message ?? ''}`);\n";
const source = readFileSync(new URL('provision.mjs', import.meta.url), 'utf8');
if (!source.includes(careful)) throw new Error('provision.mjs has changed');
const careless = source.replace(careful, "    if (['failed', 'canceled'].includes(last.status)) return;\n");
writeFileSync('careless-copy.mjs', careless.replace('./dcimanager.mjs', new URL('dcimanager.mjs', import.meta.url).href));
await import(pathToFileURL('careless-copy.mjs'));
