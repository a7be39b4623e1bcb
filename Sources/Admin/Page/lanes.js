// The upstreams of each route, as lanes in order of priority.
import { alien, button, chip, h, panel } from './dom.js';
import { count, moment, now, percent, rate } from './format.js';
import { figures } from './figures.js';
import { orderUpstream, verbs } from './orders.js';
import { allowed, isSpent } from './quotas.js';
import { answersAgain, cause, partsSince, short, sinceWords, standing, takers } from './standing.js';
import { state } from './state.js';

const figure = (value, label) => h('div', { class: 'figure' }, h('b', {}, value), h('span', {}, label));
const millis = (value) => (value === null || value === undefined ? '–' : count(Math.round(value)));

/** The width of its part of the traffic. */
function track(upstream, isCarrying, speed) {
  const isShut = upstream.admin_state !== 'enabled';
  const kind = isShut || isSpent(upstream) ? 'shut' : upstream.circuit === 'closed' ? '' : 'closed';
  const bar = h('i');
  const isIdle = isShut || upstream.circuit !== 'closed' || !isCarrying;
  bar.style.width = isIdle ? '0' : `${upstream.share * 100}%`;
  bar.hidden = isIdle;
  return h('div', { class: `track ${kind} ${speed > 0 ? 'moving' : ''}`, role: 'img',
      'aria-label': `share ${percent(upstream.share)}` }, bar);
}

const labels = { disable: 'Disable…', enable: 'Enable…', drain: 'Drain…', trip: 'Open circuit…',
  reset: 'Close circuit…', probe: 'Check now…' };

export function actions(upstream, key) {
  if (!state.mayOperate) return h('span');
  return h('details', { class: 'menu', 'data-key': `menu ${key}` },
    h('summary', { 'aria-label': `Actions for ${upstream.name}`, 'data-key': `summary ${key}` }, 'Actions'),
    h('div', {}, verbs(upstream).map((verb) => button(labels[verb], (event) => {
      event.target.closest('details').open = false;
      orderUpstream(upstream, verb);
    }, { 'data-key': `${verb} ${key}` }))));
}

/** The last reply that was no success, and what decided about it. */
export function decided(answer) {
  if (!answer) return [];
  const isReply = /^[2-5]\d\d/.test(answer.text);
  const rule = answer.rule ? [' by the rule ', h('b', {}, answer.rule)] : [isReply ? '' : '; no reply, so no rule'];
  return [`${moment(answer.at, true)} at ${answer.phase}: `, alien(short(answer.text, 220), 'mono'),
    answer.verdict ? [' → ', h('b', {}, answer.verdict), rule] : ''];
}

/** When its circuit or its share changes next; nothing where that time has come, and mail is missing. */
function next(detail) {
  const time = detail.next_step_at;
  if (!time || detail.admin_state !== 'enabled' || Date.parse(time) <= now()) return '';
  return ` · next ${detail.circuit === 'closed' ? 'step' : 'try'} ${moment(time, true)}`;
}

function why(detail) {
  const answer = (detail.answers ?? []).filter((each) => each.verdict).at(-1);
  const isBad = detail.circuit !== 'closed' || detail.admin_state !== 'enabled' || detail.share < 1;
  const isComing = answersAgain(detail) || (detail.circuit === 'closed' && detail.admin_state === 'enabled');
  return [
    isBad ? h('div', {}, h('b', {}, isComing ? 'Now: ' : 'Why: '),
      alien(isComing ? detail.reason ?? '' : short(cause(detail), 260)), next(detail)) : null,
    answer ? h('div', {}, h('b', {}, 'Last error: '), decided(answer)) : null,
  ];
}

function lane(detail, place, route, isCarrying, since) {
  const { kind, word } = standing(detail, isCarrying);
  const speed = figures.rate(detail.name);
  const style = kind === 'bad' ? 'down' : isCarrying ? 'carries' : '';
  return h('div', { class: `lane ${style}`, 'data-upstream': detail.name },
    h('span', { class: 'place', title: `priority ${place}` }, place),
    h('div', { class: 'title' }, h('div', { class: 'name' },
        h('a', { href: `#/upstream/${encodeURIComponent(detail.name)}`, 'data-key': `lane ${route} ${detail.name}` },
          detail.name)),
      chip(kind, word), ' ', h('span', { class: 'aside nowrap' }, sinceWords(detail, since))),
    track(detail, isCarrying, speed),
    h('div', { class: 'figures' }, figure(percent(detail.circuit === 'closed' && detail.admin_state === 'enabled'
          ? detail.share : 0), 'share'),
      figure(`${rate(speed)} / ${detail.rate === null ? '∞' : rate(detail.rate)}`, 'messages a second / limit'),
      figure(`${millis(detail.latency_p50_ms)} · ${millis(detail.latency_p95_ms)}`, 'ms: p50 · p95'),
      figure(`${count(detail.in_flight)} · ${count(detail.connections)}`, 'in flight · sessions'),
      figure(h('a', { href: `#/messages?state=deferred&upstream=${encodeURIComponent(detail.name)}`,
            'data-key': `waits ${route} ${detail.name}` }, count(state.waiting[detail.name] ?? 0)), 'wait after a try'),
      (detail.quotas ?? []).map((each) => figure(`${count(each.used)} · ${count(each.left)}`,
        `used · left of ${allowed(each)}`))),
    actions(detail, `${route} ${detail.name}`),
    h('div', { class: 'why' }, why(detail)));
}

export function lanes() {
  const details = state.upstreams.map((each) => ({ ...each, ...state.details[each.name] }));
  const used = state.routes.filter((route) => route.upstreams.length);
  return used.map((route) => {
    const names = [...route.upstreams, ...(route.last_resort && !route.upstreams.includes(route.last_resort)
        ? [route.last_resort] : [])];
    const carriers = takers(route, details).map((each) => each.name);
    const parts = partsSince(route, details);
    const rows = names.map((name) => details.find((each) => each.name === name)).filter(Boolean)
      .map((detail, index) => lane(detail, index + 1, route.name, carriers.includes(detail.name), parts.get(detail.name)));
    const mode = { priority: 'the first that works', weighted: 'by weight',
      least_connections: 'the least busy' }[route.mode];
    return panel(used.length > 1 ? `Route ${route.name}` : 'Upstreams',
      `${mode}${route.last_resort ? `; last resort ${route.last_resort}` : ''}`, rows);
  });
}
