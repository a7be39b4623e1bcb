// Failures, by upstream, by what the reply says without what differs from mail to mail, and by what followed.
import { alien, h, panel } from './dom.js';
import { age, count, expression, fingerprint, now } from './format.js';
import { spark } from './charts.js';
import { listing } from './listing.js';
import { query } from './api.js';

const step = 300000;
const steps = 12;
export const groups = new Map();
const words = { deferred: 'deferred', moved: 'moved on', failed: 'failed', in_doubt: 'in doubt' };
/** Messages that are remembered of those that moved on: neither list would find them by a reply of this upstream. */
const examples = 3;

/** Forgets all, before the events of the last hour come again. */
export const forgetFailures = () => groups.clear();

/** What became of the recipients: those that went to the next upstream at once do not wait. */
const became = ({ event, next }) => (event === 'deferred' && next ? 'moved' : event);

/** An event of the relay; returns whether it is a failure. */
export function noteFailure(event) {
  const kind = became(event);
  if (!Object.hasOwn(words, kind)) return false;
  const reply = event.reply ?? event.error ?? '';
  const [upstream, print] = [event.upstream ?? '', fingerprint(reply)];
  const key = `${kind}\n${upstream}\n${print}`;
  const group = groups.get(key) ?? { kind, upstream, print, example: reply, count: 0, buckets: new Map(), ids: [],
    nexts: new Set(), last: '' };
  const [number, time] = [event.to?.length ?? 1, Date.parse(event.time)];
  const bucket = Math.floor(time / step);
  trim(group);
  group.count += number;
  group.buckets.set(bucket, (group.buckets.get(bucket) ?? 0) + number);
  if (event.time > group.last) Object.assign(group, { last: event.time, example: reply });
  if (kind === 'moved') {
    group.nexts.add(event.next);
    group.ids = [event.id, ...group.ids.filter((id) => id !== event.id)].slice(0, examples);
  }
  groups.delete(key);
  groups.set(key, group);
  // The row without news for longest makes room.
  if (groups.size > 300) groups.delete(groups.keys().next().value);
  return true;
}

/** Forgets what is older than an hour; returns the bucket of now. */
function trim({ buckets }) {
  const last = Math.floor(now() / step);
  for (const bucket of buckets.keys()) if (bucket <= last - steps) buckets.delete(bucket);
  return last;
}

/** The counts of the last hour, oldest first. */
export function trend(group) {
  const last = trim(group);
  return Array.from({ length: steps }, (_, index) => group.buckets.get(last - steps + 1 + index) ?? 0);
}

const minute = 60000;

/** The milliseconds without a failure after which one is over: two minutes, or two mean gaps where failures are rare. */
function patience(counts) {
  const [first, last] = [counts.findIndex(Boolean), counts.findLastIndex(Boolean)];
  const total = counts.reduce((a, b) => a + b, 0);
  return Math.max(2 * minute, 2 * step * (last - first) / total);
}

/**
 * Where it goes: the last five minutes and those that have begun, beside the ten minutes before. What chance alone
 * could do is steady.
 *
 * @param counts those of each five minutes, oldest first
 * @param silence milliseconds since the last failure
 * @param begun how much of the last five minutes is over, 0 to 1
 */
export function direction(counts, silence, begun) {
  if (silence >= patience(counts)) return 'over';
  const [former, before, recent, current] = counts.slice(-4);
  const actual = recent + current;
  const expected = (former + before) * (1 + begun) / 2;
  const margin = Math.max(0.2 * expected, Math.sqrt(actual + expected));
  if (actual > expected + margin) return 'rising';
  return actual < expected - margin ? 'falling' : 'steady';
}

function picture({ counts, last }) {
  const word = direction(counts, now() - Date.parse(last), (now() % step) / step);
  return [spark(counts, `${word}: ${counts.join(', ')} in each five minutes`), h('div', { class: 'aside' }, word)];
}

const link = ({ upstream, print }, id) => h('a', {
  href: `#/message/${id}`, class: 'mono nowrap', 'data-key': `moved ${upstream} ${id} ${print}`,
}, id);

/** A click shows the messages: by the reply where it is still theirs, otherwise the last ones themselves. */
function reply(group) {
  const { kind, upstream, print } = group;
  const href = `#/messages${query({ upstream, last_reply: expression(print) })}`;
  const hasMoved = kind === 'moved';
  const text = alien(print, 'mono');
  return [hasMoved ? text : h('a', { href, 'data-key': `failure ${kind} ${upstream} ${print}` }, text),
    h('div', { class: 'aside' }, 'last: ', alien(group.example.slice(0, 200), 'mono')),
    hasMoved ? h('div', { class: 'aside' }, 'such as ', group.ids.map((id) => [link(group, id), ' '])) : null];
}

const outcome = ({ kind, nexts }) => (kind === 'moved' ? `moved on to ${[...nexts].join(', ')}` : words[kind]);

const columns = [
  ['Upstream', (group) => group.upstream || h('span', { class: 'muted' }, 'none')], ['Reply', reply, 'reply'],
  ['Became', outcome], ['Last hour', (group) => count(group.total), 'number'],
  ['Trend', picture], ['Last', (group) => age(group.last), 'nowrap'],
];

export function failures() {
  const all = [...groups.values()].map((group) => {
    const counts = trend(group);
    return { ...group, counts, total: counts.reduce((a, b) => a + b, 0) };
  });
  const most = all.filter((group) => group.total).sort((a, b) => b.total - a.total).slice(0, 12);
  return panel('Failures', 'recipients, by upstream, reply and what followed; a click shows the messages',
    listing(columns, most, 'None in the last hour.'));
}
