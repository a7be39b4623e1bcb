// Failures, by upstream and by what the reply says without what differs from mail to mail.
import { alien, h, panel } from './dom.js';
import { age, count, expression, fingerprint, now } from './format.js';
import { spark } from './charts.js';
import { listing } from './listing.js';
import { query } from './api.js';

const step = 300000;
const steps = 12;
export const groups = new Map();
const kinds = { deferred: 'deferred', failed: 'failed', in_doubt: 'in doubt' };

/** Forgets all, before the events of the last hour come again. */
export const forgetFailures = () => groups.clear();

/** An event of the relay; returns whether it is a failure. */
export function noteFailure(event) {
  if (!kinds[event.event]) return false;
  const reply = event.reply ?? event.error ?? '';
  const [upstream, print] = [event.upstream ?? '', fingerprint(reply)];
  const key = `${upstream}\n${print}`;
  const group = groups.get(key) ?? { upstream, print, example: reply, count: 0, buckets: new Map(), kinds: new Set(),
    last: '' };
  const [number, time] = [event.to?.length ?? 1, Date.parse(event.time)];
  const bucket = Math.floor(time / step);
  trim(group);
  group.count += number;
  group.buckets.set(bucket, (group.buckets.get(bucket) ?? 0) + number);
  group.kinds.add(kinds[event.event]);
  if (event.time > group.last) Object.assign(group, { last: event.time, example: reply });
  groups.delete(key);
  groups.set(key, group);
  // The one that is silent for the longest makes room.
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

/** Whether the last half hour had more than the one before. */
function direction(counts) {
  const half = (from) => counts.slice(from, from + steps / 2).reduce((a, b) => a + b, 0);
  const [before, now] = [half(0), half(steps / 2)];
  return now > before * 1.2 ? 'rising' : now < before * 0.8 ? 'falling' : 'steady';
}

function picture({ counts }) {
  const word = direction(counts);
  return [spark(counts, `${word}: ${counts.join(', ')} in each five minutes`), h('div', { class: 'aside' }, word)];
}

function reply({ upstream, print, example }) {
  const href = `#/messages${query({ upstream, last_reply: expression(print) })}`;
  return [h('a', { href, 'data-key': `failure ${upstream} ${print}` }, alien(print, 'mono')),
    h('div', { class: 'aside' }, 'last: ', alien(example.slice(0, 200), 'mono'))];
}

const columns = [
  ['Upstream', (group) => group.upstream || h('span', { class: 'muted' }, 'none')], ['Reply', reply, 'reply'],
  ['Became', (group) => [...group.kinds].join(', ')], ['Last hour', (group) => count(group.total), 'number'],
  ['Trend', picture], ['Last', (group) => age(group.last), 'nowrap'],
];

export function failures() {
  const all = [...groups.values()].map((group) => {
    const counts = trend(group);
    return { ...group, counts, total: counts.reduce((a, b) => a + b, 0) };
  });
  const most = all.filter((group) => group.total).sort((a, b) => b.total - a.total).slice(0, 12);
  return panel('Failures', 'recipients, by upstream and reply; a click shows the messages',
    listing(columns, most, 'None in the last hour.'));
}
