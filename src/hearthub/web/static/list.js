// Asks for the list as somebody types or moves a slider; without script the button does.
const form = document.getElementById("asking");
const list = document.getElementById("list");
const count = document.getElementById("count");
const usual = { min: "0", active_min: "0" };

function address() {
  const words = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const input = form.elements.namedItem(name);
    const stands = input?.type === "range" && value === (usual[name] ?? input.max);
    if (value && !stands) words.append(name, value);
  }
  return words;
}

let waiting = 0, asking = null;

async function ask() {
  const words = address();
  const shown = `${form.getAttribute("action")}${words.size ? "?" : ""}${words}`;
  asking?.abort();
  asking = new AbortController();
  words.append("fragment", "1");
  try {
    const answer = await fetch(`${form.getAttribute("action")}?${words}`, { signal: asking.signal });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    count.textContent = list.querySelector("[role=status]")?.textContent.replace(/ \w+$/, "") ?? "";
    history.replaceState(null, "", shown);
  } catch (error) {
    if (error.name !== "AbortError") form.requestSubmit();
  }
}

form?.addEventListener("input", event => {
  const input = event.target;
  if (input.type === "range") {
    input.closest("label").querySelector(".at").textContent = input.dataset.stops.split("|")[input.value];
  }
  clearTimeout(waiting);
  waiting = setTimeout(ask, 200);
});
form?.addEventListener("submit", event => {
  event.preventDefault();
  clearTimeout(waiting);
  ask();
});
