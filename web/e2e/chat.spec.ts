import {
  answers,
  ask,
  composer,
  expect,
  expectAnswered,
  LEAVE_RULES_TEXT,
  openChat,
  provideDocument,
  test,
} from "./support";

const QUESTION = "휴가를 쓰려면 언제까지 신청서를 내야 하나요?";

interface StoredAnswer {
  messages: { versions: { annotations: { index: number; quote: string }[] }[] }[];
}

test.beforeEach(async ({ request, page }) => {
  await provideDocument(request);
  await openChat(page);
});

test("an answer streams in, is marked as AI's, and names its sources", async ({ page }) => {
  await page.evaluate(() => {
    const lengths = new Set<number>();
    Object.assign(window, { lengths });
    new MutationObserver(() => {
      const answer = document.querySelector('[data-phase="streaming"] .prose-answer');
      if (answer) lengths.add(answer.textContent.length);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await ask(page, QUESTION);

  const lengths = await page.evaluate(
    () => (window as unknown as { lengths: Set<number> }).lengths.size,
  );
  expect(lengths, "different lengths seen while the answer arrived").toBeGreaterThan(1);
  const answer = answers(page).last();
  await expect(answer).toContainText("AI가 작성한 답변입니다. 중요한 내용은 원문을 확인해 주세요.");
  await expect(answer.getByText("참고한 문서")).toBeVisible();
  await expect(answer.locator("[data-slot=source]").first()).toContainText("휴가-규정.md");
  await expect(page).toHaveURL(/\/c\/conv_/);
  await expect(page.getByRole("navigation", { name: "대화 목록" })).toContainText("휴가를 쓰려면");
});

test("a source opens its passage beside the chat, highlighted", async ({ page }) => {
  await ask(page, QUESTION);
  const source = answers(page).last().locator("[data-slot=source]").first();
  await source.click();
  const panel = page.locator("[data-slot=source-panel]");
  const marks = panel.locator("mark");
  await expect(marks.first()).toBeInViewport();
  const highlighted = (await marks.allTextContents()).join("");
  expect(highlighted.length).toBeGreaterThan(5);
  expect(LEAVE_RULES_TEXT).toContain(highlighted);
  await panel.getByRole("button", { name: "원문 닫기" }).click();
  await expect(panel).toHaveCount(0);
  await expect(source).toBeFocused();
});

test("a citation mark opens exactly the quote it stands for", async ({ page, request }) => {
  await ask(page, QUESTION);
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const stored = (await (await request.get(`/api/conversations/${id}`)).json()) as StoredAnswer;
  const annotations = stored.messages.at(-1)?.versions.at(-1)?.annotations ?? [];
  const marks = answers(page).last().locator("[data-slot=citation]");
  expect(annotations.length, "citations of an answer that the document holds").toBeGreaterThan(0);
  expect(await marks.count()).toBeGreaterThan(0);
  for (const mark of await marks.all()) {
    const number = Number(await mark.textContent());
    const quotes = annotations.filter(({ index }) => index === number).map(({ quote }) => quote);
    await mark.click();
    const panel = page.locator("[data-slot=source-panel]");
    await expect(panel.locator("mark").first()).toBeInViewport();
    expect(quotes).toContain((await panel.locator("mark").allTextContents()).join(""));
  }
});

test("Stop keeps what was written, marks it, and frees the engine", async ({ page }) => {
  await composer(page).fill("휴가 규정의 모든 조항을 하나도 빠짐없이 길게 설명해 주세요.");
  await composer(page).press("Enter");
  await page.getByRole("button", { name: "답변 중지" }).click();
  await expect(answers(page).last()).toHaveAttribute("data-phase", "stopped");
  await expect(page.getByText(/^중지됨$|시작하기 전에 중지했습니다/)).toBeVisible();
  await expect(page.getByRole("button", { name: "보내기" })).toBeVisible();
  // The engine is free at once: the next question is answered.
  await ask(page, QUESTION);
});

test("Escape stops a running answer, and the stopped text is still there after a reload", async ({
  page,
}) => {
  // Pressed by the page itself when the first words are drawn: a short answer is over before a test can see it.
  await page.evaluate(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('[data-phase="streaming"] .prose-answer')?.textContent) return;
      observer.disconnect();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await composer(page).fill(QUESTION);
  await composer(page).press("Enter");
  const answer = answers(page).last();
  await expect(answer).toHaveAttribute("data-phase", /stopped|completed|failed/, {
    timeout: 60_000,
  });
  expect(await answer.getAttribute("data-phase")).toBe("stopped");
  await expect(answer.getByText("중지됨")).toBeVisible();
  await expect(page.getByRole("button", { name: "다시 생성" })).toBeVisible();
  const text = answer.locator(".prose-answer");
  const kept = (await text.textContent()) ?? "";
  expect(kept).not.toBe("");
  await page.reload();
  await expect(answer).toHaveAttribute("data-phase", "stopped");
  await expect(text).toHaveText(kept);
});

test("an answer can be asked for again, and both versions are kept", async ({ page }) => {
  await ask(page, QUESTION);
  await page.getByRole("button", { name: "다시 생성" }).click();
  await expect(page.getByText("2개 중 2번째 답변")).toBeAttached({ timeout: 120_000 });
  await page.getByRole("button", { name: "이전 답변" }).click();
  await expect(page.getByText("2개 중 1번째 답변")).toBeAttached();
  await page.reload();
  await expect(page.getByText("2개 중 2번째 답변")).toBeAttached();
});

test("Enter during a Korean composition sends once, with the last syllable", async ({ page }) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/v1/chat/completions")) sent.push(request.postData() ?? "");
  });
  await composer(page).focus();
  const cdp = await page.context().newCDPSession(page);
  await composer(page).pressSequentially("연차는 며칠인가");
  for (const text of ["ㅇ", "요"]) {
    await cdp.send("Input.imeSetComposition", { text, selectionStart: 1, selectionEnd: 1 });
  }
  // The key as an input method passes it on: with its old code for "taken by me", and typing nothing itself.
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter });
  expect(sent).toEqual([]);
  await expect(composer(page)).toHaveValue("연차는 며칠인가요");
  await cdp.send("Input.insertText", { text: "요" });
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(composer(page)).toHaveValue("");
  await expectAnswered(page);
  expect(sent).toHaveLength(1);
  expect(JSON.parse(sent[0] ?? "{}")).toMatchObject({
    messages: [{ role: "user", content: "연차는 며칠인가요" }],
  });
});

