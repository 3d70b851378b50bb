// huggingface.js: lists narrowed, sorted, filled and cut.

import { pathToFileURL } from "node:url";
import { collect, hubUrl, rejects, same, step, tokens } from "./steps.mjs";

const hub = await import(pathToFileURL(`${process.env.NODE_MODULES}/@huggingface/hub/dist/index.mjs`));
const access = { hubUrl, accessToken: tokens.alice };
const word = `catalogue-js-${process.env.CLIENT}`;
const prefix = `acme/${word}`;
const mine = `mark-${word}`;

const card = (lines) => `---\ntags: [${mine}]\n${lines}\n---\n# Hello\n`;
const config = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}';
const repos = [
  ["model", "text", { "README.md": card("license: mit\npipeline_tag: text-generation"), "config.json": config }],
  ["model", "gguf", { "README.md": card("license: apache-2.0"), "m.gguf": "GGUF" }],
  ["dataset", "text", { "README.md": card("license: mit\nlanguage: [en]") }],
  ["dataset", "plain", { "README.md": card("license: cc0-1.0") }],
  ["space", "text", { "README.md": card("sdk: static") }],
  ["space", "plain", { "README.md": card("sdk: static\nlicense: mit") }],
];
for (const [type, name, files] of repos) {
  const repo = { type, name: `${prefix}-${name}` };
  await hub.createRepo({ ...access, repo, ...(type === "space" && { sdk: "static" }) });
  const content = Object.entries(files).map(([path, text]) => ({ path, content: new Blob([text]) }));
  await hub.uploadFiles({ ...access, repo, files: content });
}

const lists = { model: hub.listModels, dataset: hub.listDatasets, space: hub.listSpaces };
const all = { model: ["gguf", "text"], dataset: ["plain", "text"], space: ["plain", "text"] };
const names = async (type, search, more = {}) => {
  const found = await collect(lists[type]({ ...access, search, ...more }));
  return found.map((each) => each.name).filter((name) => name.startsWith(`${prefix}-`)).map((name) => name.slice(prefix.length + 1));
};

// What was just written is listed a moment later.
for (let n = 0; n < 100; n++) {
  const counts = await Promise.all(Object.keys(lists).map(async (type) => (await names(type, { tags: [mine] })).length));
  if (counts.every((count) => count === 2)) break;
  await new Promise((done) => setTimeout(done, 100));
}

const titles = { model: "listModels", dataset: "listDatasets", space: "listSpaces" };
for (const [type, title] of Object.entries(titles)) {
  await step(`${title}: search by query`, async () => {
    same((await names(type, { query: word })).sort(), all[type]);
    same((await names(type, { query: `${word}-${all[type][0]}` }))[0], all[type][0]);
  });

  await step(`${title}: search by owner`, async () => {
    same((await names(type, { owner: "acme", query: word })).sort(), all[type]);
    same(await names(type, { owner: "alice", query: word }), []);
  });

  await step(`${title}: search by tags`, async () => {
    same((await names(type, { tags: [mine] })).sort(), all[type]);
    same(await names(type, { tags: [mine, "license:mit"] }), [type === "space" ? "plain" : "text"]);
    same(await names(type, { tags: [mine, "no-such-tag"] }), []);
  });

  await step(`${title}: sort`, async () => {
    const order = repos.filter(([kind]) => kind === type).map(([, name]) => name).reverse();
    for (const sort of ["createdAt", "lastModified"]) same(await names(type, { tags: [mine] }, { sort }), order);
    for (const sort of ["downloads", "likes", "likes30d", "trendingScore"])
      same((await names(type, { tags: [mine] }, { sort })).sort(), all[type]);
  });

  await step(`${title}: sort by what this hub does not know is refused`, async () => {
    await rejects(names(type, {}, { sort: "mainSize" }), { statusCode: 400 });
  });

  if (type !== "space") await step(`${title}: limit`, async () => { // listSpaces has none
    const newest = repos.findLast(([kind]) => kind === type)[1];
    same(await names(type, { tags: [mine] }, { limit: 1, sort: "createdAt" }), [newest]);
  });

  await step(`${title}: additionalFields`, async () => {
    const keys = hub[`${type.toUpperCase()}_EXPANDABLE_KEYS`];
    const found = await collect(lists[type]({ ...access, search: { tags: [mine] }, additionalFields: keys }));
    same(found.length, 2);
    for (const each of found) {
      same([each.author, each.sha.length, each.cardData.tags], ["acme", 40, [mine]]);
      same([each.likes, each.private, each.tags.includes(mine)], [0, false, true]);
    }
  });
}

await step("listModels: search by task", async () => {
  same(await names("model", { tags: [mine], task: "text-generation" }), ["text"]);
});

await step("listModels: search by apps and providers", async () => {
  same(await names("model", { tags: [mine], apps: ["ollama", "lmstudio"] }), ["gguf"]);
  same(await names("model", { tags: [mine], inferenceProviders: ["together", "novita"] }), []);
});

await step("listModels: filePaths", async () => {
  const search = { tags: [mine, "gguf"] };
  const [found] = await collect(hub.listModels({ ...access, search, additionalFields: ["filePaths"] }));
  same(found.filePaths, [".gitattributes", "README.md", "m.gguf"]);
});

await step("modelInfo, datasetInfo, spaceInfo with additionalFields", async () => {
  for (const type of Object.keys(lists)) {
    const info = hub[`${type}Info`];
    const keys = hub[`${type.toUpperCase()}_EXPANDABLE_KEYS`];
    const found = await info({ ...access, name: `${prefix}-text`, additionalFields: keys });
    same([found.name, found.author, found.cardData.tags], [`${prefix}-text`, "acme", [mine]]);
  }
});
