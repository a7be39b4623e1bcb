// Quantities and moments as people read them.

const whole = new Intl.NumberFormat('en');

export const count = (number) => whole.format(number ?? 0);

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function rate(number) {
  if (number === null || number === undefined) return '–';
  return number >= 100 ? count(Math.round(number)) : number >= 10 ? number.toFixed(1) : number >= 0.005 || number === 0
    ? String(Number(number.toFixed(2))) : '<0.01';
}

/** A duration given in seconds. */
export function span(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return '–';
  if (seconds < 0.001) return '<1 ms';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function octets(number) {
  const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  while (number >= 1024 && step < 4) { number /= 1024; step += 1; }
  return `${step && number < 10 ? number.toFixed(1) : Math.round(number)} ${steps[step]}`;
}

let ahead = 0;

/** Goes by the relay's clock, whose answers tell the second; a browser's may be wrong. */
export function setClock(date) {
  const difference = Date.parse(date) - Date.now();
  if (!Number.isNaN(difference)) ahead = Math.abs(difference) > 2000 ? difference : 0;
}

/** The relay's time, in milliseconds. */
export const now = () => Date.now() + ahead;

export const age = (time) => span(Math.max(0, (now() - Date.parse(time)) / 1000));

const hours = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const clock = new Intl.DateTimeFormat('en-GB', hours);
const seconds = new Intl.DateTimeFormat('en-GB', { ...hours, second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** `03:12`, or with the day if that is not today; always in the browser's time zone. */
export function moment(time, precise = false) {
  const date = new Date(time);
  if (!time || Number.isNaN(date.getTime())) return '–';
  const text = (precise ? seconds : clock).format(date);
  return date.toDateString() === new Date().toDateString() ? text : `${day.format(date)} ${text}`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

/** The reply without what differs from one mail to the next: code, status and words stay, the rest becomes `#`. */
export function fingerprint(reply) {
  const words = String(reply ?? '').slice(0, 2000)
    .replace(/"[^"]*"|<[^>]*>|\[[^\]]*\]|\([^)]*\)/g, ' # ').split(/[\s\u0000-\u001f]+/).filter(Boolean);
  const out = [];
  words.forEach((word, index) => {
    const isCode = index === 0 && /^[2-5]\d\d$/.test(word) || index === 1 && /^[245]\.\d{1,3}\.\d{1,3}$/.test(word);
    const isForeign = !isCode && (/[\d@/]/.test(word) || /[a-z]\.[a-z]/i.test(word) || word === '#');
    if (isForeign && out.at(-1) === '#') return;
    out.push(isForeign ? '#' : word);
  });
  let text = '';
  for (const word of out) {
    if (text.length + word.length >= 120) break;
    text += text ? ` ${word}` : word;
  }
  return text || '#';
}

/** An expression that finds replies with this fingerprint. */
export function expression(print) {
  const parts = print.split(' ').filter((word) => word !== '#')
    .map((word) => word.replace(/[^A-Za-z0-9 ]/g,
        (mark) => (mark.charCodeAt(0) < 127 && mark >= ' ' ? `[${mark}]` : '.'))
      .replace(/\[\^\]/g, '.').replace(/\[\\\]/g, '.').replace(/\[\]\]/g, '.'));
  return parts.length ? parts.join('.*') : '.';
}
