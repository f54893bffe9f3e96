import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { defineConfig } from "@playwright/test";

const PORT = Number(process.env.CARAVAN_E2E_PORT ?? 18480);

/**
 * Tests run against CARAVAN_E2E_URL, or else against a server that is started for them: the real one, in an empty home
 * of its own, with the small models of CARAVAN_TEST_MODELS.
 */
const startsServer = process.env.CARAVAN_E2E_URL === undefined;
if (startsServer) process.env.CARAVAN_E2E_HOME ??= emptyHome();

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // One model answers one question after the other: more workers would only wait for each other.
  workers: 1,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    baseURL: process.env.CARAVAN_E2E_URL ?? `http://127.0.0.1:${PORT}`,
    locale: "ko-KR",
    timezoneId: "Asia/Seoul",
    colorScheme: "light",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CARAVAN_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  ...(startsServer
    ? {
        webServer: {
          command: `../caravan run --yes --port ${PORT} --model "${chatModel()}"`,
          url: `http://127.0.0.1:${PORT}/actuator/health/readiness`,
          env: { CARAVAN_HOME: process.env.CARAVAN_E2E_HOME ?? "" },
          timeout: 900_000,
          stdout: "ignore" as const,
          gracefulShutdown: { signal: "SIGTERM" as const, timeout: 30_000 },
        },
      }
    : {}),
});

/** The file itself: its licence was accepted when it was fetched. */
function chatModel(): string {
  const folder = join(process.env.CARAVAN_TEST_MODELS ?? "", "gemma-3-270m");
  const file = readdirSync(folder).find((name) => name.endsWith(".gguf"));
  if (!file) throw new Error(`${folder} holds no .gguf file.`);
  return join(folder, file);
}

/** A new home that has the test models and nothing else. */
function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), "caravan-e2e-"));
  const models = process.env.CARAVAN_TEST_MODELS;
  if (!models)
    throw new Error("Set CARAVAN_TEST_MODELS to the folder of models, or CARAVAN_E2E_URL.");
  // After the server has stopped; only in the process that made it.
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, "models"));
  for (const name of readdirSync(models)) {
    symlinkSync(join(models, name), join(home, "models", name));
  }
  return home;
}
