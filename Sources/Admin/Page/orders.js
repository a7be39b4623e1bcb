// Orders: what they would do is said first, then they need a reason, then they run.
import { api } from './api.js';
import { alien, button, h, say, shown } from './dom.js';
import { count, plural, span } from './format.js';
import { isSpent } from './quotas.js';
import { reload, state } from './state.js';

const dialog = document.getElementById('dialog');
dialog.addEventListener('close', () => dialog.replaceChildren());

/**
 * Asks before an order.
 *
 * @param impact loads what to show as nodes, and fails if the order makes no sense
 * @param fields further fields of the form
 * @param run gets the form's values; returns the result in words
 */
export function confirm({ title, verb, isDangerous, impact, fields = [], run }) {
  const effect = h('div', { class: 'impact', role: 'status' }, 'Counting…');
  const go = h('button', { class: isDangerous ? 'danger' : 'main', disabled: true }, verb);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const form = h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, title), effect, fields,
    h('label', { class: 'field' }, 'Reason, for the audit log',
      h('input', { name: 'reason', maxlength: 500, autocomplete: 'off' })), problem,
    h('div', { class: 'buttons' }, go, button('Cancel', () => dialog.close())));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    problem.textContent = '';
    try {
      const result = await run(Object.fromEntries(new FormData(form)));
      // Meanwhile somebody may have left it, and opened another one.
      if (form.isConnected) dialog.close();
      if (result) say(result);
      await reload();
    } catch (error) {
      if (!form.isConnected) say(error.message);
      problem.textContent = shown(error.message);
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector('input, select')?.focus();
  impact().then((nodes) => {
    effect.replaceChildren(...[nodes].flat(9).filter(Boolean));
    go.disabled = false;
  }, (error) => effect.replaceChildren(shown(error.message)));
}

// Upstreams

const words = {
  disable: 'Disable', enable: 'Enable', drain: 'Drain', trip: 'Open the circuit of', reset: 'Close the circuit of',
  probe: 'Check',
};
const meanings = {
  disable: 'No mail and no checks from now on; what is under way ends.',
  enable: 'Mail may go there again.',
  drain: 'No new mail; what is queued for it still goes there.',
  trip: 'As if it had failed: a trial and a ramp lead back.',
  reset: 'All its mail returns at once. If it still fails, the circuit opens again.',
  probe: 'Connect, EHLO, TLS and login; no mail is sent.',
};

/** The orders that make sense for an upstream as it stands. */
export function verbs(upstream) {
  const byState = upstream.admin_state === 'enabled' ? ['disable', 'drain'] : ['enable'];
  // The share of one that is kept from mail by hand, or by a quota, is 0, whatever its circuit says.
  const isWhole = upstream.circuit === 'closed'
    && (upstream.share === 1 || upstream.admin_state !== 'enabled' || isSpent(upstream));
  const byCircuit = isWhole ? ['trip'] : ['reset'];
  return [...byState, ...byCircuit, 'probe'];
}

/** What stays where it is, whatever the order says of the rest. */
function staying({ action, in_flight: flight, lined_up: queued }) {
  const stays = action === 'drain' ? queued : 0;
  return [flight ? `In its sessions, and ending as they would have: ${plural(flight, 'message')}.` : '',
    stays ? `Lined up for one, and still going there: ${plural(stays, 'message')}.` : ''].filter(Boolean).join(' ');
}

/** Where the mail of a route would go. */
function sentence({ route, messages, before, after }, isPart) {
  const [from, to] = [before.join(', '), after.join(', ')];
  if (from === to) return `route ${route}: ${to ? `mail goes by ${to}, as now` : 'mail waits, as now'}`;
  const mail = `${isPart ? 'the rest of ' : ''}${plural(messages, 'message')} waiting, and all new mail,`;
  const there = to ? `go by ${to}` : 'wait: no other upstream takes mail';
  return `route ${route}: ${mail} would ${there} instead of ${from ? `by ${from}` : 'waiting'}`;
}

const place = (name, verb) => `v1/upstreams/${encodeURIComponent(name)}/${verb}`;

/** What an order would change, in words: a list of sentences. */
export function effects(impact) {
  const stays = staying(impact);
  return [`${meanings[impact.action]} ${stays}`.trim(), ...impact.routes.map((route) => sentence(route, stays))];
}

async function upstreamImpact(name, verb) {
  const [first, ...others] = effects(await api.post(place(name, verb), { dry_run: true }));
  return [h('p', {}, first), h('ul', {}, others.map((text) => h('li', {}, text)))];
}

