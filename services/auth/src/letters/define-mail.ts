import { type Language, languages, readerOf } from "@kismet/service-kit";
import { formatValue, type Value, type ValueKind } from "./format-value.ts";
import type { Mail, Recipient } from "./letter.ts";
import { renderHtml, renderText, type RenderedBlock } from "./render-mail.ts";

/** Values as they are written down. */
type Shown = Record<string, string | undefined>;
type Kinds = Readonly<Record<string, ValueKind>>;
type Values<K extends Kinds> = { [Name in keyof K]: Value<K[Name]> };
type NamesOf<K extends Kinds, Kind extends ValueKind> = {
  [Name in keyof K]: K[Name] extends Kind ? Name : never;
}[keyof K];

/** A paragraph by the key of its text; a code to be typed in; a button; a line of a list, `Device: Firefox`. */
type Block<K extends Kinds> =
  | string
  | { code: NamesOf<K, "code"> }
  | { button: string; to: NamesOf<K, "link"> }
  | { fact: string; value: keyof K };
type TextKey<B> = B extends string
  ? B
  : B extends { button: infer Key extends string } | { fact: infer Key extends string }
    ? Key
    : never;

type MailDefinition<K extends Kinds = Kinds> = {
  /** What the texts can show as `{name}`, by its kind, and so how it is written in a language. */
  values: K;
  /** Which value says how long its link is good: so long it is worth sending. */
  goodFor?: NamesOf<K, "duration" | "moment" | "day">;
  blocks: readonly Block<K>[];
  texts: Record<Language, Record<string, string>>;
};

export type DefinedMail<V> = ((to: Recipient, values: V) => Mail) & { definition: MailDefinition };

/**
 * One mail in all languages. A language or a text that is missing does not compile; a placeholder that one language
 * lacks or no value fills throws while the module is loaded, so that nothing starts with it.
 */
export function defineMail<const K extends Kinds, const B extends readonly Block<K>[]>(definition: {
  values: K;
  goodFor?: NamesOf<K, "duration" | "moment" | "day">;
  blocks: B;
  texts: Record<Language, Record<"subject" | TextKey<B[number]>, string>>;
}): DefinedMail<Values<K>> {
  const general = definition as unknown as MailDefinition;
  const faults = faultsOf(general);
  if (faults.length > 0) throw new Error(`a mail is not right:\n${faults.join("\n")}`);
  const render = ({ email, locale }: Recipient, values: Values<K>): Mail => {
    const reader = readerOf(locale);
    const { language } = reader;
    const texts = general.texts[language];
    const shown: Shown = {};
    for (const [name, kind] of Object.entries(general.values))
      shown[name] = formatValue(kind, (values as Record<string, unknown>)[name], reader.locale);
    const blocks = general.blocks.flatMap((block) => renderedBlock(block, texts, shown) ?? []);
    const subject = filled(texts["subject"] ?? "", shown);
    return {
      to: email,
      language,
      subject: subject.map(({ text }) => text).join(""),
      text: renderText(language, blocks),
      html: renderHtml(language, subject, blocks),
      ...lifeOf(general.goodFor === undefined ? undefined : values[general.goodFor]),
    };
  };
  return Object.assign(render, { definition: general });
}

function lifeOf(good: unknown): Pick<Mail, "goodFor" | "goodUntil"> {
  if (typeof good === "number") return { goodFor: good };
  return good instanceof Date ? { goodUntil: good.toISOString() } : {};
}

/** A text cut into what the mail says and what it was given: only the latter is isolated in right-to-left texts. */
export type Piece = { text: string; isValue: boolean };

function filled(template: string, shown: Shown): Piece[] {
  return template
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      return name === undefined ? { text: part, isValue: false } : { text: shown[name] ?? "", isValue: true };
    });
}

/** None of a line of a list of which nothing is known. */
function renderedBlock(
  block: MailDefinition["blocks"][number],
  texts: Record<string, string>,
  shown: Shown,
): RenderedBlock | undefined {
  const said = (key: string) => filled(texts[key] ?? "", shown);
  if (typeof block === "string") return { kind: "paragraph", pieces: said(block) };
  if ("code" in block) return { kind: "code", code: shown[block.code] ?? "" };
  if ("button" in block) return { kind: "button", pieces: said(block.button), url: shown[block.to] ?? "" };
  const value = shown[block.value];
  return value === undefined ? undefined : { kind: "fact", pieces: said(block.fact), value };
}

function faultsOf({ values, goodFor, blocks, texts }: MailDefinition): string[] {
  const used = new Set(blocks.flatMap((block) => (typeof block === "string" ? [] : namesIn(block))));
  const faults = Object.entries(texts[languages[0]]).flatMap(([key, original]) => {
    const names = placeholdersOf(original);
    for (const name of names) used.add(name);
    const unknown = names
      .filter((name) => values[name] === undefined || values[name].endsWith("or none"))
      .map((name) => `${key}: no value {${name}} that is always there`);
    const different = languages
      .filter((language) => String(placeholdersOf(texts[language]?.[key] ?? "")) !== String(names))
      .map((language) => `${key}: other placeholders in ${language}`);
    return [...unknown, ...different];
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  const isEndless = goodFor === undefined && Object.values(values).includes("link");
  if (isEndless) faults.push("it has a link, and says nowhere how long that is good");
  return [...faults, ...unused.map((name) => `{${name}} is shown nowhere`)];
}

function namesIn(block: Exclude<MailDefinition["blocks"][number], string>): string[] {
  if ("code" in block) return [block.code];
  return ["to" in block ? block.to : block.value];
}

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(/\{(\w*)\}/g)].map(([, name = ""]) => name).sort();
}
