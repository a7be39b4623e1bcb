// Search over the queue and over what has left, and orders about many messages.
import { api, query } from './api.js';
import { alien, button, chip, complain, h, paint, panel } from './dom.js';
import { age, count, moment, octets, plural } from './format.js';
import { paged } from './listing.js';
import { orderMessages, queueVerbs } from './orders.js';
import { state } from './state.js';

const states = ['queued', 'delivering', 'deferred', 'in_doubt', 'scheduled', 'held', 'failed', 'delivered'];
const kinds = {
  delivering: 'good', delivered: 'good', deferred: 'warn', in_doubt: 'note', held: 'note', failed: 'bad', dropped: 'note',
};

/** The state of a recipient, or its outcome. */
export const stateChip = (name) => chip(kinds[name] ?? '', name.replace('_', ' '));

const common = ['recipient', 'sender', 'domain', 'upstream', 'route', 'user', 'class', 'last_reply', 'older_than',
  'newer_than'];
const forQueue = [...common, 'state'];
const forHistory = [...common, 'message_id'];
const size = 50;

const some = (values, names) => Object.fromEntries(names.filter((name) => values[name]).map((name) => [name,
      values[name]]));

// What is asked

function form(values) {
  const names = [...new Set([...state.upstreams.map((each) => each.name), values.upstream].filter(Boolean))];
  const field = (name, label, more = {}) => h('label', {}, label,
    h('input', { name, value: values[name] ?? '', autocomplete: 'off', spellcheck: 'false', ...more }));
  const select = (name, label, options) => h('label', {}, label,
    h('select', { name }, h('option', { value: '' }, 'any'),
    options.map((value) => h('option', { value, selected: values[name] === value }, value.replace('_', ' ')))));
  const body = h('form', { class: 'fields' }, field('recipient', 'Recipient', { type: 'search' }),
    field('sender', 'Sender'),
    field('domain', 'Domain', { size: 14 }), select('state', 'State', states), select('upstream', 'Upstream', names),
    field('last_reply', 'Last reply (regular expression)'), field('older_than', 'Older than',
      { size: 6, placeholder: '2h' }),
    field('newer_than', 'Newer than', { size: 6, placeholder: '1d' }), field('message_id', 'Message-ID'),
    h('button', { class: 'main' }, 'Search'));
  body.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/messages${query(Object.fromEntries(new FormData(body)))}`;
  });
  return body;
}

// What is found

const link = (message) => h('a', {
  href: `#/message/${message.queue_id}`, class: 'mono nowrap', 'data-key': `message ${message.queue_id}`,
}, message.queue_id);

const sender = (message) => (message.sender ? alien(message.sender) : h('span', { class: 'muted' }, '<>'));

const recipients = (address, list) => [
  address === null ? 'erased' : alien(address), list.length > 1 ? ` and ${plural(list.length - 1, 'other')}` : '',
];

const reply = (upstream, text) => [upstream ? `${upstream}: ` : '', alien((text ?? '').slice(0, 240), 'mono')];

/** The recipient that the state of a message is that of. */
const telling = (message) => message.recipients.find((each) => each.state === message.state) ?? message.recipients[0] ?? {};

const waiting = [
  ['ID', link], ['State', (message) => stateChip(message.state)], ['Age', (message) => age(message.received_at),
    'nowrap'],
  ['From', sender, 'address'],
  ['To', (message) => recipients(telling(message).address, message.recipients), 'address'],
  ['Last reply', (message) => reply(telling(message).upstream, telling(message).last_reply), 'reply'],
  ['Next', (message) => moment(telling(message).next_attempt_at, true), 'nowrap'],
  ['Size', (message) => octets(message.size), 'number'],
];

const gone = [
  ['ID', link], ['Outcome', (record) => stateChip(record.recipients[0]?.outcome ?? '')],
  ['Left', (record) => moment(record.finished_at), 'nowrap'], ['From', sender, 'address'],
  ['To', (record) => recipients(record.recipients[0]?.address, record.recipients), 'address'],
  ['Reply', (record) => reply(record.recipients[0]?.upstream, record.recipients[0]?.reply), 'reply'],
  ['Size', (record) => octets(record.size), 'number'],
];

