// One upstream in detail.
import { alien, cell, chip, h, paint, panel, table } from './dom.js';
import { count, moment, percent, plural, span } from './format.js';
import { actions } from './lanes.js';
import { sinceWords, standing, takers } from './standing.js';
import { state, whenChanged } from './state.js';

function facts(detail) {
  const probe = detail.last_probe;
  const rows = [
    ['Address', detail.address], ['Routes', (detail.routes ?? []).join(', ') || 'none'], ['Why its share is what it is', alien(detail.reason)],
    ['Orders', detail.admin_state === 'enabled' ? 'none' : [detail.admin_state, `, since ${moment(detail.admin_since)}`, detail.admin_until ? `, until ${moment(detail.admin_until)}` : '', detail.admin_reason ? [': ', alien(detail.admin_reason)] : '']],
    ['Delivered, failures since the start', `${count(detail.delivered_total)}, ${count(detail.failed_total)}`],
    ['Last check', probe ? [`${moment(probe.at, true)}, ${probe.healthy ? 'healthy' : `failed at ${probe.failed_phase}`} after ${span(probe.took_ms / 1000)}: `, alien(probe.text, 'mono')] : 'none yet'],
    ['Learned', [detail.messages_per_session ? `${plural(detail.messages_per_session, 'message')} a session` : '', detail.sessions_allowed ? `${plural(detail.sessions_allowed, 'session')} at a time` : '', detail.lock_step ? 'one command at a time' : ''].filter(Boolean).join(', ') || 'no limits'],
    ['Orders on disk', detail.unsaved ? alien(`no: ${detail.unsaved}`) : 'yes'],
  ];
  return h('dl', { class: 'facts' }, rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

const newest = (list) => [...(list ?? [])].reverse();

function draw(place, name) {
  const listed = state.upstreams.find((each) => each.name === name);
  if (!listed) {
    paint(place, h('h1', {}, 'Upstream ', alien(name)), h('p', { class: 'panel' }, state.known ? 'There is no such upstream in relay.conf.' : 'Asking the relay…'));
    return;
  }
  const detail = { ...listed, ...state.details[name] };
  const isCarrying = state.routes.some((route) => takers(route, state.upstreams).some((each) => each.name === name));
  const { kind, word } = standing(detail, isCarrying);
  const changes = newest(detail.history).map((each) => h('tr', {}, cell('At', moment(each.at, true), 'nowrap'), cell('Change', `${each.from} → ${each.to}`), cell('Share', percent(each.share), 'number'), cell('Cause', alien(each.cause))));
  const answers = newest(detail.answers).map((each) => h('tr', {}, cell('At', moment(each.at, true), 'nowrap'), cell('Phase', each.phase),
    cell('Reply', alien(each.text, 'mono'), 'reply'), cell('Verdict', each.verdict ?? 'success'), cell('Rule', each.rule ? alien(each.rule) : '–')));
  const addresses = (detail.addresses ?? []).map((each) => h('tr', {}, cell('Address', h('span', { class: 'mono' }, each.address)), cell('State', each.state), cell('Since', moment(each.since), 'nowrap'), cell('Sessions', each.sessions, 'number'), cell('Why', alien(each.reason ?? '–'))));
  paint(place,
    h('h1', {}, 'Upstream ', h('strong', {}, name), ' ', chip(kind, word), ' ', h('span', { class: 'aside' }, sinceWords(detail))),
    h('section', { class: 'panel' }, facts(detail), actions(detail, 'page')),
    panel('Last replies', 'and the rules that decided about them', answers.length ? table([['At'], ['Phase'], ['Reply'], ['Verdict'], ['Rule']], answers) : h('p', { class: 'empty' }, 'None.')),
    panel('Changes', null, changes.length ? table([['At'], ['Change'], ['Share', 'number'], ['Cause']], changes) : h('p', { class: 'empty' }, 'None since the start.')),
    panel('Addresses', null, addresses.length ? table([['Address'], ['State'], ['Since'], ['Sessions', 'number'], ['Why']], addresses) : h('p', { class: 'empty' }, 'No connection yet.')));
}

export function upstream(place, values, name) {
  document.title = `${name} · Posthorse`;
  draw(place, name);
  return whenChanged(() => draw(place, name));
}
