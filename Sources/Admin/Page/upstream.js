// One upstream in detail.
import { alien, chip, h, paint, panel } from './dom.js';
import { count, moment, percent, plural, span } from './format.js';
import { actions } from './lanes.js';
import { listing } from './listing.js';
import { allowed, words } from './quotas.js';
import { partsSince, sinceWords, standing, takers } from './standing.js';
import { state, whenChanged } from './state.js';

function order(detail) {
  if (detail.admin_state === 'enabled') return 'none';
  const until = detail.admin_until ? `, until ${moment(detail.admin_until)}` : '';
  const reason = detail.admin_reason ? [': ', alien(detail.admin_reason)] : '';
  return [`${detail.admin_state}, since ${moment(detail.admin_since)}${until}`, reason];
}

function check(probe) {
  if (!probe) return 'none yet';
  const result = probe.healthy ? 'healthy' : `failed at ${probe.failed_phase}`;
  return [`${moment(probe.at, true)}, ${result} after ${span(probe.took_ms / 1000)}: `, alien(probe.text, 'mono')];
}

function learned(detail) {
  const limits = [
    detail.messages_per_session && `${plural(detail.messages_per_session, 'message')} a session`,
    detail.sessions_allowed && `${plural(detail.sessions_allowed, 'session')} at a time`,
    detail.recipients_per_transaction && `${plural(detail.recipients_per_transaction, 'recipient')} a transaction`,
    detail.lock_step && 'one command at a time',
  ];
  return limits.filter(Boolean).join(', ') || 'no limits';
}

function facts(detail) {
  const rows = [
    ['Address', detail.address], ['Routes', (detail.routes ?? []).join(', ') || 'none'],
    ...(detail.quotas ?? []).map((each) => [`Quota ${allowed(each)}`, words(each)]),
    ['Why its share is what it is', alien(detail.reason)], ['Order', order(detail)],
    ['Since the start', `${count(detail.delivered_total)} delivered, ${plural(detail.failed_total, 'failure')}`],
    ['Last check', check(detail.last_probe)], ['Learned', learned(detail)],
    ['Orders on disk', detail.unsaved ? alien(`no: ${detail.unsaved}`) : 'yes'],
  ];
  return h('dl', { class: 'facts' }, rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

const at = ['At', (each) => moment(each.at, true), 'nowrap'];

const changes = [
  at, ['Change', (each) => `${each.from} → ${each.to}`], ['Share', (each) => percent(each.share), 'number'],
  ['Cause', (each) => alien(each.cause)],
];

const answers = [
  at, ['Phase', (each) => each.phase], ['Reply', (each) => alien(each.text, 'mono'), 'reply'],
  ['Verdict', (each) => each.verdict ?? 'success'], ['Rule', (each) => alien(each.rule ?? '–')],
];

const addresses = [
  ['Address', (each) => h('span', { class: 'mono' }, each.address)], ['State', (each) => each.state],
  ['Since', (each) => moment(each.since), 'nowrap'], ['Sessions', (each) => each.sessions, 'number'],
  ['Why', (each) => alien(each.reason ?? '–')],
];

const newest = (list) => [...(list ?? [])].reverse();

function draw(place, name) {
  const title = h('h1', {}, 'Upstream ', alien(name), ' ');
  const listed = state.upstreams.find((each) => each.name === name);
  if (!listed) {
    const text = state.known ? 'There is no such upstream in relay.conf.' : 'Asking the relay…';
    paint(place, title, h('p', { class: 'panel' }, text));
    return;
  }
  const detail = { ...listed, ...state.details[name] };
  const details = state.upstreams.map((each) => ({ ...each, ...state.details[each.name] }));
  const carries = (route) => takers(route, details).some((each) => each.name === name);
  const isCarrying = state.routes.some(carries);
  const route = state.routes.find(carries) ?? state.routes.find(({ upstreams }) => upstreams.includes(name));
  const since = route && partsSince(route, details).get(name);
  const { kind, word } = standing(detail, isCarrying);
  title.append(chip(kind, word), ' ', h('span', { class: 'aside' }, sinceWords(detail, since)));
  paint(place, title, h('section', { class: 'panel' }, facts(detail), actions(detail, 'page')),
    panel('Last replies', 'and the rules that decided about them', listing(answers, newest(detail.answers), 'None.')),
    panel('Changes', null, listing(changes, newest(detail.history), 'None since the start.')),
    panel('Addresses', null, listing(addresses, detail.addresses ?? [], 'No connection yet.')));
}

export function upstream(place, values, name) {
  document.title = `${name} · Posthorse`;
  draw(place, name);
  return whenChanged(() => draw(place, name));
}
