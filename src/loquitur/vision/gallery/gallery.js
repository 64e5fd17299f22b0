"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent).clips;
  const cards = [...document.querySelectorAll(".clip")];
  const holder = document.querySelector(".clips");
  const form = document.querySelector(".tools");
  const part = (name) => document.getElementById(name);
  const [order, split, words, differ, wrong, count] =
    ["order", "split", "words", "differ", "wrong", "count"].map(part);

  const key = (clip, how) => {
    if (how === "x") {
      const [a, b] = clip.v;
      return a === null || b === null ? null : -Math.abs(a - b);
    }
    const value = clip.v[Number.parseInt(how, 10)];
    return value === null ? null : how.endsWith("d") ? -value : value;
  };

  const arrange = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const ranked = cards.map((card) => ({ card, clip: data[Number(card.dataset.n)] }));
    // clips without a figure stand last, whichever way
    ranked.sort((a, b) => {
      const x = key(a.clip, order.value), y = key(b.clip, order.value);
      if (x === null || y === null) return (x === null) - (y === null);
      return x - y || Number(a.card.dataset.n) - Number(b.card.dataset.n);
    });
    let seen = 0;
    for (const { card, clip } of ranked) {
      card.hidden =
        (split && split.value && clip.s !== split.value) ||
        (differ && differ.checked && !clip.d) ||
        (wrong && wrong.checked && !clip.w) ||
        !asked.every((word) => clip.t.includes(word));
      seen += card.hidden ? 0 : 1;
      holder.append(card);
    }
    count.textContent = `${seen} of ${cards.length} clips`;
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", arrange);
  arrange();

  const button = document.createElement("button");
  button.type = "button";
  button.className = "theme";
  const root = document.documentElement;
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const name = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  name();
  document.body.append(button);
})();
