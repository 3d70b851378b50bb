// huggingface.js: repos, uploads by LFS and by Xet, lists and downloads.

import { pathToFileURL } from "node:url";
import { collect, hubUrl, noise, rejects, same, step, tokens } from "./steps.mjs";

const hub = await import(pathToFileURL(`${process.env.NODE_MODULES}/@huggingface/hub/dist/index.mjs`));
const access = { hubUrl, accessToken: tokens.alice };
const name = `alice/huggingface-js-${process.env.CLIENT}`;
const repo = { type: "model", name };
const at = { repo, ...access };
const weights = noise(3_000_000, 1);
const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
const fileOf = (path, bytes) => ({ path, content: new Blob([bytes]) });

await step("whoAmI", async () => {
  const me = await hub.whoAmI(access);
  same([me.type, me.name, me.orgs.map((org) => org.name)], ["user", "alice", ["acme"]]);
});

await step("createRepo", async () => {
  const made = await hub.createRepo({ ...at, license: "mit" });
  same(made.repoUrl, `${hubUrl}/${name}`);
  for (const type of ["dataset", "space"])
    await hub.createRepo({ ...access, repo: { type, name }, ...(type === "space" && { sdk: "static" }) });
});

await step("createRepo of a private one", async () => {
  await hub.createRepo({ ...access, repo: `${name}-private`, private: true });
  same((await hub.modelInfo({ name: `${name}-private`, ...access })).private, true);
});

await step("createRepo of one that exists is refused", () => rejects(hub.createRepo(at), { statusCode: 409 }));

await step("repoExists, checkRepoAccess", async () => {
  same(await hub.repoExists(at), true);
  same(await hub.repoExists({ ...access, repo: `${name}-missing` }), false);
  await hub.checkRepoAccess(at);
  await rejects(hub.checkRepoAccess({ hubUrl, accessToken: tokens.charlie, repo: `${name}-private` }));
});

for (const [words, useXet] of [["LFS", false], ["Xet", true]]) {
  const path = `${words}/weights.bin`;
  const bytes = noise(2_000_000, useXet ? 2 : 3);

  await step(`uploadFiles by ${words}`, async () => {
    const files = [fileOf(path, bytes), fileOf(`${words}/a.txt`, "text"), fileOf(`${words}/empty.bin`, "")];
    const done = await hub.uploadFiles({ ...at, files, useXet, commitTitle: `By ${words}` });
    same(done.commit.url.startsWith(`${hubUrl}/${name}/commit/`), true);
  });

  await step(`downloadFile of what came by ${words}`, async () => {
    same(Buffer.compare(await bytesOf(await hub.downloadFile({ ...at, path })), bytes), 0);
    same(Buffer.compare(await bytesOf(await hub.downloadFile({ ...at, path, xet: false })), bytes), 0);
    same(await (await hub.downloadFile({ ...at, path: `${words}/a.txt` })).text(), "text");
  });

  await step(`downloadFile of a range of what came by ${words}`, async () => {
    const blob = await hub.downloadFile({ ...at, path });
    const part = await bytesOf(blob.slice(1_000_000, 1_000_100));
    same(Buffer.compare(part, bytes.slice(1_000_000, 1_000_100)), 0);
  });
}

await step("the same file again by Xet", async () => {
  await hub.uploadFiles({ ...at, files: [fileOf("again.bin", noise(2_000_000, 2))], useXet: true });
  same((await hub.downloadFile({ ...at, path: "again.bin" })).size, 2_000_000);
});

await step("uploadFile", async () => {
  await hub.uploadFile({ ...at, file: fileOf("dir/deep.txt", "deep"), commitTitle: "Deep" });
  same(await hub.fileExists({ ...at, path: "dir/deep.txt" }), true);
  same(await hub.fileExists({ ...at, path: "dir/not.txt" }), false);
});

await step("uploadFilesWithProgress", async () => {
  const files = [fileOf("progress.bin", weights)];
  const events = await collect(hub.uploadFilesWithProgress({ ...at, files }));
  same(events.at(-1).progress ?? 1, 1);
  same((await hub.downloadFile({ ...at, path: "progress.bin" })).size, weights.length);
});

await step("files with awkward names", async () => {
  for (const path of ["two words.txt", "a+b.txt", "ünï-日本.txt", "me@home.txt"]) {
    await hub.uploadFile({ ...at, file: fileOf(path, path) });
    same(await (await hub.downloadFile({ ...at, path })).text(), path);
  }
});

await step("listFiles", async () => {
  const top = await collect(hub.listFiles(at));
  same(top.find((each) => each.path === "dir").type, "directory");
  const all = await collect(hub.listFiles({ ...at, recursive: true, expand: true }));
  const found = all.find((each) => each.path === "Xet/weights.bin");
  same([found.type, found.size, found.lfs.size], ["file", 2_000_000, 2_000_000]);
  same(found.lastCommit.title, "By Xet");
});

