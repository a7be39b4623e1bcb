// When which upstream was up, for the last hour or day.
import { alien, button, h, panel, s, shown } from './dom.js';
import { widthOf } from './charts.js';
import { figures } from './figures.js';
import { moment, now } from './format.js';
import { isSpent } from './quotas.js';
import { most } from './standing.js';
import { state } from './state.js';

let hours = 1;

const admin = new Set(['enabled', 'draining', 'disabled']);

const colour = (order, circuit, share) => (order !== 'enabled' ? order : circuit === 'closed' && share < 1 ? 'ramp'
  : circuit);
const word = { closed: 'works', open: 'down', halfOpen: 'on trial', ramp: 'coming back', disabled: 'disabled',
  draining: 'draining' };

/** When the history begins: with the relay, or with the oldest change that it still knows. */
function beginning(detail, history, start) {
  if (history.length >= most) return history[0].at;
  return start ?? [detail.admin_since, history[0]?.at].filter(Boolean).sort()[0];
}

/**
 * Stretches of one state each: `{from, to, kind, cause}`.
 *
 * @param began when the relay started, if that is known; what was before, nobody knows
 */
export function stretches(detail, from, to, began) {
  const history = detail.history ?? [];
  const first = (isAdmin) => history.find((change) => admin.has(change.from) === isAdmin)?.from;
  let [order, circuit, share] = [first(true) ?? detail.admin_state, first(false) ?? detail.circuit,
    history.length || isSpent(detail) ? 1 : detail.share];
  const known = beginning(detail, history, began);
  let [start, cause] = [known ? Math.max(from, Date.parse(known)) : from, ''];
  const all = [];
  for (const change of history) {
    const time = Date.parse(change.at);
    const before = colour(order, circuit, share);
    if (admin.has(change.to)) order = change.to;
    else circuit = change.to;
    share = change.share;
    if (colour(order, circuit, share) === before) continue;
    if (time > start) {
      all.push({ from: start, to: time, kind: before, cause });
      start = time;
    }
    cause = change.cause;
  }
  all.push({ from: start, to, kind: colour(order, circuit, share), cause });
  return all;
}

const told = (detail, { kind, from, cause }) => shown(
  `${detail.name}: ${word[kind]} since ${moment(from, true)}${cause ? `, ${cause}` : ''}`);

/** The colour of what a change leads to. */
const colourOf = (change) => (change.to === 'closed' && change.share < 1 ? 'ramp' : change.to === 'enabled' ? 'closed' : change.to);

function chart(details) {
  const width = widthOf(1);
  const [left, step] = [width < 600 ? 86 : 130, 26];
  const [to, from] = [now(), now() - hours * 3600000];
  const x = (time) => left + ((time - from) / (to - from)) * (width - left);
  const height = details.length * step + 20;
  const parts = width < 600 ? 3 : 6;
  const marks = Array.from({ length: parts + 1 }, (_, index) => from + (index / parts) * (to - from));
  const began = figures.start();
  const rows = details.map((detail, index) => [
    s('text', { class: 'row', x: 0, y: index * step + 16 },
      detail.name.length > left / 7.5 ? `${detail.name.slice(0, left / 7.5 - 1)}…` : detail.name),
    stretches(detail, from, to, began).map((each) => s('rect', {
      class: `fill-${each.kind}`, x: x(each.from), y: index * step + 4, width: Math.max(1.5,
        x(each.to) - x(each.from)), height: step - 9, rx: 2,
    }, s('title', {}, told(detail, each)))),
  ]);
  const times = marks.map((mark, index) => s('text', {
    x: x(mark), y: height - 2, 'text-anchor': index === 0 ? 'start' : index === parts ? 'end' : 'middle',
  }, index === parts ? 'now' : moment(mark)));
  return s('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img',
      'aria-label': `States of ${details.length} upstreams over ${hours} h; the list below has them in words` }, rows, times);
}

/** A trial that fails is no news. */
const isNews = (change) => change.to !== 'halfOpen' && !(change.from === 'halfOpen' && change.to === 'open');

function latest(details) {
  const all = details.flatMap((detail) => (detail.history ?? []).map((change) => ({ ...change, name: detail.name })));
  const newest = all.filter(isNews).sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, 6);
  return h('ul', { class: 'legend' }, newest.map((change) => h('li', {},
    h('span', { class: `dot fill-${colourOf(change)}` }),
    h('time', { class: 'muted nowrap', datetime: change.at }, moment(change.at, true)),
    h('span', {}, h('b', {}, change.name), ` ${admin.has(change.to) ? change.to : word[colourOf(change)]}: `, alien(change.cause)))));
}

export function timeline(repaint) {
  const details = state.upstreams.map((each) => state.details[each.name] ?? each);
  const choice = (value, text) => button(text, () => { hours = value; repaint(); },
    { class: 'quiet', 'aria-pressed': String(hours === value), 'data-key': `hours ${value}` });
  const body = panel('Failovers', null, chart(details), latest(details));
  body.querySelector('header').append(h('span', { class: 'aside' }, choice(1, 'Hour'), choice(24, 'Day')));
  return body;
}
