// The quotas of an upstream. Values in, values out.
import { count, moment } from './format.js';

/** The quota that keeps mail from the upstream: the last of the used-up ones to free up; undefined if there is none. */
export const spentQuota = (upstream) => (upstream.quotas ?? []).filter((each) => each.left === 0)
  .sort((a, b) => (Date.parse(a.free_at) || 0) - (Date.parse(b.free_at) || 0)).at(-1);

/** Whether that alone keeps mail from it. */
export const isSpent = (upstream) => upstream.admin_state === 'enabled' && upstream.circuit === 'closed'
  && Boolean(spentQuota(upstream));

/** `50,000/24h`. */
export const allowed = ({ quota, limit }) => `${count(limit)}/${quota.split('/')[1]}`;

/** `until 14:15`, of one that is used up; empty where that is not known. */
export const untilFree = (upstream) => {
  const time = spentQuota(upstream)?.free_at;
  return time ? `until ${moment(time)}` : '';
};

/** How one stands: `31,200 used, 18,800 left; until 14:15`. */
export function words({ used, left, free_at: free, resets_at: end }) {
  const time = free ? `; free again at ${moment(free)}` : end ? `; until ${moment(end)}` : '';
  return `${count(used)} used, ${count(left)} left${time}`;
}
