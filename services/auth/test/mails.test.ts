import { readdirSync } from "node:fs";
import { type Language, languages, readerOf, readerOfHeader } from "@kismet/service-kit";
import { test } from "tap";
import { defineMail, type DefinedMail } from "../src/letters/define-mail.ts";
import type { Mail } from "../src/letters/letter.ts";

const folder = new URL("../src/letters/mails/", import.meta.url);

type AnyMail = DefinedMail<never>;

async function allMails(): Promise<[file: string, mail: AnyMail][]> {
  const files = readdirSync(folder).sort();
  return Promise.all(
    files.map(async (file): Promise<[string, AnyMail]> => {
      const exported = Object.values((await import(new URL(file, folder).href)) as object);
      return [file, exported[0] as AnyMail];
    }),
  );
}

const hostile = `<img src="https://evil.example/x">&"'\r\nBcc: all@evil.example\u202e`;
const samples = {
  text: hostile,
  "text or none": hostile,
  "country or none": "CH",
  code: "042137",
  link: "https://kismet.example/auth/page?token=abc&lang=de",
  duration: 600,
  moment: new Date("2026-11-24T18:05:00Z"),
  day: new Date("2026-12-08T18:05:00Z"),
};

function render(mail: AnyMail, locale: string): Mail {
  const values = Object.fromEntries(
    Object.entries(mail.definition.values).map(([name, kind]) => [name, samples[kind]]),
  );
  return mail({ email: "ann@mail.test", locale }, values as never);
}

/** What a reader of the HTML reads. */
function textOf(html: string): string {
  return html
    .replace(/<(style|title)>[^]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, "")
    .replace(/&amp;/g, "&");
}

