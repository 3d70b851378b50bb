// Uploads in pieces that go on after a broken connection; uploading.py says what is sent.
// Without this module the same form sends small files at once.

const form = document.querySelector("form.upload");
const piece = Number(form.dataset.piece);
const most = Number(form.dataset.most);
const list = form.querySelector(".uploads");
const state = form.querySelector(".upload-state");
const button = form.querySelector("button.main");
const token = form.elements.csrf.value;
const action = form.getAttribute("action");
const chosen = new Map(); // path: {file, row, bar, said, upload}
const AT_ONCE = 3;
const LONGEST_WAIT_S = 30;
let busy = false;

class Refused extends Error {}

function add(path, file) {
  if (busy) return;
  chosen.get(path)?.row.remove();
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const said = document.createElement("span");
  const remove = document.createElement("button");
  name.textContent = path;
  name.className = "upload-name";
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sent of ${path}`);
  said.textContent = size(file.size);
  said.className = "quiet upload-said";
  remove.type = "button";
  remove.textContent = "Remove";
  remove.setAttribute("aria-label", `Remove ${path}`);
  remove.addEventListener("click", () => {
    if (busy) return;
    chosen.delete(path);
    row.remove();
    tell();
  });
  row.append(name, bar, said, remove);
  list.append(row);
  chosen.set(path, { path, file, row, bar, said, upload: null });
  tell();
}

function tell() {
  const files = [...chosen.values()];
  const bytes = files.reduce((sum, it) => sum + it.file.size, 0);
  state.textContent = files.length ? `${files.length} ${files.length === 1 ? "file" : "files"}, ${size(bytes)}` : "";
}

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) {
    bytes /= 1000;
    at += 1;
  }
  return `${at ? bytes.toFixed(1) : bytes} ${units[at]}`;
}

// What was dropped: files, and folders with all that is in them.
async function walk(entry, above) {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) {
    add(path, await new Promise((done, fail) => entry.file(done, fail)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const it of some) await walk(it, path);
  }
}

async function dropped(event) {
  event.preventDefault();
  form.classList.remove("over");
  const items = [...event.dataTransfer.items].filter((it) => it.kind === "file");
  // Both are gone once we have waited for anything.
  const found = items.map((it) => ({ entry: it.webkitGetAsEntry?.(), file: it.getAsFile() }));
  for (const { entry, file } of found) {
    if (entry) await walk(entry, "");
    else if (file) add(file.name, file);
  }
}

// One request. What another try may help is tried again, for as long as it takes.
async function ask(path, options, again) {
  for (let tries = 0; ; tries += 1) {
    let wait = Math.min(LONGEST_WAIT_S, 2 ** Math.min(tries, 6) / 2);
    try {
      const answer = await fetch(action + path, {
        ...options,
        headers: { "X-CSRF-Token": token },
        signal: AbortSignal.timeout(600_000),
      });
      const body = await answer.json().catch(() => ({}));
      if (answer.ok) return body;
      // 500 is our own mistake, 507 a full disk: neither goes by itself.
      const passes = answer.status === 429 || (answer.status > 500 && answer.status !== 507);
      if (!passes) throw new Refused(body.error ?? `The hub answered ${answer.status}`);
      wait = Number(answer.headers.get("Retry-After")) || wait;
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    if (again) return null;
    state.textContent = "The connection is broken. Trying again…";
    await pause(wait);
  }
}

// Until the time is over, or the network is back.
function pause(seconds) {
  return new Promise((done) => {
    const timer = setTimeout(done, seconds * 1000);
    addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
  });
}

// An upload that was begun is remembered, so that a page loaded anew goes on with it.
function key(it) {
  return `upload ${action} ${it.target} ${it.file.size} ${it.file.lastModified}`;
}

// A browser may be told to remember nothing; the upload works all the same.
const kept = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* full, or not allowed */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* not allowed */ } },
};

async function announce(files) {
  for (const it of files) it.upload = kept.get(key(it));
  const fresh = files.filter((it) => !it.upload);
  if (!fresh.length) return;
  const body = { files: fresh.map((it) => ({ path: it.target, size: it.file.size })) };
  const answer = await ask("/files", { method: "POST", body: JSON.stringify(body) });
  answer.files.forEach((told, at) => {
    fresh[at].upload = told.upload;
    kept.set(key(fresh[at]), told.upload);
  });
}

async function offsetOf(it) {
  try {
    return (await ask(`/file?upload=${encodeURIComponent(it.upload)}`, {})).offset;
  } catch (error) {
    if (!(error instanceof Refused) || !kept.get(key(it))) throw error;
    kept.drop(key(it)); // it is too old: begin anew
    await announce([it]);
    return 0;
  }
}

async function send(it) {
  let offset = await offsetOf(it);
  while (offset < it.file.size) {
    show(it, offset);
    const options = { method: "PUT", body: it.file.slice(offset, offset + piece) };
    const path = `/file?upload=${encodeURIComponent(it.upload)}&offset=${offset}`;
    const answer = await ask(path, options, true);
    if (answer === null) {
      // How much of it came is known to the hub alone.
      state.textContent = "The connection is broken. Trying again…";
      await pause(1);
      offset = await offsetOf(it);
    } else {
      offset = answer.offset;
    }
    tell();
  }
  show(it, it.file.size);
}

function show(it, offset) {
  it.bar.value = it.file.size ? offset / it.file.size : 1;
  it.said.textContent = offset < it.file.size ? `${size(offset)} of ${size(it.file.size)}` : `${size(it.file.size)}, sent`;
}

async function sendAll(files) {
  const waiting = [...files];
  const line = async () => {
    for (let it = waiting.shift(); it; it = waiting.shift()) await send(it);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

async function commit(files) {
  state.textContent = "Committing…";
  const body = {
    files: files.map((it) => ({ path: it.target, upload: it.upload })),
    summary: form.elements.summary.value,
    description: form.elements.description.value,
  };
  return ask("/commit", { method: "POST", body: JSON.stringify(body) });
}

async function submitted(event) {
  if (!chosen.size) return; // the form itself says that a file is missing
  event.preventDefault();
  if (busy) return;
  const files = [...chosen.values()];
  const folder = form.elements.folder.value.trim().replace(/^\/+|\/+$/g, "");
  for (const it of files) it.target = folder ? `${folder}/${it.path}` : it.path;
  busy = true;
  button.disabled = true;
  try {
    if (files.length > most) throw new Refused(`At most ${most} files at once: this is ${files.length}`);
    await announce(files);
    await sendAll(files);
    const done = await commit(files);
    for (const it of files) kept.drop(key(it));
    busy = false;
    location.assign(done.url);
  } catch (error) {
    state.textContent = error instanceof Refused ? error.message : `That did not work: ${error}`;
    state.classList.add("wrong");
    busy = false;
    button.disabled = false;
  }
}

for (const it of form.querySelectorAll("[hidden]")) it.hidden = false;
const inputs = [form.querySelector("#f-files"), form.querySelector("#f-tree")];
for (const input of inputs) {
  input.addEventListener("change", () => {
    for (const file of input.files) add(file.webkitRelativePath || file.name, file);
    input.value = "";
  });
}
form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", dropped);
form.addEventListener("submit", submitted);
addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
form.dataset.ready = "true";
