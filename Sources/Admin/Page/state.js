// What is known of the relay, and when it is asked again: after events, and every ten seconds, while somebody looks.
import { api } from './api.js';
import { figures } from './figures.js';

const nothing = () => ({
  who: null, mayOperate: false,
  upstreams: [], details: {}, routes: [], statistics: null, ages: {}, waiting: {}, health: null, alerts: [],
  webhooks: [], roundTrips: [], known: false,
});

export const state = nothing();

let visit = {};

/** Nobody is here any more, and what is known is not for the next one. */
export function forget() {
  visit = {};
  Object.assign(state, nothing());
  figures.seen = [];
}

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
let patience = 0;
addEventListener('pointerdown', (event) => {
  if (event.button) return;
  isPressed = true;
  // A menu of the browser may take the other half.
  clearTimeout(patience);
  patience = setTimeout(released, 2000);
});
for (const name of ['pointerup', 'pointercancel', 'contextmenu', 'blur', 'dragend']) addEventListener(name, released);

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
  const add = ([name, value]) => { ages[name] = (ages[name] ?? 0) + value; };
  for (const group of groups) Object.entries(group.ages ?? {}).forEach(add);
  return ages;
};

async function upstreams(keep) {
  const all = await api.lines('v1/upstreams');
  // One that a reload has just removed has no details.
  const detail = (each) => api.get(`v1/upstreams/${encodeURIComponent(each.name)}`).catch(() => each);
  const details = await Promise.all(all.map(detail));
  keep({ upstreams: all, details: Object.fromEntries(details.map((each) => [each.name, each])) });
}

/** Asks for everything. What comes is shown, also where another question fails. */
async function load() {
  const mine = visit;
  const keep = (values) => { if (mine === visit) Object.assign(state, values); };
  const set = (name) => (value) => keep({ [name]: value });
  const by = (values) => api.lines('v1/queue/stats', values);
  const results = await Promise.allSettled([
    upstreams(keep), api.lines('v1/routes').then(set('routes')), api.get('v1/queue/stats').then(set('statistics')),
    by({ by: 'age' }).then((groups) => keep({ ages: summed(groups) })),
    by({ by: 'upstream', state: 'deferred' }).then((groups) => {
      keep({ waiting: Object.fromEntries(groups.map((each) => [each.value ?? '', each.recipients])) });
    }),
    health().then(set('health')), api.lines('v1/alerts').then(set('alerts')),
    api.lines('v1/webhooks').then(set('webhooks')), api.lines('v1/round-trips').then(set('roundTrips')),
  ]);
  keep({ known: state.known || results.slice(0, 3).every((each) => each.status === 'fulfilled') });
  const failed = results.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Loads one thing after the other, never more often than what it costs allows, and nothing while the tab is hidden. */
export class Rhythm {
  constructor(body, idle) {
    Object.assign(this, { body, idle, due: 0, timer: null, isRunning: false, isOn: false, problem: null, at: null });
    document.addEventListener('visibilitychange', () => this.arm());
  }

  start() {
    Object.assign(this, { isOn: true, problem: null });
    this.soon();
  }

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
      Object.assign(this, { problem: null, at: Date.now() });
    } catch (error) {
      this.problem = error.message;
      if (error.status === 401) this.isOn = false;
      else if (error.status === undefined && !(error instanceof DOMException)) throw error;
    } finally {
      this.isRunning = false;
      this.free = Date.now() + Math.max(1000, 5 * (Date.now() - began));
      this.arm();
      if (this.isOn) changed();
    }
  }
}

const standing = new Rhythm(load, 10000);
const speed = new Rhythm(() => figures.look(), figures.interval);

export const watch = {
  start() { standing.start(); speed.start(); },
  stop() { standing.stop(); speed.stop(); },
  soon() { standing.soon(); },
  /** Since when what is shown is old, and why: `{at, problem}`; undefined if it is of now. */
  stale() { return [standing, speed].find((each) => each.problem); },
};

/** Loads it now, after an order. */
export async function reload() { await load(); changed(); }
