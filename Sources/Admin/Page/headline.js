// The sentence at the top: which upstream carries the mail, why, since when, what waits, and what to do.
import { count, moment, now, percent, plural, span } from './format.js';
import { isSpent, spentQuota, untilFree } from './quotas.js';
import { answersAgain, beginning, partsSince, short, sinceWords, standing, takers } from './standing.js';

const rank = { good: 0, warn: 1, bad: 2 };

const isEnabled = (upstream) => upstream.admin_state === 'enabled';

/** Names with `and`, each as `{name}`. */
function named(upstreams) {
  const link = (index) => (index === 0 ? '' : index === upstreams.length - 1 ? ' and ' : ', ');
  return upstreams.flatMap((each, index) => [link(index), { name: each.name }]).filter(Boolean);
}

/** What keeps each of these upstreams from carrying mail. */
function troubles(blocked) {
  const why = (each) => (answersAgain(each) ? [` ${standing(each).phrase}`]
    : isSpent(each) ? [` ${standing(each).phrase} ${untilFree(each)}`.trimEnd()]
    : [` ${standing(each).phrase} ${sinceWords(each)} (`, { alien: short(beginning(each).cause) }, ')']);
  return blocked.flatMap((each, index) => [index ? '; ' : '', { name: each.name }, ...why(each)]).filter(Boolean);
}

/** No circuit is closed, and what is missing to close this one is a message. */
function trial(route, one) {
  const isUnderWay = one.circuit === 'halfOpen';
  return {
    kind: 'warn', text: [{ name: one.name }, isUnderWay ? ' answers again: one message' : ' answers again: the next message',
      { where: route }, isUnderWay ? ' tries it' : ' is its trial'],
    advice: ['Nothing to do: if it takes that message, its mail returns step by step. To close its circuit at once: ',
      { code: `posthorse upstream reset ${one.name}` }],
  };
}

/** How mail gets on where quotas keep it: by itself, or once somebody says that the provider counts less. */
function waitForQuota(spent) {
  const times = spent.map((each) => spentQuota(each).free_at).filter(Boolean).sort();
  return [times.length ? `The mail goes out by itself from ${moment(times[0])}. ` : 'The mail goes out by itself. ',
    'If the provider counts less than the relay, say so: ',
    { code: `posthorse upstream quota ${spent[0].name} --quota ${spentQuota(spent[0]).quota} --used N` }];
}

function allDown(route, list) {
  const enabled = list.filter(isEnabled);
  const next = enabled.map((each) => each.next_step_at).filter(Boolean).sort()[0];
  const spent = enabled.filter(isSpent);
  return {
    kind: 'bad', text: ['No upstream takes mail', { where: route }, ': ', ...troubles(list),
      '. New mail is accepted and kept'],
    advice: spent.length && spent.length === enabled.length ? waitForQuota(spent) : [
      next && Date.parse(next) > now() ? `The relay tries again by itself at ${moment(next, true)}. `
        : next ? 'The next message tries again. '
        : enabled.length ? 'The relay tries again by itself. ' : 'Nothing is tried until somebody enables an upstream. ',
      'Is the network of this machine up? Look at ', ...named(list), ', or check one now: ',
      { code: `posthorse upstream probe ${(enabled[0] ?? list[0]).name}` },
    ],
  };
}

/** Since when those carry the mail that do: `words`, and whether a change has made it so. */
function start(route, carriers, upstreams) {
  const parts = partsSince(route, upstreams);
  const first = carriers.reduce((one, each) => (parts.get(each.name).at < parts.get(one.name).at ? each : one));
  return { words: sinceWords(first, parts.get(first.name)), isChange: parts.get(first.name).isChange };
}

function detour(route, blocked, carriers, upstreams) {
  const failing = blocked.find((each) => isEnabled(each) && !answersAgain(each) && !isSpent(each));
  const isReturning = blocked.some((each) => answersAgain(each) || isSpent(each));
  const since = start(route, carriers, upstreams);
  const isNews = since.isChange && !blocked.some((each) => !answersAgain(each) && sinceWords(each) === since.words);
  const kept = blocked.find((each) => !isEnabled(each));
  const order = kept && [`${kept.name} stays so ${kept.admin_until ? `until ${moment(kept.admin_until)}` : 'until somebody enables it'}: `,
    { code: `posthorse upstream enable ${kept.name}` }];
  return {
    kind: 'warn', text: [...troubles(blocked), ': mail', { where: route }, ' goes by ', ...named(carriers),
      isNews ? `, ${since.words}` : ''].filter(Boolean),
    advice: failing
      ? ['Nothing to do for the mail: it returns by itself. Find out why ', { name: failing.name }, ' fails: ',
        { code: `posthorse upstream show ${failing.name}` }, ...(order ? ['. ', ...order] : [])]
      : order ?? (isReturning ? ['Nothing to do: the mail returns by itself.'] : []),
  };
}

