import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

import {
  answers,
  ask,
  composer,
  expect,
  expectAnswered,
  openChat,
  provideDocument,
  test,
} from "./support";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const QUESTION = "휴가는 언제까지 신청하나요?";

test.beforeEach(async ({ request }) => provideDocument(request));

/** WCAG 2.2 A and AA, by axe-core. */
async function expectAccessible(page: Page) {
  // A moment for animations: half-faded text has no contrast.
  await page.waitForTimeout(400);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
  );
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`),
  ).toEqual([]);
}

async function expectNoSidewaysScroll(page: Page) {
  const { content, window: shown } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(shown);
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("every page is accessible", async ({ page }) => {
      await openChat(page);
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await expectAccessible(page);
      await ask(page, QUESTION);
      await expectAccessible(page);
      await answers(page).last().locator("[data-slot=source]").first().click();
      await expect(page.locator("[data-slot=source-panel] mark").first()).toBeVisible();
      await expectAccessible(page);
      await page.goto("/documents");
      await expect(page.locator("[data-document]").first()).toBeVisible();
      await expectAccessible(page);
      await page
        .getByRole("button", { name: /^삭제:/ })
        .first()
        .click();
      await expectAccessible(page);
    });
  });
}

test("the language and the theme are switched, and remembered", async ({ page }) => {
  await openChat(page);
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await page.getByRole("button", { name: "설정" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeVisible();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByRole("link", { name: "Documents" }).click();
  await expect(page.getByRole("heading", { name: "Documents" })).toBeVisible();
  // No mixed strings: what is left of Hangul on the page is the documents' own names.
  await expect(page.locator("[data-document]").first()).toBeVisible();
  const texts = await page.locator("main").innerText();
  const names = await page
    .locator("[data-document]")
    .evaluateAll((lines) => lines.map((line) => line.getAttribute("data-document") ?? ""));
  expect(names.reduce((text, name) => text.replaceAll(name, ""), texts)).not.toMatch(/[가-힣]/);
});

test.describe("on a phone 360 pixels wide", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test("both pages fit, and a source opens in a sheet", async ({ page }) => {
    await openChat(page);
    await ask(page, QUESTION);
    await expectNoSidewaysScroll(page);
    await answers(page).last().locator("[data-slot=source]").first().click();
    const sheet = page.getByRole("dialog", { name: "휴가-규정.md" });
    await expect(sheet.locator("mark").first()).toBeInViewport();
    await sheet.getByRole("button", { name: "원문 닫기" }).click();
    await page.getByRole("button", { name: "메뉴 열기" }).click();
    await page.getByRole("link", { name: "문서", exact: true }).click();
    await expect(page.getByRole("heading", { name: "문서", exact: true })).toBeVisible();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expectNoSidewaysScroll(page);
  });
});

test("everything is reached by keyboard alone", async ({ page }) => {
  await openChat(page);
  const focused = page.locator(":focus");
  const tabTo = async (name: string | RegExp, role: "button" | "link" | "textbox") => {
    for (let press = 0; press < 60; press++) {
      await page.keyboard.press("Tab");
      const target = page.getByRole(role, { name });
      const isThere = await focused.and(target).count();
      if (isThere > 0) return;
    }
    throw new Error(`60 presses of Tab did not reach ${String(name)}`);
  };

  await expect(composer(page)).toBeFocused();
  await page.keyboard.type(QUESTION);
  await page.keyboard.press("Enter");
  await expectAnswered(page);
  await tabTo(/^\d+ 휴가-규정\.md|휴가-규정\.md/, "button");
  const outline = await focused.evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline, "a visible ring around what has the focus").not.toBe("none");
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-slot=source-panel]")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator("[data-slot=source-panel]")).toHaveCount(0);
  await tabTo("설정", "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitemradio", { name: "한국어" })).toBeFocused();
  await page.keyboard.press("Escape");
  await page.goto("/documents");
  // Before the page is drawn there is nothing that a key could reach.
  await expect(page.getByRole("heading", { name: "문서", exact: true })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "본문으로 건너뛰기" })).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo("문서 추가", "button");
});

test("the page is served with a policy that allows nothing from elsewhere", async ({ page }) => {
  const response = await page.goto("/");
  const policy = (await response?.headerValue("content-security-policy")) ?? "";
  expect(policy).toMatch(/default-src '(self|none)'/);
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
});
