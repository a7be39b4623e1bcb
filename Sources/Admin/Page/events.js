// The events of the relay, as they happen. Nothing is open while the tab is hidden; then it goes on where it left off.
import { api } from './api.js';

const becomesVisible = () => new Promise((resolve) => {
  if (!document.hidden) { resolve(); return; }
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener('visibilitychange', look);
    resolve();
  };
  document.addEventListener('visibilitychange', look);
});

/** The relay says something at least every 15 s; after this silence, in milliseconds, it is asked anew. */
export const patience = { silence: 45000 };

const pause = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

/** Reads server-sent events from an answer until it ends. */
async function read(response, onEvent, onID, onLife) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, event] = ['', { name: '', data: '' }];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    onLife();
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data) onEvent(event.name, JSON.parse(event.data));
        event = { name: '', data: '' };
      } else if (line.startsWith('id: ')) onID(line.slice(4));
      else if (line.startsWith('event: ')) event.name = line.slice(7);
      else if (line.startsWith('data: ')) event.data += line.slice(6);
    }
  }
}

/**
 * Follows events until `signal` ends it.
 *
 * @param values the query, such as `level` and `since`; what is missed after a break is asked for by number
 * @param onState is told `live`, `waiting` or `hidden`
 */
export async function follow(values, onEvent, onState, signal) {
  let [last, failures] = ['', 0];
  while (!signal.aborted) {
    if (document.hidden) onState('hidden');
    await becomesVisible();
    const attempt = new AbortController();
    let timer = 0;
    const live = () => {
      clearTimeout(timer);
      timer = setTimeout(() => attempt.abort(), patience.silence);
    };
    const stop = () => { if (document.hidden || signal.aborted) attempt.abort(); };
    document.addEventListener('visibilitychange', stop);
    signal.addEventListener('abort', stop);
    try {
      live();
      const headers = last ? { 'Last-Event-ID': last } : {};
      const response = await api.stream('v1/events', values, { signal: attempt.signal, headers });
      onState('live');
      failures = 0;
      await read(response, onEvent, (id) => { last = id; }, live);
    } catch (error) {
      if (error.status === 401) return;
      failures += 1;
    } finally {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', stop);
      signal.removeEventListener('abort', stop);
    }
    if (signal.aborted || document.hidden) continue;
    onState('waiting');
    await pause(Math.min(10000, 500 * 2 ** failures));
  }
}
