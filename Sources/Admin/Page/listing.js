// Tables of things, with columns that know what they show.
import { button, cell, h, table } from './dom.js';

/** A row; each column is `[name, what it shows of an item, class]`. */
const line = (columns, item) => h('tr', {}, columns.map(([name, value, kind]) => cell(name, value(item), kind)));

const heads = (columns) => columns.map(([name, , kind]) => [name, kind === 'number' ? kind : '']);

/** A table of items, or what to say where there are none. */
export function listing(columns, items, empty) {
  if (!items.length) return h('p', { class: 'empty' }, empty);
  return table(heads(columns), items.map((item) => line(columns, item)));
}

/**
 * The same for what comes page by page.
 *
 * @param next asks for the next page: `{items, isLast}`
 */
export async function paged(columns, next, empty, word = 'More') {
  const list = table(heads(columns), []);
  const rows = list.querySelector('tbody');
  const more = button(word, async () => {
    const { items, isLast } = await next();
    rows.append(...items.map((item) => line(columns, item)));
    more.hidden = isLast;
  });
  const { items, isLast } = await next();
  rows.append(...items.map((item) => line(columns, item)));
  more.hidden = isLast;
  return rows.children.length ? [list, more] : [h('p', { class: 'empty' }, empty)];
}
