import { join } from "node:path";

import type { Page } from "@playwright/test";

import { answers, ask, DOCUMENTS, expect, openChat, provideDocument, test } from "./support";

/** The README's pictures go into the repository; the others, for a look at every variant, stay out of it. */
const IMAGES = join(import.meta.dirname, "../../docs/images");
const REVIEW = join(import.meta.dirname, "../test-results/review");
const QUESTIONS = [
  "비밀번호는 며칠마다 바꿔야 하나요?",
  "휴가를 쓰려면 언제까지 신청서를 내야 하나요?",
];

async function chat(page: Page, path: string) {
  await openChat(page);
  for (const question of QUESTIONS) await ask(page, question);
  const answer = answers(page).last();
  const citations = answer.locator("[data-slot=citation]");
  const opener = (await citations.count()) > 0 ? citations : answer.locator("[data-slot=source]");
  await opener.first().click();
  await expect(page.locator("mark").first()).toBeInViewport();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path });
}

async function documents(page: Page, path: string) {
  await page.goto("/documents");
  await expect(page.locator("[data-document]").first()).toBeVisible();
  await page.waitForTimeout(500);
  await page.screenshot({ path });
}

test.beforeEach(async ({ request }) => {
  for (const path of DOCUMENTS) await provideDocument(request, path);
});

test.describe("desktop", () => {
  test.use({ viewport: { width: 1360, height: 850 }, deviceScaleFactor: 2 });

  test("the README's pictures", async ({ page }) => {
    await chat(page, join(IMAGES, "chat.png"));
    await documents(page, join(IMAGES, "documents.png"));
  });
});

test.describe("dark", () => {
  test.use({ viewport: { width: 1360, height: 850 }, colorScheme: "dark" });

  test("for review", async ({ page }) => {
    await chat(page, join(REVIEW, "chat-dark.png"));
    await documents(page, join(REVIEW, "documents-dark.png"));
  });
});

test.describe("phone", () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  test.use({ ...phone, deviceScaleFactor: 2 });

  test("for review", async ({ page }) => {
    await chat(page, join(REVIEW, "chat-phone.png"));
    await documents(page, join(REVIEW, "documents-phone.png"));
  });
});
