/* Light or dark, as the page around is: JupyterLab, the book, or what the reader has set for all pages. */

/** Keep host's data-theme in step with the page; returns a function that stops. */
export function follow_theme(host) {
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const look = () => {
    host.dataset.theme = is_dark(wish.matches) ? "dark" : "light";
  };
  const watch = new MutationObserver(look);
  for (const node of [document.documentElement, document.body]) watch.observe(node, { attributes: true });
  wish.addEventListener("change", look);
  look();
  return () => {
    watch.disconnect();
    wish.removeEventListener("change", look);
  };
}

function is_dark(wished) {
  const light_in_lab = document.body.dataset.jpThemeLight; // JupyterLab and Notebook 7: "true" or "false"
  if (light_in_lab !== undefined) return light_in_lab === "false";
  const of_book = document.body.dataset.theme ?? document.documentElement.dataset.theme; // "light", "dark" or "auto"
  if (of_book === "dark" || of_book === "light") return of_book === "dark";
  if (document.body.classList.contains("vscode-dark")) return true;
  return wished && document.documentElement.dataset.colorScheme !== "light";
}
