// Adds up what Surefire, Vitest and Playwright themselves report and ends with one line:
// "N passed, N failed, N skipped". Status 1 when a test failed or a runner left no report.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [root, results] = process.argv.slice(2);

function surefire() {
  const counts = { passed: 0, failed: 0, skipped: 0, reports: 0 };
  for (const module of readdirSync(root)) {
    const folder = join(root, module, "target", "surefire-reports");
    if (!existsSync(folder)) {
      continue;
    }
    for (const name of readdirSync(folder).filter((file) => /^TEST-.*\.xml$/.test(file))) {
      const head = /<testsuite\b[^>]*>/.exec(readFileSync(join(folder, name), "utf8"))?.[0] ?? "";
      const attribute = (key) => Number(new RegExp(`\\b${key}="(\\d+)"`).exec(head)?.[1] ?? 0);
      const failed = attribute("failures") + attribute("errors");
      counts.failed += failed;
      counts.skipped += attribute("skipped");
      counts.passed += attribute("tests") - failed - attribute("skipped");
      counts.reports += 1;
    }
  }
  return counts;
}

function report(name, count) {
  const file = join(results, name);
  return existsSync(file)
    ? { ...count(JSON.parse(readFileSync(file, "utf8"))), reports: 1 }
    : { passed: 0, failed: 0, skipped: 0, reports: 0 };
}

const runners = {
  "Java (Surefire)": surefire(),
  "Web (Vitest)": report("vitest.json", (json) => ({
    passed: json.numPassedTests,
    // A file that cannot even be loaded has no tests to fail.
    failed: json.numFailedTests || (json.success ? 0 : 1),
    skipped: json.numPendingTests + json.numTodoTests,
  })),
  "Page (Playwright)": report("playwright.json", ({ stats, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  })),
};

const total = { passed: 0, failed: 0, skipped: 0 };
let complete = true;
for (const [name, counts] of Object.entries(runners)) {
  for (const key of Object.keys(total)) {
    total[key] += counts[key] || 0;
  }
  complete &&= counts.reports > 0 && counts.passed + counts.failed > 0;
  const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  console.log(`${name}: ${counts.reports > 0 ? line : "no report, so it did not run"}`);
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = complete && total.failed === 0 ? 0 : 1;
