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

/** The last change of its circuit or its order into the present state; undefined without one. */
export function lastChange(detail) {
  const into = detail.admin_state === 'enabled' ? detail.circuit : detail.admin_state;
  return (detail.history ?? []).filter((change) => change.to === into && change.from !== into).at(-1);
}

/** Why it does not take mail: the relay's cause, or the operator's reason. */
export function cause(detail) {
  if (detail.admin_state !== 'enabled') return detail.admin_reason ?? 'no reason was given';
  const opened = (detail.history ?? []).filter((change) => change.to === 'open').at(-1);
  return opened?.cause ?? detail.last_error ?? 'the reason is not known any more';
}

/** Since when it is as it is. */
export const since = (detail) => (detail.admin_state !== 'enabled' ? detail.admin_since
  : undefined) ?? lastChange(detail)?.at ?? detail.since;

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

export const sinceWords = (detail) => `since ${moment(since(detail))}`;
