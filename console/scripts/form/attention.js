// ctrl+up and ctrl+down, as the WebUI has them: what is selected, or the word at the caret, gains or loses weight.

const STEP = 0.1;
const NETWORK_STEP = 0.05;
const WORD_ENDS = /[\s.,\\/!?%^*;:{}=`~()<>[\]]/;

/**
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 * @param {1 | -1} direction
 * @returns {{text: string, start: number, end: number} | null} null where there is nothing to weigh
 */
function weigh(text, start, end, direction) {
  const network = networkAt(text, start, end);
  if (network) return rewritten(text, network, network.weight + direction * NETWORK_STEP, "<", ">");
  const group = groupAt(text, start, end) ?? wordAt(text, start, end);
  return group && rewritten(text, group, group.weight + direction * STEP, "(", ")");
}

function networkAt(text, start, end) {
  for (const found of text.matchAll(/<((?:lora|hypernet):[^:>]+):(-?[\d.]+)>/g)) {
    const last = found.index + found[0].length;
    if (found.index < end + 1 && start < last) {
      return { from: found.index, to: last, inner: found[1], weight: Number(found[2]) };
    }
  }
  return null;
}

function groupAt(text, start, end) {
  for (const found of text.matchAll(/\(((?:\\.|[^()\\])*):(-?[\d.]+)\)/g)) {
    const last = found.index + found[0].length;
    if (found.index <= start && end <= last)
      return { from: found.index, to: last, inner: found[1], weight: Number(found[2]) };
  }
  return null;
}

function wordAt(text, start, end) {
  let [from, to] = [start, end];
  if (from === to) {
    while (from > 0 && !WORD_ENDS.test(text[from - 1])) from -= 1;
    while (to < text.length && !WORD_ENDS.test(text[to])) to += 1;
  }
  while (to > from && text[to - 1] === " ") to -= 1;
  return from === to ? null : { from, to, inner: text.slice(from, to), weight: 1 };
}

function rewritten(text, { from, to, inner }, weight, open, close) {
  const rounded = Number(weight.toFixed(2));
  const plain = open === "(" && rounded === 1;
  const written = plain ? inner : `${open}${inner}:${rounded}${close}`;
  const start = from + (plain ? 0 : 1);
  return { text: text.slice(0, from) + written + text.slice(to), start, end: start + inner.length };
}

/** @param {HTMLTextAreaElement} area */
export function weighByKeys(area) {
  area.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const weighed = weigh(area.value, area.selectionStart, area.selectionEnd, direction);
    if (!weighed) return;
    area.value = weighed.text;
    area.setSelectionRange(weighed.start, weighed.end);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
