// Who is told what became of mail, and what did not reach them.
import { api } from './api.js';
import { alien, button, chip, h, panel } from './dom.js';
import { count, moment, plural } from './format.js';
import { listing } from './listing.js';
import { confirm } from './orders.js';
import { state } from './state.js';

const verbs = {
  resend: ['Send again', 'would be sent again.'],
  drop: ['Drop', 'would be dropped, and the receiver never hears of them.', true],
};

const place = (name, word) => `v1/webhooks/${encodeURIComponent(name)}/${word}`;

/** Of a webhook that relay.conf no longer names nothing is sent. */
const isGone = ({ receiver }) => receiver === null;

/** Sends the dead events of a webhook again, or drops them: all of them, if it is gone. */
function order(webhook, verb) {
  const [title, effect, isDangerous] = verbs[verb];
  const { name } = webhook;
  const states = isGone(webhook) ? ['waiting', 'dead'] : ['dead'];
  confirm({
    title: `${title}: ${isGone(webhook) ? 'all' : 'dead'} events of ${name}`, verb: title, isDangerous,
    impact: async () => {
      const { events } = await api.post(place(name, verb), { all: true, dry_run: true });
      const lists = states.map((word) => api.lines(place(name, 'events'), { state: word, limit: 5 }));
      const first = (await Promise.all(lists)).flat().slice(0, 5);
      return [h('p', {}, h('b', {}, plural(events, 'event')), ` ${effect} The first ones:`),
        h('ul', {}, first.map((each) => h('li', {}, `${each.type} `, alien(each.recipient),
          each.reason ? [': ', alien(each.reason)] : '')))];
    },
    run: async ({ reason }) => {
      const { events } = await api.post(place(name, verb), { all: true, ...(reason && { reason }) });
      return `${title}: ${plural(events, 'event')}`;
    },
  });
}

/** The orders that make sense. */
function verbsFor(webhook) {
  if (isGone(webhook)) return webhook.waiting || webhook.dead ? ['drop'] : [];
  return webhook.dead ? Object.keys(verbs) : [];
}

const orders = (webhook) => (state.mayOperate ? verbsFor(webhook).map((verb) => button(
  `${verbs[verb][0]}…`, () => order(webhook, verb), { 'data-key': `${verb} ${webhook.name}` })) : []);

function standing(webhook) {
  if (isGone(webhook)) return [chip('warn', 'gone'), ' nothing is sent: relay.conf no longer names it'];
  if (!webhook.failures) return chip('good', 'works');
  return [chip('bad', 'fails'), ' ', alien(webhook.reason), `, next try ${moment(webhook.next_attempt_at)}`];
}

const columns = [
  ['Webhook', (each) => [alien(each.name), h('div', { class: 'aside' }, alien(each.receiver ?? 'not in relay.conf'))]],
  ['State', standing, 'reply'],
  ['Waiting', (each) => count(each.waiting), 'number'], ['Dead', (each) => count(each.dead), 'number'], ['', orders],
];

export const webhooks = () => (state.webhooks.length
  ? panel('Webhooks', 'told what became of mail', listing(columns, state.webhooks, '')) : null);