await step("pathsInfo", async () => {
  const paths = ["Xet/weights.bin", "dir", "missing"];
  const found = await hub.pathsInfo({ ...at, paths, expand: true });
  same(found.map((each) => each.path).sort(), ["Xet/weights.bin", "dir"]);
});

await step("fileDownloadInfo", async () => {
  const info = await hub.fileDownloadInfo({ ...at, path: "Xet/weights.bin" });
  same([info.size, typeof info.xet.hash], [2_000_000, "string"]);
  same((await hub.fileDownloadInfo({ ...at, path: "Xet/a.txt" })).size, 4);
  same(await hub.fileDownloadInfo({ ...at, path: "missing" }), null);
});

await step("fileDownloadInfo with raw", async () => {
  const info = await hub.fileDownloadInfo({ ...at, path: "Xet/weights.bin", raw: true });
  same(info.size < 200, true);
});

await step("commit: add and delete", async () => {
  await hub.commit({
    ...at,
    title: "Both",
    operations: [
      { operation: "addOrUpdate", ...fileOf("new.txt", "new") },
      { operation: "delete", path: "dir/deep.txt" },
    ],
  });
  same(await hub.fileExists({ ...at, path: "dir/deep.txt" }), false);
  same(await hub.fileExists({ ...at, path: "new.txt" }), true);
});

await step("commit with a stale parentCommit is refused", async () => {
  const [, older] = await collect(hub.listCommits(at));
  const files = [fileOf("new.txt", "newer")];
  await rejects(hub.uploadFiles({ ...at, files, parentCommit: older.oid }), { statusCode: 412 });
});

await step("deleteFile, deleteFiles", async () => {
  await hub.deleteFile({ ...at, path: "new.txt" });
  await hub.deleteFiles({ ...at, paths: ["again.bin", "progress.bin"] });
  same(await hub.fileExists({ ...at, path: "again.bin" }), false);
});

await step("listCommits, countCommits", async () => {
  const commits = await collect(hub.listCommits(at));
  same(commits.at(-1).title, "initial commit");
  same(await hub.countCommits({ ...at, revision: "main" }), commits.length);
});

await step("createBranch, deleteBranch", async () => {
  await hub.createBranch({ ...at, branch: "feat/x" });
  await hub.uploadFile({ ...at, branch: "feat/x", file: fileOf("branch.txt", "b") });
  const blob = await hub.downloadFile({ ...at, revision: "feat/x", path: "branch.txt" });
  same(await blob.text(), "b");
  await hub.deleteBranch({ ...at, branch: "feat/x" });
});

await step("modelInfo, datasetInfo, spaceInfo", async () => {
  for (const info of [hub.modelInfo, hub.datasetInfo, hub.spaceInfo]) {
    same((await info({ name, ...access, additionalFields: ["sha", "author"] })).author, "alice");
  }
});

await step("listModels, listDatasets, listSpaces", async () => {
  for (const list of [hub.listModels, hub.listDatasets, hub.listSpaces]) {
    const found = await collect(list({ ...access, search: { owner: "alice", query: "huggingface-js" } }));
    same(found.some((each) => each.name === name), true);
  }
});

await step("fileExists", async () => {
  same(await hub.fileExists({ ...at, path: "Xet/a.txt" }), true);
  same(await hub.fileExists({ ...at, path: "missing" }), false);
});

await step("commit as a pull request, by a stranger", async () => {
  const by = { ...at, accessToken: tokens.charlie, isPullRequest: true };
  for (const [number, useXet] of [[1, false], [2, true]]) {
    const files = [fileOf("proposed.bin", noise(300_000, number)), fileOf("a.txt", "a")];
    const done = await hub.uploadFiles({ ...by, files, useXet });
    same(done.pullRequestUrl, `${hubUrl}/${name}/discussions/${number}`);
    const blob = await hub.downloadFile({ ...at, revision: `refs/pr/${number}`, path: "proposed.bin" });
    same(blob.size, 300_000);
  }
});

await step("createCollection, listCollections, deleteCollection", async () => {
  const collection = { title: `Of ${name}`, namespace: "alice", description: "Zebras" };
  const { slug } = await hub.createCollection({ ...access, collection });
  await rejects(hub.createCollection({ ...access, collection }), { statusCode: 409 });
  for (const search of [{ owner: ["alice"] }, { q: name }, { q: "zebra" }]) {
    const found = await collect(hub.listCollections({ ...access, search, limit: 150 }));
    same(found.some((each) => each.slug === slug), true);
  }
  await hub.deleteCollection({ ...access, slug });
  await rejects(hub.deleteCollection({ ...access, slug }), { statusCode: 404 });
});

await step("snapshotDownload", async () => {
  const folder = await hub.snapshotDownload({ ...at, cacheDir: "snapshots" });
  same(typeof folder, "string");
});

await step("deleteRepo", async () => {
  await hub.deleteRepo(at);
  same(await hub.repoExists(at), false);
  await rejects(hub.deleteRepo(at), { statusCode: 404 });
});
