// How the prompt names a network.

/** @type {Record<string, (name: string) => string>} */
const WRITTEN = {
  lora: (name) => `<lora:${name}:1>`,
  hypernetwork: (name) => `<hypernet:${name}:1>`,
  textual_inversion: (name) => name,
};

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** @type {Record<string, (name: string) => RegExp>} */
const FOUND = {
  lora: (name) => new RegExp(`\\s*<lora:${escaped(name)}(:[^>]*)?>`, "gi"),
  hypernetwork: (name) => new RegExp(`\\s*<hypernet:${escaped(name)}(:[^>]*)?>`, "gi"),
  textual_inversion: (name) => new RegExp(`\\s*(?<![\\w-])${escaped(name)}(?![\\w-])`, "gi"),
};

/**
 * The prompt with the network's tag, or without it.
 * @param {string} prompt
 * @param {string} type
 * @param {string} name
 * @param {boolean} chosen
 * @returns {string}
 */
export function tagged(prompt, type, name, chosen) {
  if (!(type in WRITTEN)) return prompt;
  if (!chosen) return prompt.replace(FOUND[type](name), "");
  if (FOUND[type](name).test(prompt)) return prompt;
  return [prompt, WRITTEN[type](name)].filter(Boolean).join(" ");
}
