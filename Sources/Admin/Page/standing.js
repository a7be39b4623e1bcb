// How an upstream stands, in words. Values in, values out.
import { moment, percent } from './format.js';
import { allowed, isSpent, spentQuota, untilFree } from './quotas.js';

export const takesMail = (upstream) => upstream.admin_state === 'enabled' && upstream.circuit === 'closed'
  && upstream.share > 0;

/** Whether its circuit is not closed, but it answers again, and gets the next message as its trial. */
export const answersAgain = (upstream) => upstream.awaits_trial === true;

/** The upstreams that new mail of a route goes to. */
export function takers(route, upstreams) {
  const named = (name) => upstreams.find((each) => each.name === name);
  const working = route.upstreams.map(named).filter((each) => each && takesMail(each));
  if (!working.length) return [named(route.last_resort)].filter((each) => each && takesMail(each));
  if (route.mode !== 'priority') return working;
  return working[0].share < 1 ? working.slice(0, 2) : working.slice(0, 1);
}

/**
 * How it came to be as it is: when, and the relay's cause. Trials of a circuit that stays open begin nothing new.
 *
 * @returns `{at, cause, isOlder}`; it is older if the beginning is no longer known
 */
export function beginning(detail) {
  const history = detail.history ?? [];
  if (detail.admin_state !== 'enabled') return { at: detail.admin_since, cause: detail.admin_reason ?? 'no reason was given' };
  const isOpen = detail.circuit !== 'closed';
  const enabled = { at: detail.admin_since ?? '', cause: 'enabled by hand' };
  const later = (one) => (!isOpen && enabled.at > one.at ? enabled : one);
  const into = history.findLast((change) => (change.to === 'closed') !== (change.from === 'closed')
    && (change.to === 'closed') !== isOpen && ['closed', 'open', 'halfOpen'].includes(change.to));
  if (into) return later({ at: into.at, cause: into.cause });
  const cause = detail.last_error ?? 'the reason is not known any more';
  return isOpen && history.length ? { at: history[0].at, cause, isOlder: true } : later({ at: detail.since, cause });
}

const isOrder = (state) => ['enabled', 'draining', 'disabled'].includes(state);

/** An upstream as it was before its last change. */
function before(detail) {
  const [history, last] = [detail.history.slice(0, -1), detail.history.at(-1)];
  const former = isOrder(last.from) ? { admin_state: last.from } : { circuit: last.from };
  const share = history.at(-1)?.share ?? (['open', 'halfOpen'].includes(last.from) ? 0 : 1);
  return { ...detail, ...former, share, history };
}

/** What it is for a route: whether it carries mail, stands by, or takes none. */
const part = (carriers, upstream) => (carriers.some((each) => each.name === upstream.name) ? 'carries'
  : takesMail(upstream) ? 'stands by' : 'takes none');

/** How many changes the relay keeps for an upstream. */
export const most = 50;

/** Whether nobody knows since when others carry the mail: a quota is used up before them, which is no change. */
function isVague(route, upstreams, carriers) {
  const place = (name) => route.upstreams.indexOf(name);
  const first = place(carriers[0]?.name);
  return upstreams.some((each) => isSpent(each) && place(each.name) >= 0
    && (route.mode !== 'priority' || first < 0 || place(each.name) < first));
}

/**
 * Since when each upstream of a route carries its mail, or stands by. That follows from the changes of all of them, which
 * are taken back one by one.
 *
 * @returns `{at, isOlder, isChange, isVague}` by name: a change has made it so, or it was so when the relay started, or
 *   before what is known, or nobody knows; those that take no mail are left out
 */
export function partsSince(route, upstreams) {
  const names = [...route.upstreams, route.last_resort];
  let all = upstreams.filter((each) => names.includes(each.name)).map((each) => ({ ...each, history: each.history ?? [] }));
  const parts = (list) => {
    const carriers = takers(route, list);
    return new Map(list.map((each) => [each.name, part(carriers, each)]));
  };
  const now = parts(all);
  const left = new Set(all.filter((each) => now.get(each.name) !== 'takes none'));
  if (isVague(route, all, takers(route, all))) return new Map([...left].map((each) => [each.name, { isVague: true }]));
  const known = all.filter((each) => each.history.length >= most).map((each) => each.history[0].at).sort().at(-1) ?? '';
  const found = new Map();
  while (left.size) {
    const at = all.map((each) => each.history.at(-1)?.at ?? '').sort().at(-1);
    if (!at || at < known) break;
    all = all.map((each) => (each.history.at(-1)?.at === at ? before(each) : each));
    const then = parts(all);
    for (const each of left) {
      if (then.get(each.name) === now.get(each.name)) continue;
      found.set(each.name, { at, isChange: true });
      left.delete(each);
    }
  }
  for (const each of left) found.set(each.name, known ? { at: known, isOlder: true } : beginning(each));
  return found;
}

/** Why it does not take mail now: the relay's last cause, or the operator's reason. */
export function cause(detail) {
  if (detail.admin_state !== 'enabled') return detail.admin_reason ?? 'no reason was given';
  return (detail.history ?? []).findLast((change) => change.to === 'open')?.cause ?? beginning(detail).cause;
}

/** Its state: `kind` for the colour, `word` for the label, `phrase` for a sentence. */
export function standing(upstream, isCarrying) {
  if (upstream.admin_state === 'disabled') return { kind: 'note', word: 'disabled by hand',
    phrase: 'is disabled by hand' };
  if (upstream.admin_state === 'draining') return { kind: 'note', word: 'draining', phrase: 'is drained by hand' };
  if (answersAgain(upstream)) return { kind: 'warn', word: 'answers again', phrase: upstream.circuit === 'halfOpen'
    ? 'answers again, and one message tries it' : 'answers again, and the next message is its trial' };
  if (upstream.circuit === 'open') return { kind: 'bad', word: 'down', phrase: 'is down' };
  if (upstream.circuit === 'halfOpen') return { kind: 'warn', word: 'on trial',
    phrase: 'is down, and one message tries it' };
  if (isSpent(upstream)) return { kind: 'warn', word: 'quota used up',
    phrase: `has used up its quota ${allowed(spentQuota(upstream))}` };
  if (upstream.share < 1) return { kind: 'warn', word: `coming back, ${percent(upstream.share)}`,
    phrase: 'is coming back' };
  return isCarrying ? { kind: 'good', word: 'carries the mail', phrase: 'works' }
    : { kind: '', word: 'standing by', phrase: 'stands by' };
}

/** A cause that fits into a sentence. */
export const short = (text, most = 140) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/**
 * Since when it is as it is, in words; of one that answers again, since when its circuit is open; of one without quota,
 * until when. Empty where nobody knows.
 *
 * @param since what `partsSince` says of one that carries mail, or stands by
 */
export function sinceWords(detail, since) {
  if (isSpent(detail)) return untilFree(detail);
  const { at, isOlder, isVague: isUnknown } = (takesMail(detail) && detail.share === 1 && since) || beginning(detail);
  if (isUnknown) return '';
  return `${answersAgain(detail) ? 'open ' : ''}since ${isOlder ? 'before ' : ''}${moment(at)}`;
}
