import type { Page } from "@kismet/testing/browser";
import type { Test } from "tap";

/** Without `isMobile`, by which the page would be loaded anew. */
const sizes = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];
const schemes = ["light", "dark"];

/** WCAG 2.2, level AA: text (1.4.3), borders of fields (1.4.11), targets (2.5.8). */
const textContrast = 4.5;
const borderContrast = 3;
const targetPx = 24;

/**
 * Runs in the page, whose names this program does not have: what there is to be seen and is not as it must be. Colours
 * are those that were computed, over the first background below that isn't transparent.
 */
const findFaults = `(() => {
  const faults = [];
  const told = (element) => element.tagName.toLowerCase() + " " + (element.id || element.className || element.textContent.trim().slice(0, 30));
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (one, other) => {
    const [a, b] = [light(channels(one)), light(channels(other))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const paperOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      const [, , , alpha = 1] = channels(backgroundColor);
      if (alpha === 1) return backgroundColor;
      if (alpha > 0) return faults.push(told(each) + " is half transparent"), backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const isSeen = (element) => element.checkVisibility() && !element.classList.contains("unseen") && element.getClientRects().length > 0;
  const expect = (element, what, found, least) => {
    if (!(found >= least)) faults.push(told(element) + ": " + what + " " + found.toFixed(2) + " < " + least);
  };
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push("scrolls sideways: " + scrollWidth + " > " + clientWidth);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || !isSeen(element)) continue;
    texts += 1;
    expect(element, "contrast of text", contrast(getComputedStyle(element).color, paperOf(element)), ${textContrast});
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const { left, right, height } of range.getClientRects())
      if (height < 8 || left < 0 || right > clientWidth) faults.push(told(element) + ": text from " + left + " to " + right + ", " + height + " high");
  }
  if (texts < 2) faults.push("only " + texts + " texts");
  for (const input of document.querySelectorAll("input, select")) {
    if (!isSeen(input) || input.type === "hidden") continue;
    const { color, backgroundColor, borderTopColor, direction } = getComputedStyle(input);
    expect(input, "contrast of what is typed", contrast(color, backgroundColor), ${textContrast});
    expect(input, "contrast of the border", contrast(borderTopColor, paperOf(input.parentElement)), ${borderContrast});
    if (["password", "email"].includes(input.type) && direction !== "ltr") faults.push(told(input) + ": Latin letters run from the right");
  }
  for (const target of document.querySelectorAll("button, input, select, a")) {
    if (!isSeen(target) || target.type === "hidden") continue;
    const { width, height } = target.getBoundingClientRect();
    expect(target, "size of the target", Math.min(width, height), target.tagName === "A" ? 16 : ${targetPx});
  }
  return faults;
})()`;

/** Phone and desktop, light and dark: nothing sticks out, and all can be read. */
export async function checkLook(t: Test, page: Page, what: string): Promise<void> {
  const papers = new Set<unknown>();
  for (const size of sizes)
    for (const scheme of schemes) {
      await page.setViewport(size);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      papers.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      t.same(await page.evaluate(findFaults), [], `${what}: at ${size.width} px, ${scheme}`);
    }
  t.equal(papers.size, schemes.length, `${what}: light and dark are two`);
}

type Heard = { role: string; name?: string; focused?: boolean; children?: Heard[] };

const spoken = new Set(["heading", "textbox", "combobox", "button", "link", "alert", "status", "list"]);
const mustHaveNames = new Set(["textbox", "combobox", "button", "link"]);

function flatten(node: Heard): Heard[] {
  return [node, ...(node.children ?? []).flatMap(flatten)];
}

/** What a screen reader comes upon, in order: `button: Go`; what has the focus ends with a star. */
export async function heardOn(t: Test, page: Page, what: string): Promise<string[]> {
  const tree = (await page.accessibility.snapshot()) as Heard;
  const all = flatten(tree);
  for (const { role, name = "" } of all)
    if (mustHaveNames.has(role)) t.not(name.trim(), "", `${what}: each ${role} has a name`);
  return all
    .filter(({ role }) => spoken.has(role))
    .map(({ role, name = "", focused }) => `${role}: ${name}${focused === true ? " *" : ""}`);
}

/** The page's language, direction, title and its one heading of the first rank. */
export function frameOf(page: Page): Promise<unknown> {
  return page.evaluate(`({
    lang: document.documentElement.lang,
    dir: getComputedStyle(document.body).direction,
    title: document.title,
    headings: [...document.querySelectorAll("h1")].map((each) => each.textContent),
  })`);
}

/**
 * The name of what the next press of Tab comes to, which must be seen to have the focus: by an outline that stands out
 * from what is around it.
 */
export async function nextStop(t: Test, page: Page): Promise<string> {
  await page.keyboard.press("Tab");
  const { name, outline, contrast } = (await page.evaluate(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let around = element.parentElement;
    while (around.parentElement && getComputedStyle(around).backgroundColor.endsWith(", 0)")) around = around.parentElement;
    const [a, b] = [light(outlineColor), light(getComputedStyle(around).backgroundColor)].sort((x, y) => y - x);
    return {
      name: element.id || element.getAttribute("aria-label") || element.textContent,
      outline: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
      contrast: (a + 0.05) / (b + 0.05),
    };
  })()`)) as { name: string; outline: number; contrast: number };
  t.ok(
    outline >= 2 && contrast >= borderContrast,
    `the focus on ${name} is seen: ${outline} px, ${contrast}`,
  );
  return name;
}
