import { defineConfig } from "@playwright/test";

import base from "./playwright.config";

/** Takes the pictures of the README: npm run screenshots, with CARAVAN_E2E_URL or a server of its own. */
export default defineConfig({
  ...base,
  testMatch: "screenshots.ts",
  use: { ...base.use, screenshot: "off", trace: "off" },
});
