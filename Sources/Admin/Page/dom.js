// Elements are made by name and text is set as text: nothing that a stranger wrote is ever read as markup.

const space = document.getElementById('seal').namespaceURI;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element of HTML. Attributes that begin with `on` are listeners. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(space, tag), attributes, children);
}

const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text with its control and direction characters made visible. */
export function shown(text) {
  return String(text ?? '').replace(unseen, (mark) => `\\u{${mark.codePointAt(0).toString(16)}}`);
}

/** Text of a stranger, which does not change the direction of what is around it. */
export function alien(text, kind = '') {
  return h('bdi', { class: `alien ${kind}`, dir: 'ltr' }, shown(text));
}

export function chip(kind, text) {
  return h('span', { class: `chip ${kind}` }, text);
}

export function button(text, action, attributes = {}) {
  return h('button', { type: 'button', onclick: action, ...attributes }, text);
}

/** A cell of a table; its column is named where tables are stacked. */
export function cell(label, content, kind = '') {
  return h('td', { class: kind, 'data-label': label }, content);
}

export function table(columns, rows, kind = '') {
  const heads = columns.map(([name, style]) => h('th', { scope: 'col', class: style }, name));
  return h('div', { class: 'scroll' },
    h('table', { class: `stack ${kind}` }, h('thead', {}, h('tr', {}, heads)), h('tbody', {}, rows)));
}

export function panel(title, aside, ...content) {
  return h('section', { class: 'panel' }, h('header', {}, h('h2', {}, title),
      aside && h('span', { class: 'aside' }, aside)), content);
}

/** Puts new parts in place of those that differ, but for those in which somebody has selected something. */
function replace(place, parts) {
  const old = [...place.childNodes];
  if (old.length !== parts.length) place.replaceChildren(...parts);
  else {
    const chosen = getSelection();
    parts.forEach((part, index) => {
      const isChosen = !chosen.isCollapsed && chosen.containsNode(old[index], true);
      if (!isChosen && !old[index].isEqualNode(part)) old[index].replaceWith(part);
    });
  }
}

/** Puts new content in place; what had the focus, or was open, has it again, known by its data-key. */
export function paint(place, ...content) {
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = new Set([...place.querySelectorAll('details[open][data-key]')].map((each) => each.dataset.key));
  replace(place, content.flat(9).filter(Boolean));
  for (const each of place.querySelectorAll('[data-key]')) {
    if (open.has(each.dataset.key)) each.open = true;
    if (each.dataset.key === key && each !== document.activeElement) each.focus({ preventScroll: true });
  }
}

/** Says something for a few seconds, also to those who cannot see it. */
export function say(text) {
  const note = h('p', {}, shown(text));
  const notes = document.getElementById('notes');
  notes.append(note);
  while (notes.children.length > 3) notes.firstChild.remove();
  setTimeout(() => note.remove(), 9000);
}

/** Says what a question has failed with, in place of its answer. Mistakes of the page itself go on. */
export const complain = (place, ...above) => (error) => {
  if (error.status === undefined) throw error;
  paint(place, above, h('p', { class: 'problem', role: 'alert' }, alien(error.message)));
};
