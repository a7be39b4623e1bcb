// Whether mail arrives, how fast and where, through each upstream.
import { api, query } from './api.js';
import { alien, button, chip, h, panel } from './dom.js';
import { moment, now, plural, span } from './format.js';
import { listing } from './listing.js';
import { confirm } from './orders.js';
import { state } from './state.js';

const kinds = { ok: 'good', late: 'warn', missing: 'bad', mailbox_unreachable: 'bad', upstream_failed: 'bad' };

/** `99.9 %`; rounded down, so that only all is 100 %. */
export const share = (value) => (typeof value === 'number' ? `${Math.floor(value * 1000 + 1e-6) / 10} %` : '–');

const through = ({ upstream }) => (upstream ? alien(upstream) : 'as routed');

function standing({ state: word, cause, since }) {
  if (!word) return h('span', { class: 'muted' }, 'no verdict yet');
  const isGood = word === 'ok';
  return [chip(kinds[word] ?? 'bad', word.replaceAll('_', ' ')), isGood ? '' : [' ', alien(cause)],
    h('span', { class: 'muted' }, ` since ${moment(since)}`)];
}

/** Sends a probe on each path of a round trip. */
function order(name) {
  const path = 'v1/round-trips/run';
  confirm({
    title: `Send probes: ${name}`, verb: 'Send',
    impact: async () => {
      const runs = await api.order(path, { names: [name], dry_run: true });
      return [h('p', {}, h('b', {}, plural(runs.length, 'probe')), ' would be sent now, besides those that are due:'),
        h('ul', {}, runs.slice(0, 10).map((each) => h('li', {}, through(each), ' to ', alien(each.mailbox))))];
    },
    run: async ({ reason }) => {
      const runs = await api.order(path, { names: [name], wait_seconds: 0, ...(reason && { reason }) });
      return `${plural(runs.length, 'probe')} asked for; the table has them when they arrive`;
    },
  });
}

const isFirst = (each) => state.roundTrips.find(({ name }) => name === each.name) === each;

/** Its name and mailbox; seen in its first row, and read out in each. */
const names = (each) => h('span', { class: isFirst(each) ? '' : 'again' }, alien(each.name),
  h('div', { class: 'aside' }, alien(each.mailbox)));

/** Once for each round trip, in its first row. */
const orders = (each) => (state.mayOperate && isFirst(each)
  ? button('Send probes…', () => order(each.name), { 'data-key': `run ${each.name}` }) : '');

const columns = [
  ['Round trip', names],
  ['Through', through], ['State', standing, 'reply'], ['Last', (each) => span(each.last_seconds), 'number'],
  ['p50', (each) => span(each.p50_seconds), 'number'], ['p95', (each) => span(each.p95_seconds), 'number'],
  ['Available', (each) => share(each.availability_24h), 'number'],
  ['Inbox', (each) => share(each.inbox_share), 'number'], ['', orders],
];

const day = 86400000;

/** A page of its own, for this many days. */
function report(days, words) {
  // By whole hours, so that the link is the same for a while, and what has the focus keeps it.
  const since = new Date(Math.floor(now() / 3600000) * 3600000 - days * day).toISOString();
  return h('a', { href: `v1/round-trips/report${query({ format: 'html', since })}`, target: '_blank', rel: 'noopener',
    'data-key': `report ${days}` }, words);
}

export const roundTrips = () => (state.roundTrips.length
  ? panel('Round trips', 'does mail arrive; figures of the last 24 hours', listing(columns, state.roundTrips, '', 'compact'),
    h('p', { class: 'aside' }, 'Report: ', report(1, 'the last day'), ', ', report(30, 'the last 30 days'))) : null);
