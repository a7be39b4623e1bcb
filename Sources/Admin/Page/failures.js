// Failures, by upstream and by what the reply says without what differs from mail to mail.
import { alien, cell, h, panel, table } from './dom.js';
import { age, count, expression, fingerprint } from './format.js';
import { spark } from './charts.js';
import { query } from './api.js';

const step = 300000;
const steps = 12;
const groups = new Map();
const kinds = { deferred: 'deferred', failed: 'failed', in_doubt: 'in doubt' };

/** An event of the relay; returns whether it is a failure. */
export function noteFailure(event) {
  if (!kinds[event.event]) return false;
  const reply = event.reply ?? event.error ?? '';
  const [upstream, print] = [event.upstream ?? '', fingerprint(reply)];
  const key = `${upstream}\n${print}`;
  const group = groups.get(key) ?? { upstream, print, example: reply, count: 0, buckets: new Map(), kinds: new Set(), last: '' };
  const [number, time] = [event.to?.length ?? 1, Date.parse(event.time)];
  const bucket = Math.floor(time / step);
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

/** The counts of the last hour, oldest first. */
function trend(group) {
  const now = Math.floor(Date.now() / step);
  for (const bucket of group.buckets.keys()) if (bucket <= now - steps) group.buckets.delete(bucket);
  return Array.from({ length: steps }, (_, index) => group.buckets.get(now - steps + 1 + index) ?? 0);
}

function row(group) {
  const counts = trend(group);
  const half = (from) => counts.slice(from, from + 6).reduce((a, b) => a + b, 0);
  const direction = half(6) > half(0) * 1.2 ? 'rising' : half(6) < half(0) * 0.8 ? 'falling' : 'steady';
  const link = `#/messages${query({ upstream: group.upstream, last_reply: expression(group.print) })}`;
  return h('tr', {},
    cell('Upstream', group.upstream || h('span', { class: 'muted' }, 'none')),
    cell('Reply', [h('a', { href: link, 'data-key': `failure ${group.upstream} ${group.print}` }, alien(group.print, 'mono')),
      h('div', { class: 'aside' }, 'last: ', alien(group.example.slice(0, 200), 'mono'))], 'reply'),
    cell('Became', [...group.kinds].join(', ')),
    cell('Last hour', count(counts.reduce((a, b) => a + b, 0)), 'number'),
    cell('Trend', [spark(counts, `${direction}: ${counts.join(', ')} in each five minutes`), h('div', { class: 'aside' }, direction)]),
    cell('Last', age(group.last), 'nowrap'));
}

export function failures() {
  const all = [...groups.values()].filter((group) => trend(group).some((number) => number))
    .sort((a, b) => trend(b).reduce((x, y) => x + y, 0) - trend(a).reduce((x, y) => x + y, 0)).slice(0, 12);
  const columns = [['Upstream'], ['Reply'], ['Became'], ['Last hour', 'number'], ['Trend'], ['Last']];
  return panel('Failures', 'recipients, by upstream and reply; a click shows the messages',
    all.length ? table(columns, all.map(row)) : h('p', { class: 'empty' }, 'None in the last hour.'));
}
