// Suggests the hardware that this browser says it runs on. It is told to nobody: the choice is made here.
const place = document.getElementById("suggestion");
const select = document.getElementById("hardware");

const words = text => text.toLowerCase().match(/[a-z]+|\d+/g) ?? [];

async function described() {
  const adapter = await navigator.gpu?.requestAdapter();
  const info = adapter?.info;
  const text = [info?.vendor, info?.architecture, info?.device, info?.description].filter(Boolean).join(" ");
  if (text) return text;
  const context = document.createElement("canvas").getContext("webgl");
  const names = context?.getExtension("WEBGL_debug_renderer_info");
  return names ? context.getParameter(names.UNMASKED_RENDERER_WEBGL) : "";
}

function best(text) {
  const known = new Set(words(text));
  let found = null, most = 1;
  for (const option of select.options) {
    const name = words(option.text.replace(/\(.*/, ""));
    const numbers = name.filter(word => /\d/.test(word));
    if (!option.value || !numbers.length || !numbers.every(word => known.has(word))) continue;
    const count = name.filter(word => known.has(word)).length;
    if (count > most) { most = count; found = option; }
  }
  return found;
}

if (place && select && !select.value) {
  described().then(text => {
    const option = best(text);
    if (!option) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Use ${option.text}`;
    button.addEventListener("click", () => { select.value = option.value; select.form.requestSubmit(); });
    place.append("This browser seems to run on it: ", button);
    place.hidden = false;
  }).catch(() => {});
}
