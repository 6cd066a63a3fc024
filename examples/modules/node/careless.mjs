// The same module with one mistake: an installation that runs no more counts as one that went well.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const careful = "    if (['failed', 'canceled'].includes(seen.status)) throw new Failed(`${what} failed: ${seen.status_info?.message ?? ''}`);\n";
const source = readFileSync(new URL('provision.mjs', import.meta.url), 'utf8');
if (!source.includes(careful)) throw new Error('provision.mjs has changed');
writeFileSync('careless-copy.mjs', source.replace(careful, "    if (['failed', 'canceled'].includes(seen.status)) return;\n"));
await import(pathToFileURL('careless-copy.mjs'));
