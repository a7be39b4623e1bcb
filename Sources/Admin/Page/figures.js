// Figures of /metrics: rates and percentiles from how the counters move.
import { api } from './api.js';

const line = /^([a-z_:]+)(?:\{(.*)\})? (\S+)$/i;
const label = /([a-z_]+)="((?:[^"\\]|\\.)*)"/gi;

/** Samples by name: a list of labels and values. */
export function parse(text) {
  const samples = new Map();
  for (const row of text.split('\n')) {
    const found = row.startsWith('#') ? null : line.exec(row);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] ?? '').matchAll(label)) labels[name] = value;
    if (!samples.has(found[1])) samples.set(found[1], []);
    samples.get(found[1]).push({ labels, value: Number(found[3].replace('Inf', 'Infinity')) });
  }
  return samples;
}

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);

const sum = (samples, name, wanted = {}) => {
  const found = samples.get(name)?.filter((sample) => fits(sample.labels, wanted));
  return found?.length ? found.reduce((total, sample) => total + sample.value, 0) : null;
};

/** Cumulative counts by upper bound. */
const buckets = (samples, name) => {
  const all = new Map();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
    all.set(bound, (all.get(bound) ?? 0) + value);
  }
  return all;
};

/** The value below which the share `q` lies, between the bounds of its bucket; null without any. */
export function percentile(before, after, q) {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => after.get(bound) - (before?.get(bound) ?? 0));
  const total = counts.at(-1);
  if (!total || total < 0) return null;
  const index = counts.findIndex((each) => each >= q * total);
  const [low, below] = index > 0 ? [bounds[index - 1], counts[index - 1]] : [0, 0];
  if (bounds[index] === Infinity) return low;
  return low + (bounds[index] - low) * ((q * total - below) / Math.max(1, counts[index] - below));
}

const names = { accept: 'posthorse_ingress_accept_seconds', taken: 'posthorse_delivery_accept_to_taken_seconds' };

/** A ring of what was seen, and what follows from it. */
export const figures = {
  seen: [],
  interval: 5000,

  async look() {
    const samples = parse(await api.text('metrics'));
    const [taken, sent] = [{}, {}];
    for (const { labels, value } of samples.get('posthorse_delivery_recipients_total') ?? []) {
      if (labels.outcome === 'delivered') taken[labels.upstream] = value;
    }
    // Each message has one reply to its last dot, whatever it says.
    for (const { labels, value } of samples.get('posthorse_delivery_phase_seconds_count') ?? []) {
      if (labels.phase === 'reply') sent[labels.upstream] = value;
    }
    const now = {
      at: performance.now(), time: Date.now(), start: sum(samples, 'process_start_time_seconds'),
      accepted: sum(samples, 'posthorse_ingress_messages_total'), taken, sent,
      accept: buckets(samples, names.accept), delay: buckets(samples, names.taken),
    };
    const last = this.seen.at(-1);
    // After a restart the counters begin anew.
    if (last && last.start !== now.start) this.seen = [];
    this.seen.push(now);
    if (this.seen.length > 180) this.seen.shift();
  },

  /** When the relay started, in RFC 3339; undefined before the first look. */
  start() {
    const start = this.seen.at(-1)?.start;
    return start ? new Date(start * 1000).toISOString() : undefined;
  },

  /** A list of `{time, accepted, delivered}` a second, one for each interval. */
  rates() {
    return this.seen.slice(1).map((now, index) => {
      const [last, all] = [this.seen[index], (each) => Object.values(each.taken).reduce((a, b) => a + b, 0)];
      const seconds = (now.at - last.at) / 1000;
      return {
        time: now.time, accepted: (now.accepted - last.accepted) / seconds,
        delivered: Math.max(0, all(now) - all(last)) / seconds,
      };
    });
  },

  /** The oldest look within some milliseconds before another; null after a gap. */
  before(now, time) {
    return this.seen.find((each) => each.at < now.at && now.at - each.at <= time) ?? null;
  },

  /** Messages that go to an upstream a second, as its limit counts them, over the last intervals; null before two looks. */
  rate(upstream) {
    const now = this.seen.at(-1);
    const last = now && this.before(now, 20000);
    if (!last) return null;
    return Math.max(0, (now.sent[upstream] ?? 0) - (last.sent[upstream] ?? 0)) / ((now.at - last.at) / 1000);
  },

  /** Percentiles of `accept` or `delay` over a minute up to each look: `{time, p50, p95, p99}`. */
  latency(kind) {
    return this.seen.map((now) => {
      const before = this.before(now, 70000);
      const at = (q) => before && percentile(before[kind], now[kind], q);
      return { time: now.time, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    });
  },
};
