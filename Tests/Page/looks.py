"""What can be said about a page by looking at what the browser has made of it."""

# Text whose contrast with what is behind it is less than WCAG 2.2 asks for (1.4.3).
CONTRAST = r"""
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3]));
  const light = (color) => {
    const [r, g, b] = color.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const chain = [];
    for (let each = element; each; each = each.parentElement) chain.push(parse(getComputedStyle(each).backgroundColor));
    return chain.reverse().reduce((back, front) => over(front, back), [255, 255, 255]);
  };
  const poor = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest('.hidden, .skip')) continue;
    count += 1;
    const style = getComputedStyle(element);
    const front = parse(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const back = behind(element.closest('svg')?.parentElement ?? element);
    const [a, b] = [light(over(front, back)), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < needed) poor.add(`${contrast.toFixed(2)} ${element.tagName}.${element.className?.baseVal ?? element.className}: ${text.slice(0, 40)}`);
  }
  return { count, poor: [...poor] };
})()
"""

# What has the focus, and whether that can be seen.
FOCUS = r"""
(() => {
  const each = document.activeElement;
  if (!each || each === document.body) return null;
  const style = getComputedStyle(each);
  const box = each.getBoundingClientRect();
  const name = each.getAttribute('aria-label') || each.innerText || each.labels?.[0]?.innerText || each.placeholder || '';
  return {
    name: name.trim().slice(0, 60), tag: each.tagName, key: each.dataset.key ?? each.id, id: each.id,
    isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
  };
})()
"""

# Controls without a name, pictures without words, two elements with one id.
NAMES = r"""
(() => {
  const problems = [];
  for (const each of document.querySelectorAll('button, a, input, select, summary')) {
    const name = each.getAttribute('aria-label') || each.textContent.trim() || each.labels?.[0]?.textContent.trim();
    if (!name) problems.push(`no name: ${each.outerHTML.slice(0, 90)}`);
  }
  for (const each of document.querySelectorAll('svg')) {
    if (!each.getAttribute('aria-label') && !each.closest('[aria-hidden]')) problems.push(`no words: ${each.outerHTML.slice(0, 90)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`two elements are ${id}`);
  const heads = [...document.querySelectorAll('main h1')];
  if (heads.length !== 1) problems.push(`${heads.length} headings of the first rank`);
  return problems;
})()
"""

# Elements that only markup from strangers could have made.
FOREIGN = "[...document.querySelectorAll('img, iframe, object, embed, main script, [onload], [onerror], [style*=expression]')].map((each) => each.outerHTML)"
