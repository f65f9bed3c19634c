// Shows a wide picture where its page is about: at the column in its middle, and not at its left edge.
const start = document.querySelector(".start-node");
if (start) {
  const box = start.closest(".scroll"), seen = box.getBoundingClientRect(), here = start.getBoundingClientRect();
  box.scrollLeft += here.left + here.width / 2 - seen.left - seen.width / 2;
  box.scrollTop += here.top + here.height / 2 - seen.top - seen.height / 2;
}
