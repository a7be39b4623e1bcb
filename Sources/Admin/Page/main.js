// Who is here, which view is shown, and the stream of events.
import { api, query } from './api.js';
import { audit } from './audit.js';
import { button, h, paint, say, shown } from './dom.js';
import { follow } from './events.js';
import { forgetFailures, noteFailure } from './failures.js';
import { moment, now } from './format.js';
import { message } from './message.js';
import { messages } from './messages.js';
import { overview } from './overview.js';
import { forget, state, watch, whenChanged } from './state.js';
import { suppressions } from './suppressions.js';
import { upstream } from './upstream.js';

const find = (id) => document.getElementById(id);
const place = find('content');
const views = { overview, messages, message, upstream, suppressions, audit };

let leave = () => {};
let following = new AbortController();

// Views

/** `#/message/ID?name=value` as the name of a view, its argument and its values. */
function asked() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, argument = ''] = path.split('/');
  let text = argument;
  try { text = decodeURIComponent(argument); } catch { /* as it stands */ }
  return { name: Object.hasOwn(views, name) ? name : 'overview', argument: text,
    values: Object.fromEntries(new URLSearchParams(search)) };
}

function show() {
  leave();
  getSelection().removeAllRanges();
  const { name, argument, values } = asked();
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === (name === 'message' ? 'messages' : name === 'upstream' ? 'overview'
        : name)) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  leave = views[name](place, values, argument);
}

// Light and dark

const themes = ['', 'light', 'dark'];
const themeNames = { '': 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' };

function theme(value) {
  document.documentElement.dataset.theme = value;
  find('theme').textContent = themeNames[value];
  try { localStorage.setItem('theme', value); } catch { /* storage may be off */ }
}

function storedTheme() {
  try {
    const value = localStorage.getItem('theme');
    return themes.includes(value) ? value : '';
  } catch { return ''; }
}

// Events

const liveWords = { live: ['good', 'Live'], waiting: ['warn', 'Reconnecting…'], hidden: ['', 'Paused'] };
let live = 'waiting';

/** The stream may be live while what is shown is old. */
function showLive() {
  if (state.who === null) return;
  const stale = live === 'live' ? watch.stale() : null;
  const [kind, text] = stale ? ['warn', `${stale.at ? `As of ${moment(stale.at)}: ` : ''}${shown(stale.problem)}`] : liveWords[live];
  if (find('live').textContent === text) return;
  find('live').className = `live ${kind}`;
  find('live').textContent = text;
}

function onState(word) {
  if (live !== word && word === 'live') watch.soon();
  live = word;
  showLive();
}

whenChanged(showLive);

function onEvent(name, event) {
  if (name === 'missed' || name === 'dropped') { watch.soon(); return; }
  noteFailure(event);
  if (now() - Date.parse(event.time) < 60000) watch.soon();
}

// Coming and going

function start(login) {
  state.who = login.name;
  state.mayOperate = login.role === 'operate';
  find('who').textContent = login.name ? `${shown(login.name)} (${login.role})` : '';
  for (const id of ['nav', 'find']) find(id).hidden = false;
  find('leave').hidden = !login.name;
  following = new AbortController();
  forgetFailures();
  follow({ level: 'notice', since: '60m' }, onEvent, onState, following.signal);
  watch.start();
  show();
}

function askForToken(text) {
  following.abort();
  watch.stop();
  leave();
  leave = () => {};
  find('dialog').close();
  forget();
  for (const id of ['nav', 'find', 'leave']) find(id).hidden = true;
  find('who').textContent = '';
  find('live').textContent = '';
  find('live').className = '';
  const problem = h('p', { class: 'problem', role: 'alert' }, text);
  const token = h('input', { type: 'password', name: 'token', autocomplete: 'current-password', required: true,
      id: 'token' });
  const form = h('form', {}, h('label', { class: 'field' }, 'Token', token), problem,
    h('button', { class: 'main' }, 'Log in'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const login = await api.logIn(token.value.trim());
      if (login.role === 'send') throw new Error('a token with the role send may see nothing here');
      start(login);
    } catch (error) {
      problem.textContent = shown(error.message);
      token.select();
    }
  });
  paint(place, h('section', { class: 'panel login' }, h('h1', {}, 'Log in'),
      h('p', { class: 'muted' }, 'With a token of relay.conf: ', h('code', {}, 'posthorse token create'),
        '. It is kept in a cookie for 12 hours, which no script can read.'), form));
  token.focus();
}

async function begin() {
  try {
    start(await api.get('v1/session'));
  } catch (error) {
    // By the socket nobody logs in: the system knows who asks.
    if (error.status === 409) start({ name: '', role: 'operate' });
    else if (error.status === 401) askForToken('');
    else paint(place, h('p', { class: 'panel problem', role: 'alert' }, `${shown(error.message)} `,
        button('Try again', begin)));
  }
}

const queueID = /^[0-7][0-9A-HJKMNP-TV-Z]{12}$/i;

find('find').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = find('find-text').value.trim();
  if (queueID.test(text)) location.hash = `#/message/${text.toUpperCase()}`;
  else if (/^<.*>$/.test(text)) location.hash = `#/messages${query({ message_id: text })}`;
  else location.hash = `#/messages${query({ recipient: text })}`;
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  place.focus();
});
find('theme').addEventListener('click', () => {
  theme(themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length]);
});
find('leave').addEventListener('click', async () => {
  await api.logOut().catch((error) => say(error.message));
  askForToken('');
});
addEventListener('hashchange', () => {
  if (state.who === null) return;
  show();
  place.focus({ preventScroll: true });
  scrollTo(0, 0);
});
addEventListener('logged-out', () => {
  if (state.who === null) return;
  askForToken('The session has ended.');
});
theme(storedTheme());
begin();
