// Search over the queue and over what has left, and orders about many messages.
import { api, query } from './api.js';
import { alien, button, cell, chip, h, paint, panel, table } from './dom.js';
import { age, count, moment, octets, plural } from './format.js';
import { orderMessages, queueVerbs } from './orders.js';
import { state } from './state.js';

const states = ['queued', 'delivering', 'deferred', 'in_doubt', 'scheduled', 'held', 'failed', 'delivered'];
export const stateKinds = {
  delivering: 'good', delivered: 'good', queued: '', deferred: 'warn', in_doubt: 'note', scheduled: '', held: 'note', failed: 'bad', dropped: 'note',
};
/** Conditions that the queue has, and the history. */
const forQueue = ['recipient', 'sender', 'domain', 'state', 'upstream', 'route', 'user', 'class', 'last_reply', 'older_than', 'newer_than'];
const forHistory = ['recipient', 'sender', 'domain', 'upstream', 'route', 'user', 'class', 'last_reply', 'older_than', 'newer_than', 'message_id'];
const size = 50;

const some = (values, names) => Object.fromEntries(names.filter((name) => values[name]).map((name) => [name, values[name]]));

function field(name, label, values, attributes = {}) {
  return h('label', {}, label, h('input', { name, value: values[name] ?? '', autocomplete: 'off', spellcheck: 'false', ...attributes }));
}

function select(name, label, values, options) {
  return h('label', {}, label, h('select', { name }, h('option', { value: '' }, 'any'),
    options.map((option) => h('option', { value: option, selected: values[name] === option }, option.replace('_', ' ')))));
}

