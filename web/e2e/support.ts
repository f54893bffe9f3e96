import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { type APIRequestContext, expect, type Page, test as base } from "@playwright/test";

const FOLDER = join(import.meta.dirname, "documents");
const LEAVE_RULES = join(FOLDER, "휴가-규정.md");
/** All sample documents. */
export const DOCUMENTS = readdirSync(FOLDER).map((name) => join(FOLDER, name));
export const LEAVE_RULES_TEXT = readFileSync(LEAVE_RULES, "utf8");

interface Options {
  /** Failed loads that a test causes on purpose, by the end of their address's path. */
  expectedFailures: RegExp | undefined;
}

/**
 * Every test also fails on what a person would only see in the browser's console: an error, a breach of the
 * Content-Security-Policy, a request to any other host.
 */
export const test = base.extend<Options & { watched: undefined }>({
  expectedFailures: [undefined, { option: true }],
  watched: [
    async ({ page, baseURL, expectedFailures }, use) => {
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
      page.on("console", (message) => {
        const isExpected = expectedFailures?.test(message.location().url) ?? false;
        if (message.type() === "error" && !isExpected) problems.push(`console: ${message.text()}`);
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(baseURL ?? "")) problems.push(`foreign: ${request.url()}`);
      });
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) =>
          console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`),
        );
      });
      await use(undefined);
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

interface DocumentState {
  id: string;
  filename: string;
  status: string;
}

/** Sees to it that a document can be asked about, by the HTTP interface. */
export async function provideDocument(request: APIRequestContext, path = LEAVE_RULES) {
  const system = (await (await request.get("/api/system")).json()) as {
    default_vector_store_id: string;
  };
  const files = `/v1/vector_stores/${system.default_vector_store_id}/files`;
  const find = async () => {
    const list = (await (await request.get(`${files}?limit=100`)).json()) as {
      data: DocumentState[];
    };
    return list.data.find(({ filename }) => filename === basename(path));
  };
  if (!(await find())) {
    const uploaded = await request.post("/v1/files", {
      multipart: {
        purpose: "assistants",
        file: { name: basename(path), mimeType: "text/markdown", buffer: readFileSync(path) },
      },
    });
    const { id } = (await uploaded.json()) as { id: string };
    await request.post(files, { data: { file_id: id } });
  }
  await expect.poll(async () => (await find())?.status, { timeout: 120_000 }).toBe("completed");
}

export const composer = (page: Page) => page.getByRole("textbox", { name: "질문 입력" });
export const answers = (page: Page) => page.getByRole("article", { name: "Caravan" });

/** Opens the page, waits until the model is ready. */
export async function openChat(page: Page) {
  await page.goto("/");
  await expect(page.locator("[data-slot=model]")).toHaveAttribute("data-state", "ready", {
    timeout: 60_000,
  });
}

/** Asks and waits for the answer's end. */
export async function ask(page: Page, question: string) {
  await composer(page).fill(question);
  await composer(page).press("Enter");
  await expect(page.getByText(question, { exact: true }).last()).toBeVisible();
  await expectAnswered(page);
}

/** Waits for the end of the last answer; one that failed is known at once. */
export async function expectAnswered(page: Page) {
  const answer = answers(page).last();
  await expect(answer).toHaveAttribute("data-phase", /completed|failed|stopped/, {
    timeout: 120_000,
  });
  expect(await answer.getAttribute("data-phase")).toBe("completed");
}
