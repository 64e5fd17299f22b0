(() => {
  "use strict";
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const button = (text, parent, act, label) => {
    const made = make("button", text, parent);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  // Light or dark, over what the system says.
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = button("", document.querySelector("header"), () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  theme.className = "theme";
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Show the page ${dark() ? "light" : "dark"}`); };
  name();

  // Files: text that a spreadsheet would run gets an apostrophe, as spreadsheets mark text.
  const formula = /^'*[=+\-@\t\r\n＝＋－＠]/;
  const cell = (value, type) => {
    if (value === null) return "";
    let text = Array.isArray(value) ? JSON.stringify(value) : String(value);
    if (typeof value === "string" && type !== "time" && formula.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const csv = (set) => [set.columns.map((column) => cell(column[0], "text")).join(",")]
    .concat(set.rows.map((row) => row.map((value, at) => cell(value, set.columns[at][1])).join(",")))
    .join("\n") + "\n";
  const json = (set) => JSON.stringify({
    name: set.name, labels: set.labels,
    units: Object.fromEntries(set.columns.filter((one) => one[2]).map((one) => [one[0], one[2]])),
    rows: set.rows.map((row) => Object.fromEntries(row.map((value, at) => [set.columns[at][0], value]))),
  });
  const save = (text, type, file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const stem = (key, set) => (set.name.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 60) || "data") + "-" + key;
  const tools = (key, set) => {
    const bar = document.createElement("div");
    bar.className = "tools";
    const what = set.name.replaceAll("_", " ");
    button("CSV", bar, () => save(csv(set), "text/csv", stem(key, set) + ".csv"), `Save ${what} as CSV`);
    button("JSON", bar, () => save(json(set), "application/json", stem(key, set) + ".json"), `Save ${what} as JSON`);
    if (set.rows.length < set.of) make("span", `the first ${set.rows.length.toLocaleString("en")} of ${set.of.toLocaleString("en")}`, bar);
    return bar;
  };

  // A picture as a file: the colours of the page go into it, and what answers the pointer stays out.
  const looks = ["fill", "stroke", "opacity", "font-family", "font-size", "font-weight", "stroke-linecap", "stroke-linejoin"];
  const picture = (svg) => {
    const copy = svg.cloneNode(true);
    const there = [...svg.querySelectorAll("*")];
    [...copy.querySelectorAll("*")].forEach((element, at) => {
      const style = getComputedStyle(there[at]);
      for (const look of looks) element.setAttribute(look, style.getPropertyValue(look));
      element.removeAttribute("class");
    });
    for (const area of copy.querySelectorAll("g:has(title)")) area.remove();
    const box = svg.viewBox.baseVal;
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.removeAttribute("class");
    const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of [["width", "100%"], ["height", "100%"], ["fill", getComputedStyle(document.body).backgroundColor]]) ground.setAttribute(key, value);
    copy.prepend(ground);
    return new XMLSerializer().serializeToString(copy);
  };
  for (const figure of document.querySelectorAll("figure")) {
    const set = data[figure.dataset.f];
    const svg = figure.querySelector("svg.p");
    const bar = set ? tools(figure.dataset.f, set) : document.createElement("div");
    bar.className = "tools";
    if (svg) {
      const title = figure.querySelector("strong").textContent;
      const file = (set ? stem(figure.dataset.f, set) : "figure") + ".svg";
      button("SVG", bar, () => save(picture(svg), "image/svg+xml", file), `Save the picture ${title}`);
    }
    if (bar.childElementCount) {
      bar.prepend(make("span", "Save"));
      figure.append(bar);
    }
  }

  // Tables: sorted by a click or a key on a heading, filtered by words.
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  const sortable = (table, set) => {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const value = (at, column) => {
      if (set) return set.rows[at][Number(heads[column].dataset.c ?? column)];
      const text = rows[at].cells[column].textContent;
      return text === "–" ? null : text;
    };
    heads.forEach((head, column) => {
      const small = head.querySelector("small");
      const text = head.firstChild.textContent;
      head.textContent = "";
      button(text, head, () => {
        const down = head.getAttribute("aria-sort") === "ascending" ||
          (!head.hasAttribute("aria-sort") && head.classList.contains("r"));
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const order = rows.map((_, at) => at).sort((a, b) => {
          const x = value(a, column), y = value(b, column);
          if (x === null || y === null) return (x === null) - (y === null) || a - b;
          return (down ? -compare(x, y) : compare(x, y)) || a - b;
        });
        body.append(...order.map((at) => rows[at]));
      });
      if (small) head.append(small);
    });
    return rows;
  };
  for (const table of document.querySelectorAll("table")) {
    const key = table.dataset.t;
    const found = key ? data[key] : undefined;
    const set = found && found.rows.length >= table.tBodies[0].rows.length ? found : undefined;
    const rows = sortable(table, set);
    const bar = found ? tools(key, found) : document.createElement("div");
    bar.className = "tools";
    if (rows.length > 7) {
      const label = make("label", "Filter ");
      const input = document.createElement("input");
      input.type = "search";
      const count = make("span", "");
      count.setAttribute("role", "status");
      input.addEventListener("input", () => {
        const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        let shown = 0;
        for (const row of rows) {
          const text = row.textContent.toLowerCase();
          row.hidden = !words.every((word) => text.includes(word));
          shown += !row.hidden;
        }
        count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
      });
      label.append(input);
      bar.prepend(label, count);
    }
    if (found) bar.insertBefore(make("span", "Save"), bar.querySelector("button"));
    if (bar.childElementCount) table.parentElement.after(bar);
  }
})();
