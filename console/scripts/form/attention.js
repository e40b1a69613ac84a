// ctrl+up and ctrl+down, as the WebUI has them: what is selected, or the word at the caret, gains or loses weight.

const STEP = 0.1;
const NETWORK_STEP = 0.05;
const WORD_ENDS = /[\s.,\\/!?%^*;:{}=`~()<>[\]|]/;
const TAG = /<\w+:[^<>]*>/g; // such as <lora:foo:0.8>
const TAG_WEIGHT = /(?<=[:=])[+-]?(?:\d+\.?\d*|\.\d+)(?=[:>])/g;
const [ROUND, SQUARE] = [1.1, 0.9]; // what a pair of brackets without a number weighs; square ones divide by 1.1

/** @typedef {{from: number, to: number, start: number, end: number, weight: number}} Group with what it weighs inside */

/**
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 * @param {1 | -1} direction
 * @returns {{text: string, start: number, end: number} | null} null if there is nothing to weigh
 */
function weigh(text, start, end, direction) {
  const tag = tagAt(text, start, end);
  if (tag) return reweighed(text, tag, direction * NETWORK_STEP);
  const groups = groupsOf(text);
  const group = groupAt(groups, start, end) ?? (start === end ? wordAt(text, start) : selected(text, groups, start, end));
  return group && rewritten(text, group, group.weight + direction * STEP);
}

/** @returns {{from: number, to: number} | null} the tag that holds all that is selected */
function tagAt(text, start, end) {
  for (const { 0: whole, index } of text.matchAll(TAG)) {
    const to = index + whole.length;
    if (index <= start && start < to && end <= to) return { from: index, to };
  }
  return null;
}

/** A tag's weight is the first number after its name; one without a number is left alone. */
function reweighed(text, { from, to }, change) {
  const named = text.indexOf(":", text.indexOf(":", from) + 1);
  if (named < 0 || named >= to) return null;
  TAG_WEIGHT.lastIndex = named;
  const found = TAG_WEIGHT.exec(text);
  if (!found || found.index >= to) return null;
  const end = found.index + found[0].length;
  const weight = String(Number((Number(found[0]) + change).toFixed(2)));
  return { text: text.slice(0, found.index) + weight + text.slice(end), start: from + 1, end: found.index - 1 };
}

/** @returns {Group[]} every pair of brackets that weighs, the inner ones before those around them */
function groupsOf(text) {
  const [open, groups] = [[], []];
  for (const { 0: found, index } of text.matchAll(/\\.|[()[\]]/gs)) {
    if (found === "(" || found === "[") open.push({ found, index });
    const opened = { ")": "(", "]": "[" }[found];
    if (!opened || open.at(-1)?.found !== opened) continue;
    const group = weighed(text, open.pop().index, index + 1);
    if (group) groups.push(group);
  }
  return groups;
}

/** @returns {Group | null} null for what square brackets schedule or alternate, as in [cat:dog:0.5] and [cat|dog] */
function weighed(text, from, to) {
  const [start, end] = [from + 1, to - 1];
  const inner = text.slice(start, end);
  if (!inner.trim()) return null;
  if (text[from] === "[") return /[:|]/.test(inner) ? null : { from, to, start, end, weight: SQUARE };
  const said = inner.match(/:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*$/);
  return { from, to, start, end: said ? start + said.index : end, weight: said ? Number(said[1]) : ROUND };
}

/** The group at the caret, or the selected one, merged with groups that hold only it or that alone it holds. */
function groupAt(groups, start, end) {
  const within = ({ from, to }) => from <= start && end <= to;
  const whole = (group) => start === end || (start <= group.start && group.end <= end);
  const innermost = groups.find((group) => within(group) && whole(group));
  if (!innermost) return null;
  let [inner, outer, weight] = [innermost, innermost, innermost.weight];
  for (const group of [...groups].reverse()) {
    if (group.from !== inner.start || group.to !== inner.end) continue;
    inner = group;
    weight *= group.weight;
  }
  for (const group of groups) {
    if (group.start !== outer.from || group.end !== outer.to) continue;
    outer = group;
    weight *= group.weight;
  }
  return { ...inner, from: outer.from, to: outer.to, weight: inner === outer ? weight : Number(weight.toFixed(1)) };
}

/** @returns {Group | null} */
function wordAt(text, caret) {
  let [from, to] = [caret, caret];
  while (from > 0 && !WORD_ENDS.test(text[from - 1])) from -= 1;
  while (to < text.length && !WORD_ENDS.test(text[to])) to += 1;
  return from === to ? null : { from, to, start: from, end: to, weight: 1 };
}

/** @returns {Group | null} what is selected, with the whole of each group that it cuts into */
function selected(text, groups, from, to) {
  while (to > from && text[to - 1] === " ") to -= 1;
  for (const group of groups) {
    const [opens, closes] = [group.from, group.to - 1].map((place) => from <= place && place < to);
    if (opens !== closes) [from, to] = [Math.min(from, group.from), Math.max(to, group.to)];
  }
  return from === to ? null : { from, to, start: from, end: to, weight: 1 };
}

function rewritten(text, { from, to, start, end }, weight) {
  const rounded = Number(weight.toFixed(2));
  const plain = rounded === 1;
  const inner = text.slice(start, end);
  const written = plain ? inner : `(${inner}:${rounded})`;
  const at = from + (plain ? 0 : 1);
  return { text: text.slice(0, from) + written + text.slice(to), start: at, end: at + inner.length };
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
