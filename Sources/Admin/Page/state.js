// What is known of the relay, and when it is asked again: after events, and every ten seconds, while somebody looks.
import { api } from './api.js';
import { figures } from './figures.js';

export const state = {
  who: null, mayOperate: false, hasAlerts: true,
  upstreams: [], details: {}, routes: [], statistics: null, ages: {}, waiting: {}, health: null, alerts: [], known: false,
};

const listeners = new Set();

/** Calls back after each change; returns what ends that. */
export function whenChanged(body) {
  listeners.add(body);
  return () => listeners.delete(body);
}

let isPressed = false;
let isWaiting = false;

/** Tells everybody; not between the two halves of a click, whose target would be gone. */
export function changed() {
  isWaiting = isPressed;
  if (!isPressed) for (const body of listeners) body();
}

const released = () => setTimeout(() => {
  isPressed = false;
  if (isWaiting) changed();
});
addEventListener('pointerdown', () => { isPressed = true; });
addEventListener('pointerup', released);
addEventListener('pointercancel', released);

async function alerts() {
  if (!state.hasAlerts) return [];
  try {
    return await api.lines('v1/alerts');
  } catch (error) {
    if (error.status !== 404) throw error;
    state.hasAlerts = false;
    return [];
  }
}

/** Its answer is of use whatever its status. */
async function health() {
  try {
    return await api.get('v1/health', {}, { expected: 503 });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { status: 'failing', problems: ['something in front of the relay answers in its place'] };
  }
}

const summed = (groups) => {
  const ages = {};
  for (const group of groups) for (const [name,
      value] of Object.entries(group.ages ?? {})) ages[name] = (ages[name] ?? 0) + value;
  return ages;
};

async function load() {
  const [upstreams, routes, statistics, byAge, byUpstream, condition, firing] = await Promise.all([
    api.lines('v1/upstreams'), api.lines('v1/routes'), api.get('v1/queue/stats'), api.lines('v1/queue/stats',
      { by: 'age' }),
    api.lines('v1/queue/stats', { by: 'upstream', state: 'deferred' }), health(), alerts(),
  ]);
  // One that a reload has just removed has no details.
  const detail = (each) => api.get(`v1/upstreams/${encodeURIComponent(each.name)}`).catch(() => each);
  const details = await Promise.all(upstreams.map(detail));
  Object.assign(state, {
    upstreams, routes, statistics, ages: summed(byAge), health: condition, alerts: firing, known: true,
    details: Object.fromEntries(details.map((each) => [each.name, each])),
    waiting: Object.fromEntries(byUpstream.map((each) => [each.value ?? '', each.recipients])),
  });
}

/** Loads one thing after the other, never more often than what it costs allows, and nothing while the tab is hidden. */
export class Rhythm {
  constructor(body, idle) {
    Object.assign(this, { body, idle, due: 0, timer: null, isRunning: false, isOn: false });
    document.addEventListener('visibilitychange', () => this.arm());
  }

  start() { this.isOn = true; this.soon(); }

  stop() { this.isOn = false; clearTimeout(this.timer); }

  /** There is news. */
  soon() { this.due = 0; this.arm(); }

  arm() {
    clearTimeout(this.timer);
    if (!this.isOn || this.isRunning || document.hidden) return;
    this.timer = setTimeout(() => this.run(), Math.max(this.due, (this.free ?? 0)) - Date.now());
  }

  async run() {
    this.isRunning = true;
    const began = Date.now();
    // News that comes meanwhile makes it due again.
    this.due = began + this.idle;
    try {
      await this.body();
    } catch (error) {
      if (error.status === 401) this.isOn = false;
      else if (error.status === undefined) throw error;
    } finally {
      this.isRunning = false;
      this.free = Date.now() + Math.max(1000, 5 * (Date.now() - began));
      this.arm();
    }
  }
}

const standing = new Rhythm(async () => { await load(); changed(); }, 10000);
const speed = new Rhythm(async () => { await figures.look(); changed(); }, figures.interval);

export const watch = {
  start() { standing.start(); speed.start(); },
  stop() { standing.stop(); speed.stop(); },
  soon() { standing.soon(); },
};

/** Loads it now, after an order. */
export async function reload() { await load(); changed(); }
