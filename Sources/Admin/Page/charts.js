// Charts as plain SVG.
import { h, s } from './dom.js';
import { moment } from './format.js';

/** The width of a chart by the number of columns, so that its text has the same size everywhere. */
export function widthOf(columns) {
  const page = document.documentElement.clientWidth;
  const room = page < 1000 ? page - (page > 620 ? 66 : 46)
    : (Math.min(1360, page - 32) - 16 * (columns - 1)) / columns - 34;
  return Math.max(240, Math.round(room));
}

/** A round number above. */
function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

/**
 * Lines over time.
 *
 * @param series a list of `{name, points: [{time, value}], text}`, where a value may be null
 * @param unit makes a word of a value
 */
export function lines(series, unit, label, width, height = 128) {
  const left = 46;
  const values = series.flatMap((each) => each.points.map((point) => point.value)).filter((value) => value !== null);
  const times = series.flatMap((each) => each.points.map((point) => point.time));
  const top = ceiling(Math.max(0, ...values));
  const [from, to] = [Math.min(...times, Date.now() - 60000), Math.max(...times, Date.now() - 1000)];
  const x = (time) => left + ((time - from) / (to - from)) * (width - left - 4);
  const y = (value) => 6 + (1 - value / top) * (height - 26);
  const paths = series.map((each, index) => {
    let d = '';
    let isOpen = false;
    for (const { time, value } of each.points) {
      if (value === null) { isOpen = false; continue; }
      d += `${isOpen ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
      isOpen = true;
    }
    return s('path', { class: `series stroke-${index}`, d });
  });
  const keys = series.map((each, index) => h('span', {},
    s('svg', { viewBox: '0 0 18 8', 'aria-hidden': 'true' },
      s('path', { class: `series stroke-${index}`, d: 'M0 4H18', 'stroke-width': 3 })),
    each.name, ' ', h('b', {}, each.text)));
  const words = `${label}: ${series.map((each) => `${each.name} ${each.text}`).join(', ')}`;
  return h('figure', {}, h('div', { class: 'keys' }, keys),
    s('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words },
      [0, top / 2, top].map((value) => s('path', { class: 'axis', d: `M${left} ${y(value)}H${width}` })),
      s('text', { x: left - 6, y: y(top) + 4, 'text-anchor': 'end' }, unit(top)),
      s('text', { x: left - 6, y: y(0) + 4, 'text-anchor': 'end' }, unit(0)),
      s('text', { x: left, y: height - 2 }, moment(from)),
      s('text', { x: width - 4, y: height - 2, 'text-anchor': 'end' }, 'now'), paths));
}

/** Bars with their names below and their numbers above. */
export function bars(items, label, width, height = 150) {
  const step = width / items.length;
  const top = Math.max(1, ...items.map((item) => item.value));
  const marks = items.map((item, index) => {
    const size = item.value ? Math.max(3, (item.value / top) * (height - 44)) : 1;
    const middle = index * step + step / 2;
    return [
      s('rect', { class: `bar ${item.kind ?? ''}`, x: index * step + 4, y: height - 20 - size, width: step - 8,
          height: size, rx: 3 }),
      s('text', { x: middle, y: height - 5, 'text-anchor': 'middle' }, item.name),
      item.value ? s('text', { x: middle, y: height - 25 - size, 'text-anchor': 'middle' },
        String(item.text ?? item.value)) : null,
    ];
  });
  const all = items.filter((item) => item.value).map((item) => `${item.name} ${item.value}`);
  const words = `${label}: ${all.join(', ') || 'nothing'}`;
  return s('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words }, marks);
}

/** A trend without words. */
export function spark(counts, label) {
  const top = Math.max(1, ...counts);
  const step = 96 / counts.length;
  return s('svg', { class: 'spark', viewBox: '0 0 96 22', role: 'img', 'aria-label': label },
    counts.map((value, index) => s('rect', {
      class: 'bar', x: index * step + 0.5, width: step - 1.5, height: value ? Math.max(2, (value / top) * 20) : 1,
      y: 21 - (value ? Math.max(2, (value / top) * 20) : 1),
    })));
}
