// A billing module by exec, for Node 18 and later: one call a verb, JSON on stdin, JSON on stdout. It sells servers of a DCImanager 6.
import { readFileSync, openSync, closeSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const { panel, kept = {}, order: wanted, client } = asked;
const clock = process.env.RACKLOOP_CONTROL + '/__lab/clock';
let token = '';

class Failed extends Error {} // the panel said no, or what was ordered did not end well
class Lost extends Failed {} // no answer of the panel's own: nobody knows whether it took effect

// With these three lines the lab's clock is moved.
const headers = { 'content-type': 'application/json' };
const sleep = (seconds) => fetch(clock + '/advance', { method: 'POST', headers, body: JSON.stringify({ seconds }) });
const now = async () => (await (await fetch(clock)).json()).now;

async function once(method, path, body) {
  let status, found;
  try {
    const answer = await fetch(panel.url + path, {
      method, headers: { ...headers, 'x-xsrf-token': token }, signal: AbortSignal.timeout(30000),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    status = answer.status;
    found = await answer.json();
  } catch (error) {
    throw new Lost(`${method} ${path}: ${status ?? error.cause?.code ?? error.message}, no answer of the panel's`);
  }
  if (status < 300) return found;
  if (!found?.error || status === 503) throw new Lost(`${method} ${path}: status ${status}`);
  throw new Failed(`${method} ${path}: ${found.error.message ?? found.error.msg}`);
}

// To ask changes nothing: asked again for a minute. What does no harm when it comes twice is ordered so, too.
async function question(path, method = 'GET', body = undefined) {
  for (const until = await now() + 60; ;) {
    try {
      return await once(method, path, body);
    } catch (error) {
      if (!(error instanceof Lost) || await now() >= until) throw error;
      await sleep(2);
    }
  }
}

// An order whose answer was lost may have taken effect, or may yet: look a minute later, and only then order again.
async function ordered(method, path, body, done) {
  for (let tries = 4; !(await done()); tries--) {
    try {
      await once(method, path, body);
      return;
    } catch (error) {
      if (!(error instanceof Lost) || tries === 1) throw error;
      await sleep(60);
    }
  }
}

const server = (id) => question(`/dci/v3/server/${id}`);
const operation = async (id) => (await server(id)).operation ?? { id: 0, status: 'none' };

async function named(path, name) {
  const found = (await question(path)).list.find((row) => row.name === name);
  if (!found) throw new Failed(`the panel has no ${name}`);
  return found.id;
}

async function user() {
  const find = async () => (await question('/dci/v3/user?where=' + encodeURIComponent(`(email EQ '${client.email}')`))).list[0];
  const made = { email: client.email, full_name: client.name, password: randomBytes(9).toString('hex') + 'aA1', role: '@user' };
  await ordered('POST', '/dci/v3/user', made, find);
  const found = await find();
  if (JSON.stringify(found.roles).includes('@admin')) throw new Failed(`${client.email} is an administrator of the panel`);
  return found.id;
}

async function run(id, what, body, limit) {
  const before = (await operation(id)).id;
  await ordered('POST', `/dci/v3/server/${id}/${what}`, body, async () => (await operation(id)).id !== before);
  const until = await now() + limit;
  for (;;) {
    const seen = await operation(id);
    if (seen.status === 'ok') return;
    if (['failed', 'canceled'].includes(seen.status)) throw new Failed(`${what} failed: ${seen.status_info?.message ?? ''}`);
    if (await now() > until) throw new Failed(`${what} did not end in time`);
    await sleep(20);
  }
}

const reserve = (id) => { try { closeSync(openSync(`server-${id}`, 'wx')); return true; } catch { return false; } };

async function giveBack(id) {
  const busy = async () => ['waiting', 'running', 'canceling'].includes((await operation(id)).status);
  if (await busy()) {
    await ordered('POST', `/dci/v3/server/${id}/operation/cancel`, {}, async () => !(await busy()));
    for (let wait = 0; wait < 30 && await busy(); wait++) await sleep(10);
  }
  for (const each of (await server(id)).ip) {
    await ordered('DELETE', `/dci/v3/server/${id}/ip/${each.id}`, undefined, async () => !(await server(id)).ip.some((row) => row.id === each.id));
  }
  await ordered('POST', `/dci/v3/server/${id}/owner`, { owner: null }, async () => !(await server(id)).owner_email);
  rmSync(`server-${id}`, { force: true });
}

async function take() {
  const where = encodeURIComponent(`(configuration EQ '${wanted.configuration}') AND (owner_email IS null)`);
  for (const row of (await question(`/dci/v3/server?where=${where}&orderby=id%20asc`)).list) {
    const seen = await server(row.id); // lists may be old
    const fit = !seen.owner_email && !seen.maintenance && ['none', 'ok', 'canceled'].includes(seen.operation?.status ?? 'none');
    if (fit && [null, row.id].includes(wanted.server_id) && reserve(row.id)) return seen;
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
    if ((await server(kept.id)).power_status !== 'off') await question(`/dci/v3/server/${kept.id}/power_off`, 'POST', {});
    await giveBack(kept.id);
  }
  return { keep: {} };
}

const verbs = { create, terminate, suspend: () => ports('port_off'), unsuspend: () => ports('port_on') };
try {
  ({ token } = await question('/auth/v4/public/token', 'POST', { email: panel.email, password: panel.password }));
  console.log(JSON.stringify({ ok: true, ...(await verbs[asked.verb]()) }));
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exitCode = 1;
}