test("a conversation is renamed, deleted with a way back, and deleted for good", async ({
  page,
}) => {
  await ask(page, QUESTION);
  const list = page.getByRole("navigation", { name: "대화 목록" });
  const address = page.url();
  const entry = list.locator(`a[href="${new URL(address).pathname}"]`);
  const menu = (name: string) => list.getByRole("button", { name: `대화 메뉴: ${name}` });

  // Its own menu: the first in the list is another conversation's until this one has arrived there.
  await entry
    .locator("xpath=..")
    .getByRole("button", { name: /^대화 메뉴/ })
    .click();
  await page.getByRole("menuitem", { name: "이름 바꾸기" }).click();
  await page.getByRole("textbox", { name: "대화 이름" }).fill("출산 휴가 문의");
  await page.keyboard.press("Enter");
  await expect(entry).toHaveText("출산 휴가 문의");
  await expect(page.getByRole("heading", { name: "출산 휴가 문의" })).toBeVisible();

  await menu("출산 휴가 문의").first().click();
  await page.getByRole("menuitem", { name: "삭제" }).click();
  await expect(entry).toHaveCount(0);
  await page.getByRole("button", { name: "실행 취소" }).click();
  await expect(entry).toBeVisible();

  await menu("출산 휴가 문의").first().click();
  await page.getByRole("menuitem", { name: "삭제" }).click();
  await expect(page.getByText("대화를 삭제했습니다.")).toBeVisible();
  // Leaving the page ends the time for undoing.
  await page.goto("about:blank");
  await expect
    .poll(async () =>
      (await page.request.get(address.replace("/c/", "/api/conversations/"))).status(),
    )
    .toBe(404);
});