test("every mail is there in every language, in two forms that say the same", async (t) => {
  const mails = await allMails();
  t.ok(mails.length >= 4, `${mails.length} mails`);
  for (const [file, mail] of mails) {
    const subjects = new Set<string>();
    for (const language of languages) {
      const { subject, text, html } = render(mail, language);
      const name = `${file} in ${language}`;
      subjects.add(subject);
      t.notMatch(
        `${subject}${text}${html.replace(/<style>[^]*?<\/style>/, "")}`,
        /[{}]|undefined/,
        `${name}: all is filled in`,
      );
      t.notMatch(subject, /[\r\n]/, `${name}: a subject is one line`);
      const direction = language === "ar" ? "rtl" : "ltr";
      t.match(html, `<html lang="${language}" dir="${direction}">`, name);
      t.match(html, /<meta name="color-scheme" content="light dark">/, name);
      t.notMatch(
        html,
        /<(img|script|iframe|link|object|video)\b|url\(|@import|\b(src|href|background)="(?!https:\/\/kismet\.example\/)/i,
        `${name}: fetches nothing`,
      );
      const shown = textOf(html);
      const lines = text
        .replace(/[\u2068\u2069]/g, "")
        .split("\n")
        .filter((line) => line !== "" && line !== "-- " && !line.startsWith("https:"));
      for (const line of lines)
        t.ok(
          shown.includes(
            line
              .replace(/:$/, "")
              .replace(/</g, "&lt;")
              .replace(/>/g, "&gt;")
              .replace(/"/g, "&quot;")
              .replace(/'/g, "&#39;"),
          ),
          `${name}: both forms say ${line.slice(0, 40)}`,
        );
      const { values, texts } = mail.definition;
      for (const [value, kind] of Object.entries(values)) {
        if (kind === "code")
          t.match(text, /^042137$/m, `${name}: ${value} stands alone, in digits that can be typed`);
        if (kind === "link")
          t.match(text, /^https:\/\/kismet\.example\/auth\/page\?token=abc&lang=de$/m, name);
      }
      for (const [key, original] of Object.entries(texts.en))
        if (language !== "en") t.not(texts[language][key], original, `${name}: ${key} is translated`);
      if (language === "ar")
        for (const [key, arabic] of Object.entries(texts.ar))
          t.match(arabic, /\p{Script=Arabic}/u, `${name}: ${key}`);
    }
    t.equal(subjects.size, languages.length, `${file}: each language has its own subject`);
  }
});

const noticed = defineMail({
  values: { name: "text", url: "link", at: "moment", until: "day", validFor: "duration" },
  goodFor: "validFor",
  blocks: ["intro", { fact: "who", value: "name" }, { button: "open", to: "url" }, "when"],
  texts: {
    en: {
      subject: "For {name}",
      intro: "{name}",
      who: "Who",
      open: "Open",
      when: "{at}, {until}, {validFor}",
    },
    de: {
      subject: "Für {name}",
      intro: "{name}",
      who: "Wer",
      open: "Öffnen",
      when: "{at}, {until}, {validFor}",
    },
    fr: {
      subject: "Pour {name}",
      intro: "{name}",
      who: "Qui",
      open: "Ouvrir",
      when: "{at}, {until}, {validFor}",
    },
    ar: { subject: "إلى {name}", intro: "{name}", who: "من", open: "فتح", when: "{at}, {until}, {validFor}" },
  },
});

test("A20 what a mail is given is inert in it, and can't become a header or turn the text around", async (t) => {
  for (const language of languages) {
    const { subject, text, html } = render(noticed, language);
    t.notMatch(subject, /[\r\n\u202e]/);
    t.notMatch(text, /\u202e|\r|\nBcc/);
    t.notMatch(html, /<img|\u202e|="[^"]*<|title>[^<]*"/);
    t.match(html, "&lt;img src=&quot;https://evil.example/x&quot;&gt;&amp;&quot;&#39; Bcc:");
    t.match(html, 'href="https://kismet.example/auth/page?token=abc&amp;lang=de"');
  }
  const long = noticed(
    { email: "a@mail.test", locale: "en" },
    {
      ...samples,
      name: "x".repeat(9_999),
      url: samples.link,
      at: samples.moment,
      until: samples.day,
      validFor: 1,
    },
  );
  t.equal(long.subject.length, 204, "a long name does not fill the mail");
  t.match(render(noticed, "ar").text, "\u2068<img", "isolated in a right-to-left text");
});

test("dates and durations are the reader's", async (t) => {
  const shown = (locale: string, validFor: number) =>
    noticed(
      { email: "a@mail.test", locale },
      { name: "", url: "", at: samples.moment, until: samples.day, validFor },
    ).text;
  t.match(shown("en-US", 600), "November 24, 2026 at 6:05 PM UTC, December 8, 2026, 10 minutes");
  t.match(shown("en-GB", 60), /24 November 2026 at 18:05 UTC, 8 December 2026, 1 minute(?!s)/);
  t.match(shown("de-AT", 172_800), "24. November 2026 um 18:05 UTC, 8. Dezember 2026, 48 Stunden");
  t.match(shown("fr", 1_209_600), /24 novembre 2026 à 18:05 UTC, 8 décembre 2026, 14\sjours/);
  t.match(shown("ar-EG", 600), /نوفمبر.*دقائق/);
});

test("a locale finds its language, whatever it is", async (t) => {
  const table: [string, Language][] = [
    ...(["en", "en-GB", "EN_us", "zh-Hans-CN", "es-MX", "x", "", "tlh", "ar-Latn", "und"] as const).map(
      (locale): [string, Language] => [locale, "en"],
    ),
    ["de", "de"],
    ["de-AT", "de"],
    ["DE-ch-1996", "de"],
    ["fr-CA", "fr"],
    ["ar", "ar"],
    ["ar-EG", "ar"],
    ["ar-Arab-SA", "ar"],
  ];
  for (const [locale, language] of table) t.equal(readerOf(locale).language, language, `"${locale}"`);
  const headers: [string | undefined, Language][] = [
    [undefined, "en"],
    ["", "en"],
    ["*", "en"],
    ["es, pt;q=0.9, fr-CA;q=0.8, en;q=0.7", "fr"],
    ["en;q=0.1, de-CH;q=0.9", "de"],
    ["de;q=0", "en"],
    ["ar-EG,ar;q=0.9", "ar"],
    [`${"xx,".repeat(10_000)}de`, "en"],
    ["de\u0000;q=nothing", "en"],
  ];
  for (const [header, language] of headers)
    t.equal(readerOfHeader(header).language, language, `Accept-Language: ${String(header).slice(0, 50)}`);
});

test("a mail that lacks something does not compile, or is not loaded", async (t) => {
  const texts = { subject: "One", intro: "For {validFor}" };
  const whole = { values: { validFor: "duration" }, blocks: ["intro"] } as const;
  const [en, de, fr] = [texts, texts, texts];
  defineMail({ ...whole, texts: { en, de, fr, ar: texts } });
  // @ts-expect-error a language is missing
  t.throws(() => defineMail({ ...whole, texts: { en, de, fr } }));
  const bare = { subject: "One" };
  // @ts-expect-error a text is missing
  t.throws(() => defineMail({ ...whole, texts: { en, de, fr, ar: bare } }), /other placeholders in ar/);
  const without = { ...texts, intro: "For long" };
  const all = (each: typeof texts) => ({ en: each, de: each, fr: each, ar: each });
  t.throws(
    () => defineMail({ ...whole, texts: { ...all(texts), de: without } }),
    /intro: other placeholders in de/,
  );
  t.throws(() => defineMail({ ...whole, texts: all({ ...texts, intro: "{long}" }) }), /no value \{long\}/);
  t.throws(() => defineMail({ ...whole, texts: all(without) }), /\{validFor\} is shown nowhere/);
  t.throws(
    () =>
      defineMail({
        values: { who: "text or none" },
        blocks: ["intro"],
        texts: all({ ...texts, intro: "{who}" }),
      }),
    /no value \{who\} that is always there/,
  );
  const linked = { ...whole, values: { validFor: "duration", url: "link" } } as const;
  const button = [...whole.blocks, { button: "subject", to: "url" }] as const;
  t.throws(() => defineMail({ ...linked, blocks: button, texts: all(texts) }), /how long that is good/);
  const timed = defineMail({ ...linked, goodFor: "validFor", blocks: button, texts: all(texts) });
  t.match(timed({ email: "ann@mail.test", locale: "de" }, { validFor: 600, url: "https://x.test" }), {
    goodFor: 600,
  });
  const listed = defineMail({
    values: { who: "text or none", where: "country or none" },
    blocks: [
      { fact: "subject", value: "who" },
      { fact: "intro", value: "where" },
    ],
    texts: all({ subject: "Who", intro: "Where" }),
  });
  const to = { email: "ann@mail.test", locale: "de" };
  t.match(listed(to, { who: "me", where: "CH" }).text, "Who: me\n\nWhere: Schweiz\n");
  t.notMatch(listed(to, { who: null, where: null }).text, /Who|Where/, "what is not known is left out");
});
