// The inbox: what is unread is opened, and its reading recorded by name, with one press.

const open = document.getElementById("open");

document.getElementById("list").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-open]");
  // A new tab or window shows the head, and asks there.
  if (link === null || open === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  open.action = `${link.getAttribute("href")}/read`;
  open.submit();
});
