// Tables of things, with columns that know what they show.
import { button, cell, h, shown, table } from './dom.js';

/** A row; each column is `[name, what it shows of an item, class]`. */
const line = (columns, item) => h('tr', {}, columns.map(([name, value, kind]) => cell(name, value(item), kind)));

const heads = (columns) => columns.map(([name, , kind]) => [name, kind === 'number' ? kind : '']);

/** A table of items, or what to say where there are none. */
export function listing(columns, items, empty, kind = '') {
  if (!items.length) return h('p', { class: 'empty' }, empty);
  return table(heads(columns), items.map((item) => line(columns, item)), kind);
}

/**
 * The same for what comes page by page.
 *
 * @param next asks for the next page: `{items, isLast}`
 */
export async function paged(columns, next, empty, word = 'More') {
  const list = table(heads(columns), []);
  const rows = list.querySelector('tbody');
  const nothing = h('p', { class: 'empty' }, empty);
  const note = h('p', { role: 'status' });
  const tell = (kind, text) => Object.assign(note, { className: kind, textContent: text });
  const add = async () => {
    const { items, isLast } = await next();
    rows.append(...items.map((item) => line(columns, item)));
    // An empty page is not the last one: there may be more behind it.
    tell('muted', rows.children.length || isLast ? '' : 'Nothing found so far.');
    more.hidden = isLast;
    if (isLast && !rows.children.length) list.replaceWith(nothing);
  };
  const more = button(word, async () => {
    more.disabled = true;
    try {
      await add();
    } catch (error) {
      tell('problem', shown(error.message));
      if (error.status === undefined) throw error;
    } finally {
      more.disabled = false;
    }
  });
  await add();
  return rows.children.length || !more.hidden ? [list, note, more] : [nothing];
}