// Orders

/** The bar of orders about what is selected, or about all that matches. */
class Orders {
  constructor(filter, total, whenDone) {
    Object.assign(this, { filter, whenDone, ids: new Set() });
    this.text = h('span', { 'aria-live': 'polite' });
    this.all = h('input', { type: 'checkbox', onchange: () => this.show() });
    const verbs = Object.entries(queueVerbs).map(([verb, { title }]) => h('option', { value: verb }, title));
    this.verb = h('select', { 'aria-label': 'Order' }, verbs);
    this.go = button('Prepare…', () => this.prepare(), { class: 'main' });
    const label = h('label', { class: 'box' }, this.all, `All ${count(total)} that match`);
    this.bar = h('div', { class: 'fields' }, label, this.verb, this.go, this.text);
    this.show();
  }

  prepare() {
    const which = this.all.checked ? { filter: this.filter } : { ids: [...this.ids] };
    orderMessages(this.verb.value, which, this.whenDone);
  }

  box(id) {
    const choose = (event) => {
      if (event.target.checked) this.ids.add(id);
      else this.ids.delete(id);
      this.show();
    };
    return h('input', { type: 'checkbox', 'aria-label': `Select ${id}`, onchange: choose });
  }

  show() {
    this.go.disabled = !this.all.checked && !this.ids.size;
    this.text.textContent = this.all.checked ? '' : `${count(this.ids.size)} selected`;
  }
}

// The two halves

async function queue(values, place, reload) {
  if (values.message_id) {
    paint(place, h('p', { class: 'empty' }, 'The queue is not searched by Message-ID.'));
    return;
  }
  const filter = some(values, forQueue);
  const { messages: total } = await api.get('v1/queue/count', filter);
  const orders = new Orders(filter, total, reload);
  const columns = state.mayOperate ? [['', (message) => orders.box(message.queue_id), 'box'], ...waiting] : waiting;
  let after;
  const next = async () => {
    const items = await api.lines('v1/queue', { ...filter, limit: size, after });
    after = items.at(-1)?.queue_id;
    return { items, isLast: items.length < size };
  };
  const found = await paged(columns, next, 'No message in the queue matches.');
  paint(place, panel('In the queue', plural(total, 'message'), state.mayOperate && total ? orders.bar : null, found));
}

/** Parts of addresses count, as in the queue. */
const anywhere = (text) => (text && text !== '<>' && !text.includes('*') ? `*${text}*` : text);

async function history(values, place) {
  const filter = { ...some(values, forHistory), outcome: values.state };
  for (const name of ['recipient', 'sender']) filter[name] = anywhere(filter[name]);
  let after = null;
  let isLast = false;
  const found = [];
  /** A page of the API may be empty: it takes a third of a second at most. What came before an error is kept. */
  const next = async () => {
    for (let turn = 0; turn < 40 && found.length < size && !isLast; turn += 1) {
      const page = await api.get('v1/history', { ...filter, limit: size, after });
      found.push(...page.records);
      after = page.next ?? null;
      isLast = after === null;
    }
    return { items: found.splice(0), isLast };
  };
  paint(place, panel('Has left', null, await paged(gone, next, 'Nothing that has left matches.')));
}

export function messages(place, values) {
  document.title = 'Messages · Posthorse';
  const [above, below] = [h('div'), h('div')];
  const search = () => queue(values, above, search).catch(complain(above));
  paint(above, h('p', { class: 'panel' }, 'Searching…'));
  paint(place, h('h1', {}, 'Messages'), h('section', { class: 'panel', 'aria-label': 'Conditions' }, form(values)),
    above, below);
  search();
  if (['', undefined, 'failed', 'delivered'].includes(values.state)) history(values, below).catch(complain(below));
  return () => {};
}
