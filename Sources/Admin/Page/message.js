// One message: its recipients, its path as a time line, and what can be done with it.
import { api } from './api.js';
import { alien, button, cell, chip, h, paint, panel, table } from './dom.js';
import { moment, octets, plural, span } from './format.js';
import { stateKinds } from './messages.js';
import { orderMessages, queueVerbs } from './orders.js';
import { state, whenChanged } from './state.js';

const later = (from, to) => span(Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000));

const step = (kind, time, ...words) => ({ kind, time, item: h('li', { class: kind }, time ? h('time', { datetime: time }, moment(time, true)) : null, words) });

const waits = {
  circuit: 'every upstream that may have it is down', trial: 'another message is on trial', operator: 'operators keep mail from every upstream that may have it',
  rate: 'the rate of the upstream is used up', connections: 'this machine is short of what a connection needs',
};

const toWords = (addresses) => [alien(addresses.slice(0, 3).join(', ')), addresses.length > 3 ? ` and ${plural(addresses.length - 3, 'other')}` : ''];

/** What has happened and what comes next, of a message in the queue. */
function path(message) {
  const steps = [step('good', message.received_at, h('b', {}, 'Accepted'), ' from ', alien(message.origin), ', 250 sent', message.user ? [', as user ', alien(message.user)] : '')];
  const kinds = { delivered: 'good', deferred: 'warn', failed: 'bad', in_doubt: 'note' };
  for (const attempt of message.ledger) {
    steps.push(step(kinds[attempt.outcome] ?? '', attempt.ended_at, h('b', {}, attempt.outcome.replace('_', ' ')), ' by ', attempt.upstream,
      ` at ${attempt.phase}, after ${later(attempt.started_at, attempt.ended_at)}: `, alien(attempt.reply, 'mono'), h('div', { class: 'aside' }, toWords(attempt.recipients), attempt.tls ? ` · ${attempt.tls}` : ' · in clear text')));
  }
  if (message.attempt) steps.push(step('good', message.attempt.started_at, h('b', {}, 'Being delivered'), ` by ${message.attempt.upstream}: `, toWords(message.attempt.recipients)));
  const next = message.recipients.filter((each) => each.next_attempt_at).sort((a, b) => (a.next_attempt_at < b.next_attempt_at ? -1 : 1))[0];
  if (next) steps.push(step('', next.next_attempt_at, next.state === 'in_doubt' ? 'The doubt ends, as relay.conf says' : 'Next attempt', next.waits_for ? `: ${waits[next.waits_for] ?? next.waits_for}` : ''));
  if (message.expires_at) steps.push(step('', message.expires_at, 'It expires: its sender is told'));
  return h('ol', { class: 'path' }, steps.sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).map((each) => each.item));
}

function facts(values) {
  return h('dl', { class: 'facts' }, values.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

function inQueue(message, reload) {
  const columns = [['Recipient'], ['State'], ['Route'], ['Tries', 'number'], ['Upstream'], ['Last reply']];
  const rows = message.recipients.map((each) => h('tr', {}, cell('Recipient', alien(each.address)),
    cell('State', [chip(stateKinds[each.state] ?? '', each.state.replace('_', ' ')), each.hold_reason ? ` ${each.hold_reason}` : '', each.class ? ` ${each.class}` : '']),
    cell('Route', each.route, 'nowrap'), cell('Tries', each.attempts, 'number'), cell('Upstream', each.upstream ?? '–', 'nowrap'), cell('Last reply', alien(each.last_reply ?? '–', 'mono'), 'reply')));
  const offered = Object.keys(queueVerbs).filter((verb) => verb !== 'resolve' || message.recipients.some((each) => each.state === 'in_doubt'));
  const orders = state.mayOperate ? h('div', { class: 'buttons' }, offered.map((verb) => button(`${queueVerbs[verb].title}…`,
    () => orderMessages(verb, { ids: [message.queue_id] }, reload), { class: queueVerbs[verb].isDangerous ? 'danger' : '', 'data-key': `order ${verb}` }))) : null;
  return [
    panel('Message', chip(stateKinds[message.state] ?? '', message.state.replace('_', ' ')), facts([
      ['Message-ID', message.message_id && alien(message.message_id, 'mono')], ['From', message.sender ? alien(message.sender) : '<>'], ['Size', octets(message.size)],
      ['Stream', alien(message.stream)], ['Priority', message.priority], ['Body', `${message.body} ${message.parameters}`],
    ]), orders),
    panel('Path', null, path(message)), panel('Recipients', plural(rows.length, 'recipient'), table(columns, rows)),
  ];
}

function hasLeft(record) {
  const kinds = { delivered: 'good', failed: 'bad', dropped: 'note' };
  const steps = [step('good', record.received_at, h('b', {}, 'Accepted'), ', 250 sent', record.user ? [', as user ', alien(record.user)] : '')];
  for (const each of record.recipients) {
    if (each.first_attempt_at) steps.push(step('', each.first_attempt_at, 'First attempt for ', alien(each.address ?? 'an erased address')));
    steps.push(step(kinds[each.outcome] ?? '', each.finished_at, h('b', {}, each.outcome), each.upstream ? ` by ${each.upstream}` : '', ` after ${span(each.seconds)}, ${plural(each.attempts, 'attempt')}: `,
      alien(each.address ?? 'an erased address'), h('div', {}, alien(each.reply ?? '', 'mono'), each.class ? ` (${each.class})` : '')));
  }
  steps.push(step('', record.finished_at, 'It left the queue'));
  return [
    panel('Message', chip('', 'has left'), facts([
      ['Message-ID', record.message_id && alien(record.message_id, 'mono')], ['From', record.sender ? alien(record.sender) : '<>'], ['Size', octets(record.size)],
      ['Route', record.route && alien(record.route)], ['Stream', record.stream && alien(record.stream)],
    ])),
    panel('Path', null, h('ol', { class: 'path' }, steps.sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).map((each) => each.item))),
  ];
}

/** As it stands: in the queue, or in the history. */
async function find(id) {
  try {
    return { message: await api.get(`v1/queue/${id}`) };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { record: await api.get(`v1/history/${id}`) };
  }
}

export function message(place, values, id) {
  document.title = `${id} · Posthorse`;
  const title = h('h1', {}, 'Message ', h('span', { class: 'mono' }, id));
  paint(place, title, h('p', { class: 'panel' }, 'Looking…'));
  let isOver = false;
  const load = async () => {
    try {
      const { message: waiting, record } = await find(encodeURIComponent(id));
      if (isOver) return;
      paint(place, title, waiting ? inQueue(waiting, load) : hasLeft(record));
      if (record) isOver = true;
    } catch (error) {
      if (error.status === undefined) throw error;
      paint(place, title, h('p', { class: 'panel problem', role: 'alert' }, alien(error.status === 404 ? 'Neither the queue nor the history has this message.' : error.message)));
    }
  };
  load();
  const end = whenChanged(() => { if (!isOver) load(); });
  return () => { isOver = true; end(); };
}
