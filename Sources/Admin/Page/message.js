// One message: its recipients, its path as a time line, and what can be done with it.
import { api } from './api.js';
import { alien, button, chip, complain, h, paint, panel } from './dom.js';
import { moment, octets, plural, span } from './format.js';
import { listing } from './listing.js';
import { stateChip } from './messages.js';
import { orderMessages, queueVerbs } from './orders.js';
import { state, whenChanged } from './state.js';

const kinds = { delivered: 'good', deferred: 'warn', failed: 'bad', in_doubt: 'note', dropped: 'note' };
const waits = {
  circuit: 'every upstream that may have it is down', trial: 'another message is on trial',
  operator: 'operators keep mail from every upstream that may have it', rate: 'the rate of the upstream is used up',
  connections: 'this machine is short of what a connection needs',
  quota: 'every upstream that may have it has used up its quota', pace: 'the pace of its domain is used up',
  stream: 'its stream is paused',
  canary: 'its stream is new, and enough of what has gone must have an outcome first',
  stream_rate: 'the rate of its stream is used up',
};

/** Steps in the order of their times. */
function timeline(steps) {
  const items = steps.filter((step) => step.time).sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  return h('ol', { class: 'path' }, items.map(({ kind, time, words }) => h('li', { class: kind },
    h('time', { datetime: time }, moment(time, true)), words)));
}

const step = (kind, time, ...words) => ({ kind, time, words });

const some = (addresses) => [
  alien(addresses.slice(0, 3).join(', ')), addresses.length > 3 ? ` and ${plural(addresses.length - 3, 'other')}` : '',
];

const user = (message) => (message.user ? [', as user ', alien(message.user)] : '');

function attempt(each) {
  const took = span(Math.max(0, (Date.parse(each.ended_at) - Date.parse(each.started_at)) / 1000));
  return step(kinds[each.outcome] ?? '', each.ended_at, h('b', {}, each.outcome.replace('_', ' ')),
    ` by ${each.upstream} at ${each.phase}, after ${took}: `, alien(each.reply, 'mono'),
    h('div', { class: 'aside' }, some(each.recipients), ` · ${each.tls ?? 'in clear text'}`));
}

/** What comes next. */
function ahead(message) {
  const due = message.recipients.filter((each) => each.next_attempt_at);
  const [next] = due.sort((a, b) => Date.parse(a.next_attempt_at) - Date.parse(b.next_attempt_at));
  const steps = [step('', message.expires_at, 'It expires: its sender is told')];
  if (!next) return steps;
  const what = next.state === 'in_doubt' ? 'The doubt ends, as relay.conf says' : 'Next attempt';
  return [step('', next.next_attempt_at, what, next.waits_for ? `: ${waits[next.waits_for] ?? next.waits_for}` : ''),
    ...steps];
}

/** What has happened to a message in the queue, and what comes next. */
function path(message) {
  const now = message.attempt;
  return timeline([
    step('good', message.received_at, h('b', {}, 'Accepted'), ' from ', alien(message.origin), ', 250 sent',
      user(message)),
    ...message.ledger.map(attempt),
    ...(now ? [step('good', now.started_at, h('b', {}, 'Being delivered'), ` by ${now.upstream}: `,
          some(now.recipients))] : []),
    ...ahead(message),
  ]);
}

/** What became of a recipient of a message that has left. */
function outcome(each) {
  const address = each.address === null ? 'an erased address' : alien(each.address);
  const by = each.upstream ? ` by ${each.upstream}` : '';
  return [
    step('', each.first_attempt_at, 'First attempt for ', each.address === null ? address : alien(each.address)),
    step(kinds[each.outcome] ?? '', each.finished_at, h('b', {}, each.outcome),
      `${by} after ${span(each.seconds)}, ${plural(each.attempts, 'attempt')}: `, address,
      h('div', {}, alien(each.reply ?? '', 'mono'), each.class ? ` (${each.class})` : '')),
  ];
}

function facts(values) {
  const rows = values.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return h('dl', { class: 'facts' }, rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

const head = (message) => [
  ['Message-ID', message.message_id && alien(message.message_id, 'mono')],
  ['From', message.sender ? alien(message.sender) : '<>'], ['Size', octets(message.size)],
  ['Route', message.route && alien(message.route)], ['Stream', message.stream && alien(message.stream)],
];

const columns = [
  ['Recipient', (each) => alien(each.address), 'address'],
  ['State', (each) => [stateChip(each.state), ` ${each.hold_reason ?? ''} ${each.class ?? ''}`,
    each.waits_for ? ` waits: ${waits[each.waits_for] ?? each.waits_for}` : '']],
  ['Route', (each) => each.route, 'nowrap'], ['Tries', (each) => each.attempts, 'number'],
  ['Upstream', (each) => each.upstream ?? '–', 'nowrap'],
  ['Last reply', (each) => alien(each.last_reply ?? '–', 'mono'), 'reply'],
];

function orders(message, reload) {
  if (!state.mayOperate) return null;
  const isInDoubt = message.recipients.some((each) => each.state === 'in_doubt');
  const verbs = Object.keys(queueVerbs).filter((verb) => verb !== 'resolve' || isInDoubt);
  return h('div', { class: 'buttons' }, verbs.map((verb) => button(`${queueVerbs[verb].title}…`,
    () => orderMessages(verb, { ids: [message.queue_id] }, reload),
    { class: queueVerbs[verb].isDangerous ? 'danger' : '', 'data-key': `order ${verb}` })));
}

function inQueue(message, reload) {
  const more = [['Priority', message.priority], ['Body', `${message.body} ${message.parameters}`]];
  return [
    panel('Message', stateChip(message.state), facts([...head(message), ...more]), orders(message, reload)),
    panel('Path', null, path(message)),
    panel('Recipients', plural(message.recipients.length, 'recipient'), listing(columns, message.recipients, 'None.')),
  ];
}

function hasLeft(record) {
  const steps = [
    step('good', record.received_at, h('b', {}, 'Accepted'), ', 250 sent', user(record)),
    ...record.recipients.flatMap(outcome), step('', record.finished_at, 'It left the queue'),
  ];
  return [panel('Message', chip('', 'has left'), facts(head(record))), panel('Path', null, timeline(steps))];
}

/** As it stands: in the queue, or in the history. */
async function find(id) {
  try {
    return { waiting: await api.get(`v1/queue/${id}`) };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { record: await api.get(`v1/history/${id}`) };
  }
}

export function message(place, values, id) {
  document.title = `${id} · Posthorse`;
  const title = h('h1', {}, 'Message ', h('span', { class: 'mono' }, alien(id)));
  paint(place, title, h('p', { class: 'panel' }, 'Looking…'));
  let isOver = false;
  const load = async () => {
    try {
      const { waiting, record } = await find(encodeURIComponent(id));
      if (isOver) return;
      paint(place, title, waiting ? inQueue(waiting, load) : hasLeft(record));
      isOver = Boolean(record);
    } catch (error) {
      if (isOver) return;
      if (error.status === 404) error.message = 'Neither the queue nor the history has this message.';
      complain(place, title)(error);
    }
  };
  load();
  const end = whenChanged(() => { if (!isOver) load(); });
  return () => { isOver = true; end(); };
}
