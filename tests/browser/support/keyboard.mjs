// Somebody who has no mouse: Tab, Enter, Space and typing.

import assert from "node:assert/strict";

/** More stops than any page has. */
const MOST = 300;

export class Keyboard {
  constructor(person) {
    Object.assign(this, { person, page: person.page, stops: 0, wrong: new Set() });
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  /** Tabs on until this has the focus; each stop on the way must be seen to have it. */
  async tabTo(locator) {
    await locator.waitFor();
    for (let stop = 0; stop < MOST; stop += 1) {
      await this.press("Tab");
      this.stops += 1;
      const unseen = await this.page.evaluate(unseenFocus);
      if (unseen) this.wrong.add(`${new URL(this.page.url()).pathname}: ${unseen}`);
      if (await locator.evaluate((one) => one === document.activeElement)) return;
    }
    throw new Error(`Tab never comes to ${locator} at ${this.page.url()}`);
  }

  /** Goes there and presses it. */
  async activate(locator, key = "Enter") {
    await this.tabTo(locator);
    await this.press(key);
  }

  async fill(locator, text) {
    await this.tabTo(locator);
    await this.type(text);
  }

  /** The first stop of a page leads past the navigation. */
  async skip() {
    const { page, person } = this;
    await this.press("Tab");
    const link = person.link(person.t("layout-skip"));
    assert.equal(await link.evaluate((one) => one === document.activeElement), true, "the first stop is the skip link");
    const { x, y, width } = await link.boundingBox();
    assert.ok(x >= 0 && y >= 0 && width > 0, "the skip link is seen while it has the focus");
    await this.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  }
}

/** Runs in the page: what has the focus without being seen to have it, once the page has followed it. */
async function unseenFocus() {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const one = document.activeElement;
  if (one === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const seen = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight;
  const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  return seen && outlined ? null : `${one.outerHTML.slice(0, 120)} (${outlineStyle} ${outlineWidth}, seen: ${seen})`;
}