function comingBack(route, first, others) {
  return {
    kind: 'warn',
    text: [
      { name: first.name }, ` is coming back ${sinceWords(first)}: it gets ${percent(first.share)} of the mail`,
      { where: route },
      ...(others.length ? [', the rest goes by ', ...named(others)] : ''),
    ],
    advice: ['Nothing to do: its share grows step by step.'],
  };
}

/** The story of one route. */
function story(route, upstreams) {
  const list = route.upstreams.map((name) => upstreams.find((each) => each.name === name)).filter(Boolean);
  const carriers = takers(route, upstreams);
  if (!list.length) return null;
  const last = upstreams.filter((each) => each.name === route.last_resort && !list.includes(each));
  const returning = [...list, ...last].find(answersAgain);
  if (!carriers.length) return returning ? trial(route, returning) : allDown(route, list);
  const first = list.indexOf(carriers[0]);
  const blocked = route.mode === 'priority' ? list.slice(0, first < 0 ? undefined : first)
    : list.filter((each) => !carriers.includes(each));
  if (blocked.length) return detour(route, blocked, carriers, upstreams);
  if (route.mode === 'priority' && carriers[0].share < 1) return comingBack(route, carriers[0], carriers.slice(1));
  const since = start(route, carriers, upstreams).words;
  return { kind: 'good', text: ['Mail', { where: route }, ' goes by ', ...named(carriers), `, ${since}`],
    advice: [] };
}

/** What waits, and for how long. */
function waiting(statistics) {
  const states = statistics?.by_state ?? {};
  const waits = (states.queued ?? 0) + (states.deferred ?? 0);
  if (!waits) return '. Nothing waits.';
  // The age is that of the oldest message of all, so it is told only where all of them wait.
  const isAll = Object.entries(states).every(([name, number]) => !number || ['queued', 'deferred', 'delivering'].includes(name));
  const oldest = isAll ? statistics.oldest_age_seconds : 0;
  return `; ${count(waits)} waiting${oldest >= 60 ? `, the oldest for ${span(oldest)}` : ''}.`;
}

/** What only a person can decide. */
function duties(statistics, health) {
  const states = statistics?.by_state ?? {};
  // What the upstreams do is in the sentence itself.
  const problems = (health?.problems ?? []).filter((problem) => !problem.startsWith('no upstream works'));
  const duties = problems.map((problem) => ({ kind: 'bad', parts: [{ alien: problem }] }));
  const owed = (name, words, text) => {
    if (!states[name]) return;
    const link = { link: `#/messages?state=${name}`, text };
    duties.push({ kind: 'warn', parts: [`${plural(states[name], 'recipient')} ${words} `, link] });
  };
  owed('in_doubt', 'in doubt: an upstream may have taken the mail.', 'Decide');
  owed('held', 'held: nothing happens by itself.', 'Look');
  return duties;
}

/**
 * The headline: `kind`, `text` (parts), `advice` (parts), `duties` (lists of parts).
 *
 * @param details the upstreams with their details, in order
 */
export function headline({ details, routes, statistics, health }) {
  const stories = routes.map((route) => story(route, details)).filter(Boolean).sort((a,
      b) => rank[b.kind] - rank[a.kind]);
  // The default route comes into it only if something else is not said of the same upstreams.
  const seen = new Set();
  const told = stories.filter((each) => {
    const key = JSON.stringify(each.text.map((part) => (part.where ? '' : part)));
    return !seen.has(key) && seen.add(key);
  });
  const where = (part) => (part.where ? (told.length > 1 ? ` of ${part.where.name}` : '') : part);
  const parts = told.flatMap((each, index) => [index ? '; ' : '',
      ...each.text.map(where)]).filter((part) => part !== '');
  const advice = told.find((each) => each.advice.length)?.advice;
  const owed = duties(statistics, health);
  const kinds = [told[0]?.kind ?? 'good', ...owed.map((duty) => duty.kind)];
  return {
    kind: kinds.sort((a, b) => rank[b] - rank[a])[0],
    text: parts.length ? [...parts, waiting(statistics)] : ['No upstream is set up.'],
    advice: advice ?? (owed.length ? [] : ['Nothing to do.']), duties: owed.map((duty) => duty.parts),
  };
}
