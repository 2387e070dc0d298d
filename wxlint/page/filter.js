document.documentElement.classList.add("js");
const word = document.getElementById("word");
const least = document.getElementById("least");
const shown = document.getElementById("shown");
const findings = Array.from(document.querySelectorAll("[data-level]"));
const images = Array.from(document.querySelectorAll("[data-image]"));
function show(items, fits) {
  let count = 0;
  for (const item of items) {
    item.hidden = !fits(item);
    count += item.hidden ? 0 : 1;
  }
  return count + " of " + items.length;
}
function choose() {
  const text = word.value.toLowerCase();
  const named = (item) => item.textContent.toLowerCase().includes(text);
  const found = show(findings, (item) => Number(item.dataset.level) >= Number(least.value) && named(item));
  shown.textContent = show(images, named) + " images, " + found + " findings";
}
word.addEventListener("input", choose);
least.addEventListener("change", choose);
document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
choose();
