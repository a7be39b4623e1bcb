// How an upstream stands, in words. Values in, values out.
import { moment, percent } from './format.js';

export const takesMail = (upstream) => upstream.admin_state === 'enabled' && upstream.circuit === 'closed'
  && upstream.share > 0;

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
  if (upstream.circuit === 'open') return { kind: 'bad', word: 'down', phrase: 'is down' };
  if (upstream.circuit === 'halfOpen') return { kind: 'warn', word: 'on trial',
    phrase: 'is down, and one message tries it' };
  if (upstream.share < 1) return { kind: 'warn', word: `coming back, ${percent(upstream.share)}`,
    phrase: 'is coming back' };
  return isCarrying ? { kind: 'good', word: 'carries the mail', phrase: 'works' }
    : { kind: '', word: 'standing by', phrase: 'stands by' };
}

/** A cause that fits into a sentence. */
export const short = (text, most = 140) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function sinceWords(detail) {
  const { at, isOlder } = beginning(detail);
  return `since ${isOlder ? 'before ' : ''}${moment(at)}`;
}
