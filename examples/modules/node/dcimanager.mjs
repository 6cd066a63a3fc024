// Conversation with a DCImanager 6, for Node 18 and later: what may be asked again, and what may not.
const clock = process.env.RACKLOOP_CONTROL + '/__lab/clock';
const session = { url: '', token: '' };

export class Failed extends Error {} // the panel said no, or what was ordered did not end well
export class Lost extends Failed {} // no answer of the panel's own: nobody knows whether it took effect

// With these three lines the lab's clock is moved.
const headers = { 'content-type': 'application/json' };
export const sleep = (seconds) => fetch(clock + '/advance', { method: 'POST', headers, body: JSON.stringify({ seconds }) });
export const now = async () => (await (await fetch(clock)).json()).now;

async function once(method, path, body) {
  let status, found;
  try {
    const answer = await fetch(session.url + path, {
      method, headers: { ...headers, 'x-xsrf-token': session.token }, signal: AbortSignal.timeout(30000),
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
export async function question(path, method = 'GET', body = undefined) {
  for (const until = await now() + 60; ;) {
    try {
      return await once(method, path, body);
    } catch (error) {
      if (!(error instanceof Lost) || await now() >= until) throw error;
      await sleep(2);
    }
  }
}

// An order whose answer was lost may have taken effect, or may yet: look a minute later, and only then order again. A refusal may be that
// of a second copy, of which we know nothing: what was wanted may be there all the same.
export async function ordered(method, path, body, done) {
  for (let tries = 4; !(await done()); tries--) {
    try {
      await once(method, path, body);
      return;
    } catch (error) {
      if (!(error instanceof Lost) && (await done())) return;
      if (!(error instanceof Lost) || tries === 1) throw error;
      await sleep(60);
    }
  }
}

// What was just made, though lists may be a minute old.
export async function seen(look) {
  let found = await look();
  for (let tries = 12; !found && tries; tries--) {
    await sleep(10);
    found = await look();
  }
  return found;
}

export const server = (id) => question(`/dci/v3/server/${id}`);
export const operation = async (id) => (await server(id)).operation ?? { id: 0, status: 'none' };

export async function named(path, name) {
  const found = (await question(path)).list.find((row) => row.name === name);
  if (!found) throw new Failed(`the panel has no ${name}`);
  return found.id;
}

export async function logIn({ url, email, password }) {
  session.url = url;
  session.token = (await question('/auth/v4/public/token', 'POST', { email, password })).token;
}
