document.documentElement.classList.add("js");
const word = document.getElementById("word");
const least = document.getElementById("least");
const shown = document.getElementById("shown");
const items = Array.from(document.querySelectorAll("[data-level]"));
function choose() {
  const text = word.value.toLowerCase();
  let count = 0;
  for (const item of items) {
    const fits = Number(item.dataset.level) >= Number(least.value) && item.textContent.toLowerCase().includes(text);
    item.hidden = !fits;
    count += fits ? 1 : 0;
  }
  shown.textContent = count + " of " + items.length + " findings";
}
word.addEventListener("input", choose);
least.addEventListener("change", choose);
choose();
