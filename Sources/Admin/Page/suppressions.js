// Whom no mail goes to.
import { api, query } from './api.js';
import { alien, button, cell, h, paint, panel, table } from './dom.js';
import { moment, plural } from './format.js';
import { confirm } from './orders.js';
import { state } from './state.js';

const size = 100;

const values = (form) => Object.fromEntries(new FormData(form));

function addForm(reload) {
  const times = [['', 'for ever'], ['7', '7 days'], ['30', '30 days'], ['365', 'a year']];
  const form = h('form', { class: 'fields' },
    h('label', {}, 'Address, @domain or local-part@', h('input', { name: 'pattern', required: true, autocomplete: 'off', maxlength: 320 })),
    h('label', {}, 'For', h('select', { name: 'days' }, times.map(([value, text]) => h('option', { value }, text)))), h('button', { class: 'main' }, 'Suppress…'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { pattern, days } = values(form);
    const body = { patterns: [pattern], ...(days && { expires_at: new Date(Date.now() + days * 86400000).toISOString() }) };
    confirm({
      title: `Suppress ${pattern}`, verb: 'Suppress', isDangerous: true,
      impact: async () => {
        const [line] = await api.order('v1/suppressions/add', { ...body, dry_run: true });
        const waiting = pattern.includes('@') && !pattern.startsWith('@') ? (await api.get('v1/queue/count', { recipient: pattern })).messages : null;
        return [h('p', {}, alien(line.pattern), line.result === 'replaced' ? ' is suppressed already; this replaces it.' : ' would get no mail from now on.'), waiting ? h('p', {}, `${plural(waiting, 'message')} in the queue ${waiting === 1 ? 'is' : 'are'} for it.`) : null].filter(Boolean);
      },
      run: async ({ reason }) => {
        const [line] = await api.order('v1/suppressions/add', { ...body, ...(reason && { reason }) });
        reload();
        return `${line.pattern}: ${line.result}`;
      },
    });
  });
  return form;
}

function remove(entry, reload) {
  const body = { patterns: [entry.pattern], ...(entry.route && { route: entry.route }) };
  confirm({
    title: `Let ${entry.pattern} out again`, verb: 'Remove',
    impact: async () => {
      const [line] = await api.order('v1/suppressions/remove', { ...body, dry_run: true });
      return [h('p', {}, alien(line.pattern), line.result === 'removed' ? ' would get mail again.' : ' is not suppressed any more.')];
    },
    run: async ({ reason }) => {
      const [line] = await api.order('v1/suppressions/remove', { ...body, ...(reason && { reason }) });
      reload();
      return `${line.pattern}: ${line.result}`;
    },
  });
}

function checkForm() {
  const result = h('div', { role: 'status' });
  const form = h('form', { class: 'fields' }, h('label', {}, 'Address', h('input', { name: 'address', required: true, autocomplete: 'off', maxlength: 320 })), h('button', {}, 'Check'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const answer = await api.get('v1/suppressions/check', values(form));
      const because = answer.suppressions.map((each) => [' because of ', alien(each.pattern), each.reason ? [' (', alien(each.reason), ')'] : '']);
      paint(result, h('p', {}, 'Mail to ', alien(answer.address), ' would be ', h('b', {}, answer.result), because.slice(0, 1), '.',
        answer.reply ? [' A client is told: ', alien(answer.reply, 'mono')] : '', ` Bounces so far: ${answer.hard_bounces} hard, ${answer.soft_bounces} soft.`));
    } catch (error) {
      if (error.status === undefined) throw error;
      paint(result, h('p', { class: 'problem' }, alien(error.message)));
    }
  });
  return [form, result];
}

function row(entry, reload) {
  return h('tr', {}, cell('Pattern', [alien(entry.pattern), entry.route ? h('div', { class: 'aside' }, `route ${entry.route} only`) : null]),
    cell('Reason', alien(entry.reason || '–')), cell('Source', [entry.source.replace('_', ' '), entry.added_by ? [', ', alien(entry.added_by)] : '']),
    cell('Added', moment(entry.added_at), 'nowrap'), cell('Until', entry.expires_at ? moment(entry.expires_at) : 'for ever', 'nowrap'),
    state.mayOperate ? h('td', {}, button('Remove…', () => remove(entry, reload), { 'aria-label': `Remove ${entry.pattern}` })) : null);
}

async function list(asked, place, reload) {
  const rows = h('tbody');
  const more = button('More', () => next());
  let after;
  const next = async () => {
    const page = await api.lines('v1/suppressions', { match: asked.match, source: asked.source, limit: size, after });
    const last = page.at(-1);
    after = last && (last.route ? `${last.pattern} ${last.route}` : last.pattern);
    rows.append(...page.map((entry) => row(entry, reload)));
    more.hidden = page.length < size;
  };
  await next();
  const body = table([['Pattern'], ['Reason'], ['Source'], ['Added'], ['Until'], ...(state.mayOperate ? [['']] : [])], []);
  body.querySelector('tbody').replaceWith(rows);
  paint(place, rows.children.length ? [body, more] : h('p', { class: 'empty' }, 'Nothing is suppressed that matches.'));
}

export function suppressions(place, asked) {
  document.title = 'Suppressions · Posthorse';
  const result = h('div');
  const reload = () => list(asked, result, reload).catch((error) => {
    if (error.status === undefined) throw error;
    paint(result, h('p', { class: 'problem', role: 'alert' }, alien(error.message)));
  });
  const search = h('form', { class: 'fields' }, h('label', {}, 'Part of the pattern', h('input', { name: 'match', type: 'search', value: asked.match ?? '', autocomplete: 'off' })),
    h('label', {}, 'Source', h('select', { name: 'source' }, h('option', { value: '' }, 'any'), ['operator', 'import', 'hard_bounces', 'soft_bounces'].map((each) => h('option', { value: each, selected: asked.source === each }, each.replace('_', ' '))))), h('button', {}, 'Search'));
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/suppressions${query(values(search))}`;
  });
  paint(place, h('h1', {}, 'Suppressions'), h('p', { class: 'muted' }, 'Addresses and patterns that get no mail.'),
    h('div', { class: 'columns' }, h('div', { class: 'half' }, panel('What would happen to mail?', null, checkForm())), state.mayOperate ? h('div', { class: 'half' }, panel('Suppress', null, addForm(reload))) : null),
    panel('List', null, search, result));
  reload();
  return () => {};
}
