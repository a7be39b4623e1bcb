// The first view: what an operator wants to know within ten seconds.
import { alien, button, chip, h, paint, panel, shown } from './dom.js';
import { bars, lines, widthOf } from './charts.js';
import { count, moment, octets, plural, rate, span } from './format.js';
import { failures } from './failures.js';
import { figures } from './figures.js';
import { headline } from './headline.js';
import { lanes } from './lanes.js';
import { orderAlert } from './orders.js';
import { roundTrips } from './round-trips.js';
import { short } from './standing.js';
import { state, whenChanged } from './state.js';
import { timeline } from './timeline.js';
import { webhooks } from './webhooks.js';

/** A part of a sentence. */
function part(each) {
  if (typeof each === 'string') return each;
  if (each.name) return h('strong', {}, each.name);
  if (each.alien) return alien(each.alien);
  if (each.link) return h('a', { href: each.link, 'data-key': each.link }, each.text);
  return h('code', {}, shown(each.code));
}

function banner() {
  const { kind, text, advice, duties } = headline({
    details: state.upstreams.map((each) => ({ ...each, ...state.details[each.name] })), routes: state.routes,
    statistics: state.statistics, health: state.health,
  });
  document.title = `${{ good: '', warn: '▲ ', bad: '■ ' }[kind]}Posthorse`;
  return h('section', { class: `panel headline ${kind}`, 'aria-label': 'What is going on' },
    h('h1', {}, text.map(part)), advice.length ? h('p', {}, advice.map(part)) : null,
    duties.length ? h('ul', {}, duties.map((duty) => h('li', {}, duty.map(part)))) : null);
}

/** What fires, one for each subject of an alert. */
function firing() {
  return state.alerts.flatMap(({ name, severity, silence, subjects }) => subjects.map((each) => ({
    ...each, name, severity, silenced: silence?.until,
  }))).filter((each) => each.state === 'firing' || each.state === 'clearing');
}

const severities = { critical: 'bad', error: 'bad', warning: 'warn' };

/** What an alert says; a long reply in it opens. */
function report({ name, subject, text }) {
  const brief = short(text);
  if (brief === text) return alien(text);
  return h('details', { class: 'long', 'data-key': `alert ${name} ${subject}` },
    h('summary', { 'data-key': `more ${name} ${subject}` }, alien(brief)), alien(text));
}

/** Since when it fires; what is clearing is over, and is not told as present. */
function stage({ state: word, since, silenced }) {
  const silence = silenced ? `, silenced until ${moment(silenced)}` : '';
  return h('span', { class: 'muted' },
    `${word === 'clearing' ? `; it is over, and had fired since ${moment(since)}` : ` since ${moment(since)}`}${silence}`);
}

export function alerts() {
  const all = firing();
  if (!all.length) return null;
  const over = all.filter((each) => each.state === 'clearing').length;
  const words = [all.length - over && `${count(all.length - over)} firing`, over && `${count(over)} clearing`];
  return panel('Alerts', words.filter(Boolean).join(', '), h('ul', { class: 'legend alerts' }, all.map((each) => h('li', {},
    each.state === 'clearing' ? chip('', 'clearing')
      : chip(severities[each.severity] ?? 'note', `${each.severity}, firing`),
    h('span', {}, h('b', {}, alien(each.name)), ' ', alien(each.subject), ': ', report(each), stage(each)),
    state.mayOperate ? button(each.silenced ? 'End silence…' : 'Silence…', () => orderAlert(each.name, !each.silenced),
      { class: 'quiet', 'data-key': `silence ${each.name} ${each.subject}` }) : null))));
}

const stateWords = {
  delivering: 'being delivered', queued: 'queued', deferred: 'deferred', in_doubt: 'in doubt',
  scheduled: 'sent later', held: 'held',
  failed: 'failed', delivered: 'delivered, others are not',
};

function byState() {
  const states = state.statistics?.by_state ?? {};
  const names = Object.keys(stateWords).filter((name) => states[name]);
  const bar = h('div', { class: 'states', 'aria-hidden': 'true' }, names.map((name) => {
    const piece = h('span', { class: `fill-${name}` });
    piece.style.flex = String(states[name]);
    return piece;
  }));
  const list = h('ul', { class: 'legend' }, names.map((name) => h('li', {}, h('span', { class: `dot fill-${name}` }),
    h('a', { href: `#/messages?state=${name}`, 'data-key': `state ${name}` }, stateWords[name]), h('b', {},
      count(states[name])))));
  const { messages = 0, bytes = 0, oldest_age_seconds: oldest } = state.statistics ?? {};
  return panel('Queue by state', `${plural(messages, 'message')}, ${octets(bytes)}`, bar,
    names.length ? list : h('p', { class: 'empty' }, 'The queue is empty.'),
    oldest === null || oldest === undefined ? null : h('p', { class: 'aside' }, `Oldest: ${span(oldest)}`));
}

const columns = [['5', '<5'], ['10', '10'], ['20', '20'], ['40', '40'], ['80', '80'], ['160', '160'], ['320', '320'],
  ['640', '640'], ['1280', '1280'], ['1280+', 'more']];

function byAge() {
  const items = columns.map(([key, name], index) => ({ name, value: state.ages[key] ?? 0,
        kind: index > 3 ? 'late' : '' }));
  return panel('Queue by age', 'recipients, by minutes since 250',
    bars(items, 'Recipients by age in minutes', widthOf(3)));
}

const each = (points, name) => points.map((point) => ({ time: point.time, value: point[name] }));
const last = (points, name) => points.at(-1)?.[name] ?? null;

function throughput() {
  const rates = figures.rates();
  const series = [['accepted', 'accepted'],
    ['delivered', 'delivered']].map(([name, key]) => ({ name, points: each(rates, key),
        text: `${rate(last(rates, key))}/s` }));
  return panel('Throughput', 'accepted messages, delivered recipients',
    lines(series, (value) => rate(value), 'Messages a second', widthOf(3)));
}

function latency(kind, title, aside) {
  const points = figures.latency(kind);
  const series = ['p50', 'p95', 'p99'].map((name) => ({ name, points: each(points, name),
        text: span(last(points, name)) }));
  return panel(title, aside, lines(series, span, title, widthOf(2)));
}

function latencies() {
  return [h('div', { class: 'half' }, latency('accept', 'Accept to 250', 'of the last minute')),
    h('div', { class: 'half' }, latency('delay', 'Accept to taken', 'by an upstream, of the last minute'))];
}

export function overview(place) {
  document.title = 'Posthorse';
  const draw = () => {
    if (!state.known) { paint(place, h('p', { class: 'panel' }, 'Asking the relay…')); return; }
    paint(place, banner(), alerts(), lanes(),
      h('div', { class: 'columns' }, h('div', { class: 'third' }, byState()), h('div', { class: 'third' }, byAge()),
        h('div', { class: 'third' }, throughput()), latencies()),
      timeline(draw), roundTrips(), failures(), webhooks());
  };
  draw();
  const end = whenChanged(draw);
  addEventListener('resize', draw);
  return () => { end(); removeEventListener('resize', draw); };
}

