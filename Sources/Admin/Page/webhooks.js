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

/** Sends the dead events of a webhook again, or drops them. */
function order(name, verb) {
  const [title, effect, isDangerous] = verbs[verb];
  confirm({
    title: `${title}: dead events of ${name}`, verb: title, isDangerous,
    impact: async () => {
      const { events } = await api.post(place(name, verb), { all: true, dry_run: true });
      const first = await api.lines(place(name, 'events'), { limit: 5 });
      return [h('p', {}, h('b', {}, plural(events, 'event')), ` ${effect} The first ones:`),
        h('ul', {}, first.map((each) => h('li', {}, `${each.type} `, alien(each.recipient), ': ', alien(each.reason))))];
    },
    run: async ({ reason }) => {
      const { events } = await api.post(place(name, verb), { all: true, ...(reason && { reason }) });
      return `${title}: ${plural(events, 'event')}`;
    },
  });
}

const orders = ({ name, dead }) => (dead && state.mayOperate ? Object.keys(verbs).map((verb) => button(
  `${verbs[verb][0]}…`, () => order(name, verb), { 'data-key': `${verb} ${name}` })) : []);

const columns = [
  ['Webhook', (each) => [alien(each.name), h('div', { class: 'aside' }, alien(each.receiver ?? 'not in relay.conf'))]],
  ['State', (each) => (each.failures ? [chip('bad', 'fails'), ' ', alien(each.reason), `, next try ${moment(each.next_attempt_at)}`]
    : chip('good', 'works')), 'reply'],
  ['Waiting', (each) => count(each.waiting), 'number'], ['Dead', (each) => count(each.dead), 'number'], ['', orders],
];

export const webhooks = () => (state.webhooks.length
  ? panel('Webhooks', 'told what became of mail', listing(columns, state.webhooks, '')) : null);