export function orderUpstream(upstream, verb) {
  const takesTime = ['disable', 'drain', 'trip'].includes(verb);
  const times = [['', verb === 'trip' ? 'as relay.conf says' : 'until enabled'], ['1800', '30 minutes'],
    ['7200', '2 hours'], ['28800', '8 hours'], ['86400', '1 day']];
  confirm({
    title: `${words[verb]} ${upstream.name}`, verb: `${words[verb].split(' ')[0]} ${upstream.name}`, isDangerous: takesTime,
    impact: () => upstreamImpact(upstream.name, verb),
    fields: takesTime ? [h('label', { class: 'field' }, 'For',
        h('select', { name: 'time' }, times.map(([value, text]) => h('option', { value }, text))))] : [],
    run: async ({ reason, time }) => {
      const body = { ...(reason && { reason }), ...(time && { for_seconds: Number(time) }) };
      const answer = await api.post(place(upstream.name, verb), body);
      if (verb !== 'probe') return `${upstream.name}: ${answer.reason}`;
      const { healthy, failed_phase: phase, took_ms: took, text } = answer.last_probe;
      return `${upstream.name} is ${healthy ? 'healthy' : `not healthy (${phase})`}, after ${span(took / 1000)}: ${text}`;
    },
  });
}

// Alerts

const alertPlace = (name, verb) => `v1/alerts/${encodeURIComponent(name)}/${verb}`;

/** Keeps an alert silent for a while, or ends that. */
export function orderAlert(name, isSilence) {
  const verb = isSilence ? 'silence' : 'unsilence';
  const times = [['3600', '1 hour'], ['14400', '4 hours'], ['86400', '1 day']];
  confirm({
    title: `${isSilence ? 'Silence' : 'End the silence of'} ${name}`, verb: isSilence ? 'Silence' : 'End it',
    fields: isSilence ? [choices('time', 'For', times)] : [],
    impact: async () => {
      await api.post(alertPlace(name, verb), { dry_run: true });
      return h('p', {}, isSilence ? 'Nobody is told of it, whatever it is about.' : 'It is told of again.');
    },
    run: async ({ reason, time }) => {
      await api.post(alertPlace(name, verb), { ...(reason && { reason }), ...(time && { for_seconds: Number(time) }) });
      return `${name} is ${isSilence ? 'silent' : 'told of'}`;
    },
  });
}

// Messages

export const queueVerbs = {
  retry: { title: 'Try again', text: 'Waiting recipients are due now.' },
  hold: { title: 'Hold', text: 'Nothing is sent before somebody releases it.' },
  release: { title: 'Release', text: 'Held and scheduled recipients are due now.' },
  move: { title: 'Move', text: 'Waiting recipients go through the upstream of your choice until it fails.' },
  bounce: { title: 'Bounce', text: 'The mail is removed, and its senders are told.', isDangerous: true },
  drop: { title: 'Drop', text: 'The mail is removed, and nobody is told.', isDangerous: true },
  resolve: { title: 'Settle a doubt', text: 'Only recipients in doubt are concerned.' },
};

const choices = (name, label, values) => h('label', { class: 'field' }, label,
  h('select', { name }, values.map(([value, text]) => h('option', { value }, text))));

function extraFields(verb) {
  if (verb === 'move') return [choices('to', 'To', state.upstreams.map((each) => [each.name, each.name]))];
  if (verb !== 'resolve') return [];
  return [choices('resolution', 'The mail',
      [['delivered', 'has been delivered'], ['retry', 'is sent again, by the same upstream'],
        ['failover', 'is sent again, by another upstream']])];
}

/** The result of an order: counts, and the first reasons. */
function tally(lines) {
  const numbers = {};
  for (const line of lines) numbers[line.result ?? 'done'] = (numbers[line.result ?? 'done'] ?? 0) + 1;
  const text = Object.entries(numbers).map(([word, number]) => `${count(number)} ${word}`).join(', ')
    || 'nothing matched';
  const reasons = [...new Set(lines.map((line) => line.reason).filter(Boolean))].slice(0, 2);
  return [text, ...reasons].join(': ');
}

/**
 * An order about messages.
 *
 * @param which `{ids}` or `{filter}`
 */
export function orderMessages(verb, which, whenDone = () => {}) {
  const { title, text, isDangerous } = queueVerbs[verb];
  const filter = which.filter && (verb === 'resolve' ? { ...which.filter, state: 'in_doubt' } : which.filter);
  confirm({
    title: `${title}: ${filter ? 'everything that matches' : plural(which.ids.length, 'message')}`, verb: title, isDangerous,
    fields: extraFields(verb),
    impact: async () => {
      const number = filter ? (await api.get('v1/queue/count', filter)).messages : which.ids.length;
      const conditions = filter && Object.entries(filter).map(([name, value]) => `${name}: ${value}`).join(', ');
      return [h('p', {}, h('b', {}, plural(number, 'message')), ` would be concerned. ${text}`),
        filter && h('p', {}, conditions ? alien(conditions) : 'That is the whole queue.')];
    },
    run: async ({ reason, to, resolution }) => {
      const body = { ...(reason && { reason }), ...(to && { to }), ...(resolution && { resolution }),
        ...(verb === 'bounce' && { bounce: true }) };
      const word = verb === 'bounce' ? 'drop' : verb;
      let lines = [];
      if (verb === 'resolve' && !filter) {
        for (const id of which.ids) lines.push(await api.post(`v1/queue/${id}/resolve`, body));
      } else lines = await api.order(`v1/queue/${word}`, { ...body, ...(filter ? { filter } : { ids: which.ids }) });
      whenDone();
      return `${title}: ${tally(lines)}`;
    },
  });
}
