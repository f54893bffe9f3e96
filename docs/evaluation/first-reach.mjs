// Uploads the three documents of first-reach-questions.json to a running Caravan, asks the ten questions and prints the
// transcript as Markdown:
//   node docs/evaluation/first-reach.mjs http://127.0.0.1:8080 FOLDER_WITH_THE_DOCUMENTS > docs/evaluation/first-reach.md
// A question counts as right if the passage of the first citation holds the phrase that was fixed beforehand.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import path from "node:path";

const [base, folder, planFile = new URL("first-reach-questions.json", import.meta.url)] = process.argv.slice(2);
if (!base || !folder) {
  console.error("usage: node docs/evaluation/first-reach.mjs URL FOLDER [QUESTIONS.json]");
  process.exit(2);
}
const plan = JSON.parse(await readFile(planFile, "utf8"));

async function call(route, options = {}) {
  const response = await fetch(base + route, options);
  const body = await response.json();
  if (!response.ok) throw new Error(`${route}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

const post = (route, body) =>
  call(route, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
const flat = (text) => text.replace(/\s+/g, " ").trim();

async function upload(store, document) {
  const bytes = await readFile(path.join(folder, document.file));
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (hash !== document.sha256) throw new Error(`${document.file} has SHA-256 ${hash}, expected ${document.sha256}`);
  const form = new FormData();
  form.append("purpose", "assistants");
  form.append("file", new Blob([bytes]), document.file);
  const started = performance.now();
  const file = await call("/v1/files", { method: "POST", body: form });
  await post(`/v1/vector_stores/${store.id}/files`, { file_id: file.id });
  for (let poll = 0; poll < 600; poll++) {
    const state = await call(`/v1/vector_stores/${store.id}/files/${file.id}`);
    if (state.status === "completed") return { ...document, bytes: bytes.length, seconds: seconds(started) };
    if (state.status === "failed") throw new Error(`${document.file}: ${state.last_error.message}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${document.file} was not ready within two minutes`);
}

async function ask(store, model, item) {
  const started = performance.now();
  const answer = await post("/v1/chat/completions", {
    model,
    temperature: 0,
    messages: [{ role: "user", content: item.question }],
    file_search: { vector_store_ids: [store.id], max_num_results: 5 },
  });
  const message = answer.choices[0].message;
  const first = message.annotations[0];
  const source = first && message.sources.find((candidate) => candidate.index === first.index);
  const right = Boolean(source) && source.filename === item.file && flat(source.text).includes(item.phrase);
  return { ...item, answer: message.content, first, source, right, quoted: Boolean(first) && flat(first.quote).includes(item.phrase), seconds: seconds(started) };
}

const system = await call("/api/system");
const store = await post("/v1/vector_stores", { name: "first reach" });
const documents = [];
for (const document of plan.documents) documents.push(await upload(store, document));
const results = [];
for (const item of plan.questions) results.push(await ask(store, system.model.id, item));

const right = results.filter((result) => result.right).length;
const quoted = results.filter((result) => result.quoted).length;
console.log(`# First reach: ten questions about three documents

${new Date().toISOString().slice(0, 10)}, Caravan ${system.version}, chat model \`${system.model.id}\`, embedding model
\`${system.embedding_model.id}\`, ${cpus().length} x ${cpus()[0].model}. The questions and the phrases that the right passage holds were fixed
before the chain was written (\`first-reach-questions.json\`).

**${right} of ${results.length} questions have the right passage cited first** (${quoted} quote the very sentence).

\`\`\`
./caravan run
node docs/evaluation/first-reach.mjs http://127.0.0.1:8080 FOLDER > docs/evaluation/first-reach.md
\`\`\`

| document | bytes | upload to searchable, s |
|---|---|---|
${documents.map((document) => `| ${document.file} | ${document.bytes} | ${document.seconds} |`).join("\n")}
`);
results.forEach((result, index) => {
  console.log(`## ${index + 1}. ${result.question}

${result.right ? "Right" : "**Wrong**"}, ${result.seconds} s

Answer: ${flat(result.answer)}
`);
  const place = result.first && (result.first.page ? `page ${result.first.page}` : `paragraph ${result.first.paragraph}`);
  console.log(result.first ? `First citation: ${result.first.filename}, ${place}: “${flat(result.first.quote)}”\n` : "No citation.\n");
});
await call(`/v1/vector_stores/${store.id}`, { method: "DELETE" });
