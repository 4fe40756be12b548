// Draws the plots, sorts and searches the table of trials, copies configurations, follows a run.
"use strict";
const PAGE_ROWS = 50, ASK_EVERY_MS = 500, TYPING_MS = 2000;
let held = {}, views = [], order = { key: null, down: false }, page = 0;

const at = (id) => document.getElementById(id);
const parsed = (id) => (at(id) ? JSON.parse(at(id).textContent) : null);

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function look() {
  const dark = isDark(), ink = dark ? "#c9d0d6" : "#333a41", line = dark ? "#4a525b" : "#c5cbd1";
  const axis = { labelColor: ink, titleColor: ink, domainColor: line, tickColor: line, gridColor: line };
  return { ...held.look, background: "transparent", axis: { ...held.look.axis, ...axis },
    legend: { ...held.look.legend, labelColor: ink, titleColor: ink } };
}

async function drawPlot(box) {
  const spec = held.drawings[box.dataset.drawing];
  if (!spec || box.dataset.drawn) return;
  box.dataset.drawn = "yes";
  const names = (spec.used || []).filter((name) => name in held.data);
  const datasets = Object.fromEntries(names.map((name) => [name, held.data[name]]));
  const few = names.every((name) => held.data[name].length <= 1500);
  const shown = { ...spec.spec, datasets: { ...spec.spec.datasets, ...datasets }, autosize: { type: "fit", contains: "padding" } };
  try {
    const made = await vegaEmbed(box, shown, { config: look(), renderer: few ? "svg" : "canvas",
      mode: "vega-lite", actions: { export: true, source: false, compiled: false, editor: false } });
    made.view.addEventListener("click", (event, item) => {
      if (item && item.datum && item.datum.id) { searchFor(item.datum.id); at("trials").scrollIntoView(); }
    });
    views.push(made);
  } catch (error) { box.textContent = "this plot could not be drawn: " + error.message; console.error(error); }
}

function drawPlots() {
  views.forEach((made) => made.finalize());
  views = [];
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) { seen.unobserve(entry.target); drawPlot(entry.target); }
  }), { rootMargin: "300px" });
  const boxes = [...document.querySelectorAll(".plot")];
  boxes.forEach((box) => {
    delete box.dataset.drawn;
    box.replaceChildren();
    seen.observe(box);
  });
  clearTimeout(drawPlots.later);  // those out of sight too, to be printed
  drawPlots.later = setTimeout(async () => { for (const box of boxes) await drawPlot(box); }, 3000);
}

function searchFor(text) { at("search").value = text; page = 0; fillTable(); }

function wanted() {
  const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = at("kind").value;
  const rows = held.rows.filter((row) => (!kind || row.standing === kind || row.purpose === kind)
    && words.every((word) => row.text.includes(word)));
  if (order.key === null) return rows;
  const sign = order.down ? -1 : 1;
  return rows.sort((a, b) => {
    const x = a[order.key], y = b[order.key];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    return sign * String(x).localeCompare(String(y), undefined, { numeric: true });
  });
}

function fillTable() {
  const rows = wanted(), pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  page = Math.min(page, pages - 1);
  const body = at("rows");
  body.replaceChildren(...rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map(rowOf));
  at("count").textContent = `${rows.length} of ${held.rows.length} trials`;
  at("page").textContent = `page ${page + 1} of ${pages}`;
  document.querySelectorAll("#trials th[data-key]").forEach((head) => head.setAttribute("aria-sort",
    head.dataset.key !== order.key ? "none" : order.down ? "descending" : "ascending"));
}

function rowOf(row) {
  const line = document.createElement("tr");
  line.className = [row.best ? "best" : "", row.standing === "over the budget" ? "over" : "",
    row.standing === "failed" ? "failed" : ""].join(" ");
  for (const column of held.columns) {
    const cell = document.createElement("td"), value = row[column.key];
    cell.className = column.key;
    cell.textContent = value === undefined ? "" : String(value);
    cell.title = cell.textContent;
    line.append(cell);
  }
  const copies = document.createElement("td");
  copies.append(copyButton("YAML", () => row.yaml), " ",
    copyButton("command", () => held.command + row.point));
  line.firstChild.after(copies);
  return line;
}

function copyButton(label, text) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = label;
  button.addEventListener("click", () => copy(text(), label));
  return button;
}

async function copy(text, what) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = document.createElement("textarea");  // pages opened from a file, and older browsers
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  at("said").textContent = `${what} copied`;
  at("said").dataset.text = text;
  at("said").classList.add("shown");
  setTimeout(() => at("said").classList.remove("shown"), 1500);
}

function readData() {
  held = parsed("report-data");
  held.rows = held.data[held.table] || [];
  held.rows.forEach((row) => {
    row.text = held.columns.map((column) => row[column.key] ?? "").join(" ").toLowerCase();
  });
}

function start() {
  readData();
  if (at("search")) {
    at("search").addEventListener("input", () => { page = 0; fillTable(); });
    at("kind").addEventListener("change", () => { page = 0; fillTable(); });
    at("before").addEventListener("click", () => { page = Math.max(0, page - 1); fillTable(); });
    at("after").addEventListener("click", () => { page += 1; fillTable(); });
    document.querySelectorAll("#trials th[data-key] button").forEach((button) =>
      button.addEventListener("click", () => {
        const key = button.parentElement.dataset.key;
        order = { key, down: order.key === key ? !order.down : false };
        fillTable();
      }));
    fillTable();
  }
  drawPlots();
}

function remember(key, value) { try { localStorage.setItem(key, value); } catch { /* not kept */ } }
function remembered(key) { try { return localStorage.getItem(key); } catch { return null; } }

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  remember("hyperwatt-theme", theme);
  drawPlots();
}

// Following a run: the page is fetched again when the journal has grown, and its parts exchanged.
async function follow(version) {
  for (;;) {
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    try {
      const said = await fetch("version" + location.search, { cache: "no-store" });
      if (!said.ok) throw new Error(await said.text());
      const told = await said.json();
      at("alive").textContent = told.state;
      if (told.version === version || isTyping()) continue;
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(await answer.text());
      exchange(await answer.text());
      version = told.version;
    } catch (error) { at("alive").textContent = "asked again: " + error.message; }
  }
}

// Whoever types or holds a slider is not disturbed; the news come afterwards.
let typed_ms = 0;
document.addEventListener("input", () => { typed_ms = Date.now(); });
function isTyping() { return Date.now() - typed_ms < TYPING_MS; }

function exchange(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const parts = ["head", "contents", "report-data"].map((id) => [at(id), fresh.getElementById(id)]);
  if (parts.some(([, part]) => part === null)) throw new Error("the page came incomplete");
  const kept = { search: at("search")?.value ?? "", kind: at("kind")?.value ?? "", top: scrollY,
    focus: document.activeElement?.id };
  parts.forEach(([old, part]) => old.replaceWith(part));
  at("theme").addEventListener("click", switchTheme);
  if (at("search")) { at("search").value = kept.search; at("kind").value = kept.kind; }
  start();
  if (kept.focus) at(kept.focus)?.focus({ preventScroll: true });
  scrollTo(0, kept.top);
}

const theme = remembered("hyperwatt-theme");
if (theme) document.documentElement.dataset.theme = theme;
at("theme").addEventListener("click", switchTheme);
start();
if (document.body.dataset.version) follow(document.body.dataset.version);
