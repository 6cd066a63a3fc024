// A billing module by exec, for Node 18 and later: one call a verb, JSON on stdin, JSON on stdout. It sells servers of a DCImanager 6.
import { readFileSync, openSync, closeSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { Failed, logIn, named, now, operation, ordered, question, seen, server, sleep } from './dcimanager.mjs';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const { panel, kept = {}, order: wanted, client } = asked;

async function user() {
  const find = async () => (await question('/dci/v3/user?where=' + encodeURIComponent(`(email EQ '${client.email}')`))).list[0];
  const made = { email: client.email, full_name: client.name, password: randomBytes(9).toString('hex') + 'aA1', role: '@user' };
  await ordered('POST', '/dci/v3/user', made, find);
  const found = await seen(find);
  if (!found) throw new Failed(`the panel does not show ${client.email}`);
  if (JSON.stringify(found.roles).includes('@admin')) throw new Failed(`${client.email} is an administrator of the panel`);
  return found.id;
}

async function run(id, what, body, limit) {
  const before = (await operation(id)).id;
  await ordered('POST', `/dci/v3/server/${id}/${what}`, body, async () => (await operation(id)).id !== before);
  const until = await now() + limit;
  for (;;) {
    const last = await operation(id);
    if (last.status === 'ok') return;
    if (['failed', 'canceled'].includes(last.status)) throw new Failed(`${what} failed: ${last.status_info?.message ?? ''}`);
    if (await now() > until) throw new Failed(`${what} did not end in time`);
    await sleep(20);
  }
}

const reserve = (id) => { try { closeSync(openSync(`server-${id}`, 'wx')); return true; } catch { return false; } };

const free = (id, address) =>
  ordered('DELETE', `/dci/v3/server/${id}/ip/${address}`, undefined, async () => !(await server(id)).ip.some((row) => row.id === address));

async function giveBack(id) {
  const busy = async () => ['waiting', 'running', 'canceling'].includes((await operation(id)).status);
  if (await busy()) {
    await ordered('POST', `/dci/v3/server/${id}/operation/cancel`, {}, async () => !(await busy()));
    for (let wait = 0; wait < 30 && await busy(); wait++) await sleep(10);
  }
  for (const each of (await server(id)).ip) await free(id, each.id);
  await ordered('POST', `/dci/v3/server/${id}/owner`, { owner: null }, async () => !(await server(id)).owner_email);
  rmSync(`server-${id}`, { force: true });
}

async function take() {
  const where = encodeURIComponent(`(configuration EQ '${wanted.configuration}') AND (owner_email IS null)`);
  for (const row of (await question(`/dci/v3/server?where=${where}&orderby=id%20asc`)).list) {
    const found = await server(row.id); // lists may be old
    const fit = !found.owner_email && !found.maintenance && ['none', 'ok', 'canceled'].includes(found.operation?.status ?? 'none');
    if (fit && [null, row.id].includes(wanted.server_id) && reserve(row.id)) return found;
  }
  throw new Failed(`no free server of the configuration ${wanted.configuration}`);
}

async function create() {
  const template = await named('/dci/v3/os_template', wanted.os);
  const ippool = await named('/ip/v3/ippool', asked.settings.pool ?? 'public');
  const owner = await user();
  const { id, name, power_status: power } = await take();
  const here = `/dci/v3/server/${id}`;
  try {
    await ordered('POST', here + '/owner', { owner }, async () => (await server(id)).owner_email?.toLowerCase() === client.email.toLowerCase());
    await question(here + '/port_on', 'POST', {});
    if (power !== 'on') await ordered('POST', here + '/power_on', {}, async () => (await server(id)).power_status === 'on');
    await ordered('POST', here + '/ip', { ippool, family: 'ipv4', count: 1 }, async () => (await server(id)).ip.length > 0);
    for (const extra of (await server(id)).ip.slice(1)) await free(id, extra.id); // an order that came twice
    await run(id, 'os_install', { os_template: template, password: asked.password }, 7200);
  } catch (error) {
    await giveBack(id);
    throw error;
  }
  return { server: name, addresses: (await server(id)).ip.map((each) => each.name), keep: { id } };
}

async function ports(way) {
  if (!kept.id) throw new Failed('the service has no server');
  await question(`/dci/v3/server/${kept.id}/${way}`, 'POST', {});
}

async function terminate() {
  if (kept.id) {
    await question(`/dci/v3/server/${kept.id}/port_on`, 'POST', {}); // diagnostics boot from the network
    await run(kept.id, 'diagnostic', { template: await named('/dci/v3/os_template', 'Diag6'), clear_disks: true }, 7200);
    await question(`/dci/v3/server/${kept.id}/port_off`, 'POST', {});
    await ordered('POST', `/dci/v3/server/${kept.id}/power_off`, {}, async () => (await server(kept.id)).power_status === 'off');
    await giveBack(kept.id);
  }
  return { keep: {} };
}

const verbs = { create, terminate, suspend: () => ports('port_off'), unsuspend: () => ports('port_on') };
try {
  await logIn(panel);
  console.log(JSON.stringify({ ok: true, ...(await verbs[asked.verb]()) }));
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exitCode = 1;
}
