const box = document.querySelector("#search"), shown = document.querySelector("#shown");
const rows = [...document.querySelectorAll("tbody tr")].map(row => [row, `${row.textContent} ${row.dataset.find}`.normalize("NFKC").toLowerCase()]);
box.hidden = false;
box.querySelector("input").addEventListener("input", event => {
  const words = event.target.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every(word => text.includes(word));
    count += !row.hidden;
  }
  shown.textContent = words.length ? `，显示 ${count} 个` : "";
});
