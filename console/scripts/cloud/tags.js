// How prompts name networks: LoRAs and hypernetworks by a tag, textual inversions by their bare names.

import { meant, stem } from "../names.js";

const TAGS = { lora: /<(?:lora|lyco):([^:<>]+)[^<>]*>/gi, hypernetwork: /<hypernet:([^:<>]+)[^<>]*>/gi };

/** @type {Record<string, (name: string) => string>} */
const WRITTEN = {
  lora: (name) => `<lora:${name}:1>`,
  hypernetwork: (name) => `<hypernet:${name}:1>`,
  textual_inversion: (name) => name,
};

const PROMPTS = ["prompt", "negative_prompt", "hr_prompt", "hr_negative_prompt"];
const TAGGED = ["prompt", "hr_prompt"]; // no others are read for tags

/** @param {string} type @returns {boolean} whether networks of this type take part if a prompt names them */
export const isNamed = (type) => type in WRITTEN;

/** @param {string} type @returns {boolean} whether they are named by a tag, not by their bare names */
export const hasTag = (type) => type in TAGS;

/**
 * @param {Record<string, any>} values a form's
 * @param {string} type
 * @param {string[]} known names of that type
 * @returns {string[]} which the prompts name; by tags also unknown ones
 */
export function named(values, type, known) {
  const fields = (hasTag(type) ? TAGGED : PROMPTS).filter((field) => values.enable_hr || !field.startsWith("hr_"));
  const text = fields.map((field) => values[field] ?? "").join("\n");
  if (!hasTag(type)) return spelt(text, known);
  return [...new Set([...text.matchAll(TAGS[type])].map(([, found]) => meant(found.trim(), known)))];
}

/**
 * @param {Record<string, any>} values a form's
 * @param {string} type
 * @param {string} name
 * @param {boolean} chosen
 * @returns {Record<string, string>} its prompts, changed so that they name the network or, if not chosen, none does
 */
export function tagged(values, type, name, chosen) {
  if (!chosen) {
    const prompts = PROMPTS.filter((field) => values[field]);
    return Object.fromEntries(prompts.map((field) => [field, without(values[field], type, name)]));
  }
  if (named(values, type, [name]).includes(name)) return {};
  return { prompt: [values.prompt, WRITTEN[type](name)].filter(Boolean).join(" ") };
}

/** @returns {string} the prompt without the network, and without the comma that separated it from the rest */
function without(prompt, type, name) {
  const is = (found) => !hasTag(type) || stem([...found.matchAll(TAGS[type])][0][1]) === stem(name);
  const source = hasTag(type) ? TAGS[type].source : `\\(${escaped(name)}(?::[\\d.]+)?\\)|${word(name)}`;
  const pattern = new RegExp(`(?:,\\s*|\\s+)?(?:${source})(?=\\s*(?:,|$))|\\s*(?:${source})`, "giu");
  return prompt.replace(pattern, (found) => (is(found) ? "" : found)).replace(/^\s*,\s*/, "");
}

/** Of names that begin alike, the longest is meant. Most of a thousand are ruled out without a pattern. */
function spelt(text, names) {
  const lower = text.toLowerCase();
  const there = names.filter((name) => lower.includes(name.toLowerCase()));
  if (!there.length) return there;
  const longestFirst = [...there].sort((one, other) => other.length - one.length).map(word);
  const matches = text.matchAll(new RegExp(longestFirst.join("|"), "giu"));
  const found = new Set([...matches].map(([each]) => each.toLowerCase()));
  return there.filter((name) => found.has(name.toLowerCase()));
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** A name counts where its tokens stand: not inside a run of letters or of signs; each digit is a token. */
function word(name) {
  const [before, after] = [name.at(0), name.at(-1)].map(kin);
  return `${before && `(?<!${before})`}${escaped(name)}${after && `(?!${after})`}`;
}

function kin(character) {
  if (/\p{L}/u.test(character)) return "\\p{L}";
  return /\p{N}/u.test(character) ? "" : "[^\\s\\p{L}\\p{N}()[\\]:<>]";
}
