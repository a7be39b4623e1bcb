// Who has decided what.
import { api, query } from './api.js';
import { alien, button, complain, h, paint, panel } from './dom.js';
import { moment, plural } from './format.js';
import { paged } from './listing.js';

const size = 100;

const text = (name) => (record) => alien((record[name] ?? '–').slice(0, 400));

const columns = [
  ['At', (record) => moment(record.at, true), 'nowrap'], ['Who', text('who')], ['What', text('what')],
  ['About', text('subject')], ['Reason', text('reason')], ['Before', text('before')], ['After', text('after')],
];

function records(asked) {
  let before;
  return async () => {
    const values = { who: asked.who, what: asked.what, subject: asked.subject, limit: size, before };
    const items = (await api.lines('v1/audit', values)).sort((a, b) => b.number - a.number);
    before = items.at(-1)?.number ?? before;
    return { items, isLast: items.length < size };
  };
}

function verification() {
  const result = h('span', { role: 'status' });
  const verify = async () => {
    result.textContent = 'Reading…';
    try {
      const verdict = await api.get('v1/audit/verify');
      result.textContent = verdict.ok ? `Whole: ${plural(verdict.records, 'record')}, none changed.`
        : `Not whole: ${plural(verdict.problem_count, 'problem')}; see posthorse audit verify.`;
    } catch (error) { complain(result)(error); }
  };
  return h('div', { class: 'buttons' }, button('Verify', verify), result);
}

export function audit(place, asked) {
  document.title = 'Audit log · Posthorse';
  const result = h('div');
  const input = (name, label) => h('label', {}, label,
    h('input', { name, value: asked[name] ?? '', autocomplete: 'off', spellcheck: 'false' }));
  const search = h('form', { class: 'fields' },
    input('who', 'Who'), input('what', 'What'), input('subject', 'About'), h('button', {}, 'Search'));
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/audit${query(Object.fromEntries(new FormData(search)))}`;
  });
  paint(place, h('h1', {}, 'Audit log'), panel('Records', 'newest first', search, verification(), result));
  paged(columns, records(asked), 'Nothing matches.', 'Older').then((parts) => paint(result, parts), complain(result));
  return () => {};
}
