import type { Page } from "@playwright/test";

import { ask, answers, expect, LEAVE_RULES_TEXT, openChat, test } from "./support";

const line = (page: Page, name: string) => page.locator(`[data-document="${name}"]`);

async function upload(page: Page, name: string, content: string, mimeType = "text/markdown") {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: /문서 추가|파일 선택/ }).click(),
  ]);
  await chooser.setFiles({ name, mimeType, buffer: Buffer.from(content) });
}

async function remove(page: Page, name: string) {
  await line(page, name)
    .getByRole("button", { name: `삭제: ${name}` })
    .click();
  const dialog = page.getByRole("dialog", { name: "문서를 삭제할까요?" });
  await expect(dialog).toContainText(name);
  await dialog.getByRole("button", { name: "삭제" }).click();
  await expect(line(page, name)).toHaveCount(0);
}

test.describe("a document", () => {
  test.use({ expectedFailures: /\/api\/documents\// });

  test("is uploaded, read, asked about and deleted; its quote stays with the answer", async ({
    page,
  }) => {
    const name = `새 규정 ${test.info().workerIndex}.md`;
    await page.goto("/documents");
    await upload(page, name, LEAVE_RULES_TEXT.replaceAll("한빛상사", "은하기획 우주선"));
    await expect(line(page, name)).toContainText("완료", { timeout: 120_000 });

    await openChat(page);
    await ask(page, "은하기획 우주선 휴가 규정은 언제부터 시행하나요?");
    const conversation = page.url();
    const source = answers(page).last().locator("[data-slot=source]", { hasText: name }).first();
    await source.click();
    await expect(page.locator("[data-slot=source-panel] mark").first()).toBeInViewport();

    await page.getByRole("link", { name: "문서", exact: true }).click();
    await remove(page, name);
    await page.goto(conversation);
    await source.click();
    await expect(
      page.getByText("이 문서는 삭제되어 원문을 열 수 없습니다.", { exact: false }),
    ).toBeVisible();
    await expect(page.locator("[data-slot=source-panel] blockquote")).not.toBeEmpty();
  });
});

test.describe("a document that cannot be read", () => {
  test.use({ expectedFailures: /\/v1\/files$/ });

  test("says why, can be tried again, and is deleted", async ({ page }) => {
    await page.goto("/documents");
    await upload(page, "깨진 문서.pdf", "%PDF-1.7\nnot a document at all", "application/pdf");
    const broken = line(page, "깨진 문서.pdf");
    await expect(broken).toContainText("실패", { timeout: 60_000 });
    await expect(broken).toContainText("파일이 손상되어 읽을 수 없습니다.");
    await broken.getByRole("button", { name: "다시 시도: 깨진 문서.pdf" }).click();
    await expect(broken).toContainText("실패", { timeout: 60_000 });

    await page.getByRole("button", { name: /^완료/ }).click();
    await expect(broken).toHaveCount(0);
    await page.getByRole("button", { name: /^실패/ }).click();
    await remove(page, "깨진 문서.pdf");

    await page
      .getByRole("button", { name: /^전체/ })
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await upload(page, "빈 문서.txt", "", "text/plain");
    await expect(line(page, "빈 문서.txt")).toContainText("내용이 없는 파일입니다.", {
      timeout: 60_000,
    });
  });
});
