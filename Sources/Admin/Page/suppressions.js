// Whom no mail goes to.
import { api, query } from './api.js';
import { alien, button, complain, h, paint, panel } from './dom.js';
import { moment, plural } from './format.js';
import { paged } from './listing.js';
import { confirm } from './orders.js';
import { state } from './state.js';

const size = 100;
const times = [['', 'for ever'], ['7', '7 days'], ['30', '30 days'], ['365', 'a year']];
const sources = ['operator', 'import', 'hard_bounces', 'soft_bounces'];

const values = (form) => Object.fromEntries(new FormData(form));
const field = (label, control) => h('label', {}, label, control);
const address = (name) => h('input', { name, required: true, autocomplete: 'off', spellcheck: 'false',
    maxlength: 320 });
const one = async (verb, body) => (await api.order(`v1/suppressions/${verb}`, body))[0];

/** Adds or removes a suppression, after its impact is said. */
function order(verb, body, title, impact, reload) {
  confirm({
    title, verb: verb === 'add' ? 'Suppress' : 'Remove', isDangerous: verb === 'add',
    impact: async () => impact(await one(verb, { ...body, dry_run: true })),
    run: async ({ reason }) => {
      const line = await one(verb, { ...body, ...(reason && { reason }) });
      reload();
      return `${line.pattern}: ${line.result}`;
    },
  });
}

/** What adding it means, also for what is in the queue. */
async function addition(line) {
  const text = line.result === 'replaced' ? ' is suppressed already; this replaces it.'
    : ' would get no mail from now on.';
  const isAddress = /^[^@]+@[^@]+$/.test(line.pattern);
  const waiting = isAddress ? (await api.get('v1/queue/count', { recipient: line.pattern })).messages : 0;
  const more = waiting ? [h('p', {}, `In the queue for it: ${plural(waiting, 'message')}.`)] : [];
  return [h('p', {}, alien(line.pattern), text), ...more];
}

function addForm(reload) {
  const options = times.map(([value, text]) => h('option', { value }, text));
  const form = h('form', { class: 'fields' }, field('Address, @domain or local-part@', address('pattern')),
    field('For', h('select', { name: 'days' }, options)), h('button', { class: 'main' }, 'Suppress…'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { pattern, days } = values(form);
    const end = days && { expires_at: new Date(Date.now() + days * 86400000).toISOString() };
    order('add', { patterns: [pattern], ...end }, `Suppress ${pattern}`, addition, reload);
  });
  return form;
}

function remove(entry, reload) {
  const body = { patterns: [entry.pattern], ...(entry.route && { route: entry.route }) };
  const impact = (line) => [h('p', {}, alien(line.pattern),
    line.result === 'removed' ? ' would get mail again.' : ' is not suppressed any more.')];
  order('remove', body, `Let ${entry.pattern} out again`, impact, reload);
}

function answered(answer) {
  const [because] = answer.suppressions;
  return h('p', {}, 'Mail to ', alien(answer.address), ' would be ', h('b', {}, answer.result),
    because ? [' because of ', alien(because.pattern), because.reason ? [' (', alien(because.reason), ')'] : '']
      : '', '.',
    answer.reply ? [' A client is told: ', alien(answer.reply, 'mono')] : '',
    ` Bounces so far: ${answer.hard_bounces} hard, ${answer.soft_bounces} soft.`);
}

function checkForm() {
  const result = h('div', { role: 'status' });
  const form = h('form', { class: 'fields' }, field('Address', address('address')), h('button', {}, 'Check'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      paint(result, answered(await api.get('v1/suppressions/check', values(form))));
    } catch (error) { complain(result)(error); }
  });
  return [form, result];
}

const columns = (reload) => [
  ['Pattern', (entry) => [
    alien(entry.pattern), entry.route && h('div', { class: 'aside' }, `route ${entry.route} only`),
  ], 'address'],
  ['Reason', (entry) => alien(entry.reason || '–')],
  ['Source', (entry) => [entry.source.replace('_', ' '), entry.added_by ? [', ', alien(entry.added_by)] : '']],
  ['Added', (entry) => moment(entry.added_at), 'nowrap'],
  ['Until', (entry) => (entry.expires_at ? moment(entry.expires_at) : 'for ever'), 'nowrap'],
  ...(state.mayOperate
    ? [['', (entry) => button('Remove…', () => remove(entry, reload), { 'aria-label': `Remove ${entry.pattern}` })]]
      : []),
];

function entries(asked) {
  let after;
  return async () => {
    const items = await api.lines('v1/suppressions', { match: asked.match, source: asked.source, limit: size, after });
    const last = items.at(-1);
    after = last && (last.route ? `${last.pattern} ${last.route}` : last.pattern);
    return { items, isLast: items.length < size };
  };
}

function searchForm(asked) {
  const options = sources.map((each) => h('option', { value: each, selected: asked.source === each },
      each.replace('_', ' ')));
  const form = h('form', { class: 'fields' },
    field('Part of the pattern', h('input',
        { name: 'match', type: 'search', value: asked.match ?? '', autocomplete: 'off' })),
    field('Source', h('select', { name: 'source' }, h('option', { value: '' }, 'any'), options)), h('button', {},
      'Search'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/suppressions${query(values(form))}`;
  });
  return form;
}

export function suppressions(place, asked) {
  document.title = 'Suppressions · Posthorse';
  const result = h('div');
  const reload = async () => {
    try {
      paint(result, await paged(columns(reload), entries(asked), 'Nothing is suppressed that matches.'));
    } catch (error) { complain(result)(error); }
  };
  const half = (...content) => h('div', { class: 'half' }, panel(...content));
  paint(place, h('h1', {}, 'Suppressions'), h('p', { class: 'muted' }, 'Addresses and patterns that get no mail.'),
    h('div', { class: 'columns' }, half('What would happen to mail?', null, checkForm()),
      state.mayOperate ? half('Suppress', null, addForm(reload)) : null),
    panel('List', null, searchForm(asked), result));
  reload();
  return () => {};
}
