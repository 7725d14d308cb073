// Takes the pictures of docs/screens from a running `make demo`: node scripts/screens.mjs
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const portal = `http://localhost:${process.env.DEMO_PORTAL_PORT || 8080}`;
const folder = process.env.SCREENS || join(root, "docs/screens");
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

/** `[file, who, where, how]`: `where` is an address, or a customer's name and what follows his address. */
const PICTURES = [
    ["today", "Bram Visser", "/", {}],
    ["customers", "Emma Bakker", "/customers", {}],
    ["plan", "Bram Visser", ["Alpine Ski House", "/onboarding"], {}],
    ["question", "Bram Visser", ["Lamna Healthcare", "/onboarding/steps/group.tier1"], { theme: "dark" }],
    ["drift", "Bram Visser", ["Northwind Traders", "/onboarding"], { language: "nl" }],
    ["customer", "Emma Bakker", ["Woodgrove Bank", ""], { theme: "dark" }],
    ["requests", "Carla Jansen", "/requests", {}],
    ["requests-narrow", "Daniel Brooks", "/requests", { size: NARROW, theme: "dark" }],
    ["step-narrow", "Bram Visser", ["Blue Yonder Airlines", "/onboarding/steps/rbac"], { size: NARROW, language: "nl" }],
];

const executablePath = execFileSync(join(root, "scripts/chromium-bin")).toString().trim();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
try {
    for (const [name, who, where, how] of PICTURES) {
        const { size = WIDE, theme = "light", language = "en" } = how;
        const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce" });
        const page = await context.newPage();
        await page.goto(`${portal}/p/contoso/go?back=/`);
        await page.getByRole("button", { name: who }).click();
        await page.waitForURL(`${portal}/**`);
        await choose(page, language);
        await page.goto(portal + (Array.isArray(where) ? await customer(page, ...where) : where));
        await page.screenshot({ path: join(folder, `${name}.png`) });
        await choose(page, "en");
        await context.close();
    }
} finally {
    await browser.close();
}

/** A language is a person's own, so it is given back afterwards. */
async function choose(page, language) {
    await page.locator(".house-person summary").click();
    await page.locator(`.house-menu [name=language][value=${language}]`).click();
    await page.locator(`html[lang=${language}]`).waitFor();
}

async function customer(page, name, rest) {
    await page.goto(`${portal}/customers?q=${encodeURIComponent(name)}`);
    return (await page.locator("main").getByRole("link", { name, exact: true }).first().getAttribute("href")) + rest;
}
