// Sets light or dark before the first paint; a file of its own so that no inline script is needed.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("kakeru-scheme");
  } catch {
    // storage may be forbidden: the light theme stands
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", chosen === "dark" ? "dark" : "light");
})();
