// The portal's catalogues, so that the stories click what a person reads.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../locales/", import.meta.url));

function catalogue(language) {
  const entries = new Map();
  for (const name of readdirSync(`${folder}${language}`).filter((one) => one.endsWith(".ftl"))) {
    let key;
    for (const line of readFileSync(`${folder}${language}/${name}`, "utf8").split("\n")) {
      const found = line.match(/^([a-z][a-z0-9-]*) = (.*)$/);
      if (found) [, key] = found;
      if (found) entries.set(key, found[2]);
      else if (/^\s+\S/.test(line)) entries.set(key, `${entries.get(key)}\n${line.trim()}`);
    }
  }
  return entries;
}

/** `{ $count -> [one] … *[other] … }`, where a whole text depends on a number. */
function chosen(text, language, values) {
  const select = text.match(/^\{ \$(\w+) ->\n([\s\S]*)\n\}$/);
  if (!select) return text;
  const variants = new Map([...select[2].matchAll(/^\*?\[(\w+)\] (.*)$/gm)].map(([, name, words]) => [name, words]));
  const name = new Intl.PluralRules(language).select(Number(values[select[1]]));
  return variants.get(name) ?? variants.get("other");
}

/** `t("onboarding-approve")`, `t("customers-steps", { done: 1, total: 2 })`. */
export function texts(language) {
  const entries = catalogue(language);
  const t = (key, values = {}) => {
    const text = entries.get(key);
    if (text === undefined) throw new Error(`no text ${key} in ${language}`);
    return chosen(text, language, values).replace(/\{ \$([\w-]+) \}/g, (_, name) => {
      if (!(name in values)) throw new Error(`${key} wants ${name}`);
      return String(values[name]);
    });
  };
  t.language = language;
  return t;
}
