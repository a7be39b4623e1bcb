// Who has decided what.
import { api, query } from './api.js';
import { alien, button, cell, h, paint, panel, table } from './dom.js';
import { moment, plural } from './format.js';

const size = 100;

function row(record) {
  return h('tr', {}, cell('At', moment(record.at, true), 'nowrap'), cell('Who', alien(record.who)), cell('What', alien(record.what)), cell('About', alien(record.subject.slice(0, 400))),
    cell('Reason', alien(record.reason ?? '–')), cell('Before', alien((record.before ?? '–').slice(0, 400))), cell('After', alien((record.after ?? '–').slice(0, 400))));
}

async function list(asked, place) {
  const rows = h('tbody');
  const more = button('Older', () => next());
  let before;
  const next = async () => {
    const page = await api.lines('v1/audit', { who: asked.who, what: asked.what, subject: asked.subject, limit: size, before });
    before = page.length ? Math.min(...page.map((each) => each.number)) : before;
    rows.append(...page.sort((a, b) => b.number - a.number).map(row));
    more.hidden = page.length < size;
  };
  await next();
  const body = table([['At'], ['Who'], ['What'], ['About'], ['Reason'], ['Before'], ['After']], []);
  body.querySelector('tbody').replaceWith(rows);
  paint(place, rows.children.length ? [body, more] : h('p', { class: 'empty' }, 'Nothing matches.'));
}

function verification() {
  const result = h('span', { role: 'status' });
  const verify = async () => {
    result.textContent = 'Reading…';
    try {
      const verdict = await api.get('v1/audit/verify');
      result.textContent = verdict.ok ? `Whole: ${plural(verdict.records, 'record')}, none changed.` : `Not whole: ${plural(verdict.problem_count, 'problem')}; see posthorse audit verify.`;
    } catch (error) {
      if (error.status === undefined) throw error;
      paint(result, alien(error.message));
    }
  };
  return h('div', { class: 'buttons' }, button('Verify', verify), result);
}

export function audit(place, asked) {
  document.title = 'Audit log · Posthorse';
  const result = h('div');
  const input = (name, label) => h('label', {}, label, h('input', { name, value: asked[name] ?? '', autocomplete: 'off', spellcheck: 'false' }));
  const search = h('form', { class: 'fields' }, input('who', 'Who'), input('what', 'What'), input('subject', 'About'), h('button', {}, 'Search'));
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/audit${query(Object.fromEntries(new FormData(search)))}`;
  });
  paint(place, h('h1', {}, 'Audit log'), panel('Records', 'newest first', search, h('p', {}), verification(), result));
  list(asked, result).catch((error) => {
    if (error.status === undefined) throw error;
    paint(result, h('p', { class: 'problem', role: 'alert' }, alien(error.message)));
  });
  return () => {};
}
