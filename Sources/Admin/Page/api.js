// The API of the relay, at the place that the page came from.
import { setClock } from './format.js';

/** What the API refused. */
export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function ask(method, path, { body, token, signal, headers = {}, expected } = {}) {
  const fields = { 'X-Posthorse-Request': '1', ...headers };
  if (token) fields.Authorization = `Bearer ${token}`;
  if (body) fields['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method, headers: fields, body: body && JSON.stringify(body),
        signal: signal ?? (method === 'GET' ? AbortSignal.timeout(60000) : undefined), cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'the relay does not answer');
  }
  setClock(response.headers.get('date'));
  if (response.ok || response.status === expected) return response;
  const text = await response.text();
  let reason = text;
  try { reason = JSON.parse(text).error ?? text; } catch { /* a proxy has answered */ }
  if (response.status === 401 && !token) dispatchEvent(new Event('logged-out'));
  throw new Problem(response.status, reason.slice(0, 2000) || `the answer is ${response.status}`);
}

export const query = (values) => {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `?${new URLSearchParams(pairs)}` : '';
};

const parsed = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));

export const api = {
  async get(path, values = {}, options) { return (await ask('GET', path + query(values), options)).json(); },
  async text(path) { return (await ask('GET', path)).text(); },
  async lines(path, values = {}, options) { return parsed(await (await ask('GET', path + query(values),
          options)).text()); },
  async stream(path, values, options) { return ask('GET', path + query(values), options); },
  async post(path, body = {}) { return (await ask('POST', path, { body })).json(); },
  async order(path, body) { return parsed(await (await ask('POST', path, { body })).text()); },
  /** A person reads what is wrong, not how programs show a token. What no header field can hold is not sent. */
  async logIn(token) {
    const wrong = new Problem(401, 'The token is not valid.');
    if (!/^[!-~]+$/.test(token)) throw wrong;
    try {
      return await (await ask('POST', 'v1/session', { token })).json();
    } catch (error) {
      throw error.status === 401 ? wrong : error;
    }
  },
  async logOut() { await ask('DELETE', 'v1/session'); },
};