function form(values) {
  const names = state.upstreams.map((each) => each.name);
  if (values.upstream && !names.includes(values.upstream)) names.push(values.upstream);
  const body = h('form', { class: 'fields' },
    field('recipient', 'Recipient', values, { type: 'search' }), field('sender', 'Sender', values), field('domain', 'Domain', values, { size: 14 }),
    select('state', 'State', values, states), select('upstream', 'Upstream', values, names),
    field('last_reply', 'Last reply (regular expression)', values), field('older_than', 'Older than', values, { size: 6, placeholder: '2h' }),
    field('newer_than', 'Newer than', values, { size: 6, placeholder: '1d' }), field('message_id', 'Message-ID', values),
    h('button', { class: 'main' }, 'Search'));
  body.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/messages${query(Object.fromEntries(new FormData(body)))}`;
  });
  return body;
}

const link = (id) => h('a', { href: `#/message/${id}`, class: 'mono nowrap', 'data-key': `message ${id}` }, id);
const others = (list) => (list.length > 1 ? ` and ${plural(list.length - 1, 'other')}` : '');
const sender = (text) => (text ? alien(text) : h('span', { class: 'muted' }, '<>'));

/** The bar of orders about what is selected, or about all that matches. */
class Orders {
  constructor(filter, whenDone) {
    Object.assign(this, { filter, whenDone, ids: new Set(), total: 0, boxes: [] });
    this.text = h('span', { 'aria-live': 'polite' });
    this.all = h('input', { type: 'checkbox', onchange: () => this.show() });
    this.verb = h('select', { 'aria-label': 'Order' }, Object.entries(queueVerbs).map(([verb, { title }]) => h('option', { value: verb }, title)));
    this.go = button('Prepare…', () => this.prepare(), { class: 'main' });
    this.bar = h('div', { class: 'fields' }, h('label', { class: 'box' }, this.all, this.allText = h('span')), this.verb, this.go, this.text);
    this.show();
  }

  prepare() {
    const which = this.all.checked ? { filter: this.filter } : { ids: [...this.ids] };
    orderMessages(this.verb.value, which, this.whenDone);
  }

  box(id) {
    return h('input', { type: 'checkbox', 'aria-label': `Select ${id}`, onchange: (event) => {
      if (event.target.checked) this.ids.add(id); else this.ids.delete(id);
      this.show();
    } });
  }

  show() {
    this.allText.textContent = `All ${count(this.total)} that match`;
    this.go.disabled = !this.all.checked && !this.ids.size;
    this.text.textContent = this.all.checked ? '' : `${count(this.ids.size)} selected`;
  }
}

function queueRow(message, orders) {
  const first = message.recipients.find((each) => each.state === message.state) ?? message.recipients[0] ?? {};
  return h('tr', {}, state.mayOperate ? h('td', { class: 'box' }, orders.box(message.queue_id)) : null,
    cell('ID', link(message.queue_id)), cell('State', chip(stateKinds[message.state] ?? '', message.state.replace('_', ' '))),
    cell('Age', age(message.received_at), 'nowrap'), cell('From', sender(message.sender)),
    cell('To', [alien(first.address), others(message.recipients)]),
    cell('Last reply', [first.upstream ? `${first.upstream}: ` : '', alien((first.last_reply ?? '').slice(0, 240), 'mono')], 'reply'),
    cell('Next', first.next_attempt_at ? moment(first.next_attempt_at, true) : '–', 'nowrap'), cell('Size', octets(message.size), 'number'));
}

async function queue(values, place, reload) {
  const filter = some(values, forQueue);
  if (values.message_id) { paint(place, h('p', { class: 'empty' }, 'The queue is not searched by Message-ID.')); return; }
  const orders = new Orders(filter, reload);
  const rows = h('tbody');
  const more = button('More', () => next());
  let after;
  const next = async () => {
    const page = await api.lines('v1/queue', { ...filter, limit: size, after });
    after = page.at(-1)?.queue_id;
    rows.append(...page.map((message) => queueRow(message, orders)));
    more.hidden = page.length < size;
  };
  const [number] = await Promise.all([api.get('v1/queue/count', filter), next()]);
  orders.total = number.messages;
  orders.show();
  const columns = [...(state.mayOperate ? [['']] : []), ['ID'], ['State'], ['Age'], ['From'], ['To'], ['Last reply'], ['Next'], ['Size', 'number']];
  const list = table(columns, []);
  list.querySelector('tbody').replaceWith(rows);
  const body = number.messages ? [state.mayOperate ? orders.bar : null, list, more] : [h('p', { class: 'empty' }, 'No message in the queue matches.')];
  paint(place, panel('In the queue', plural(number.messages, 'message'), body));
}

/** Parts of addresses count, as in the queue. */
const anywhere = (text) => (text && !text.includes('*') ? `*${text}*` : text);

function historyRow(record) {
  const [first = {}] = record.recipients;
  return h('tr', {}, cell('ID', link(record.queue_id)), cell('Outcome', chip(stateKinds[first.outcome] ?? '', first.outcome)),
    cell('Left', moment(record.finished_at), 'nowrap'), cell('From', sender(record.sender)),
    cell('To', [first.address === null ? 'erased' : alien(first.address), others(record.recipients)]),
    cell('Reply', [first.upstream ? `${first.upstream}: ` : '', alien((first.reply ?? '').slice(0, 240), 'mono')], 'reply'),
    cell('Size', octets(record.size), 'number'));
}

async function history(values, place) {
  const filter = { ...some(values, forHistory), outcome: values.state };
  for (const name of ['recipient', 'sender']) if (filter[name] && filter[name] !== '<>') filter[name] = anywhere(filter[name]);
  const rows = h('tbody');
  let [after, found, isOver] = [null, 0, false];
  const more = button('More', () => next());
  /** A page may be empty: each takes a third of a second at most. */
  const next = async () => {
    const wanted = found + size;
    for (let turn = 0; turn < 40 && found < wanted && !isOver; turn += 1) {
      const page = await api.get('v1/history', { ...filter, limit: size, after });
      found += page.records.length;
      rows.append(...page.records.map(historyRow));
      after = page.next ?? null;
      isOver = after === null;
    }
    more.hidden = isOver;
  };
  await next();
  const list = table([['ID'], ['Outcome'], ['Left'], ['From'], ['To'], ['Reply'], ['Size', 'number']], []);
  list.querySelector('tbody').replaceWith(rows);
  paint(place, panel('Has left', null, found ? [list, more] : h('p', { class: 'empty' }, 'Nothing that has left matches.')));
}

export function messages(place, values) {
  document.title = 'Messages · Posthorse';
  const [waiting, left] = [h('div'), h('div')];
  const problem = (where) => (error) => {
    if (error.status === undefined) throw error;
    paint(where, h('p', { class: 'panel problem', role: 'alert' }, alien(error.message)));
  };
  const search = () => queue(values, waiting, search).catch(problem(waiting));
  paint(waiting, h('p', { class: 'panel' }, 'Searching…'));
  paint(place, h('h1', {}, 'Messages'), h('section', { class: 'panel', 'aria-label': 'Conditions' }, form(values)), waiting, left);
  search();
  if (['', undefined, 'failed', 'delivered'].includes(values.state)) history(values, left).catch(problem(left));
  return () => {};
}
