// Runs before the first paint, so that a dark page never flashes white. A file of its own because the
// Content-Security-Policy allows no inline script.
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem("caravan.theme");
    var dark =
      theme === "dark" ||
      (theme !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "dark" : "light";
    if (localStorage.getItem("caravan.language") === "en") root.lang = "en";
  } catch {
    root.dataset.theme = "light";
  }
})();
