/* Mounts the explorers of a page where they stand, each as soon as it is near the window.
 *
 * A script and no module: a browser loads no module from a folder that was opened without a server.
 */

(() => {
  const HERE = document.currentScript.src; // "" in a page that holds its scripts, its explorers' too

  /** The mount of an explorer, once its script is there. */
  function loaded(name) {
    const known = (window.course_explorers ??= {});
    if (known[name]) return known[name];
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`explorers/${name}.js`, HERE);
      script.onload = () => resolve(known[name]);
      script.onerror = () => reject(new Error(`There is no script for the explorer ${name}.`));
      document.head.append(script);
    });
  }

  /** Builds an explorer into its place, once. */
  function mount(place) {
    return (place.mounting ??= (async () => {
      const form = JSON.parse(place.dataset.form);
      const { default: mounted } = await loaded(form.name);
      const host = document.createElement("div");
      place.replaceChildren(host);
      place.explorer = mounted(host, form.state, {});
    })());
  }

  /** The others, one at a time, when the browser has nothing else to do: a page that is printed shows them all. */
  async function mount_the_rest(places) {
    const idle = window.requestIdleCallback ?? ((action) => setTimeout(action, 200));
    for (const place of places) {
      await new Promise((resolve) => idle(resolve));
      await mount(place);
    }
  }

  /** On paper each fold is open, and all is light. What was closed or dark before is so again afterwards. */
  function prepare_paper() {
    let closed = [];
    let theme;
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const fold of closed) fold.open = true;
      theme = document.body.dataset.theme;
      document.body.dataset.theme = "light";
    });
    window.addEventListener("afterprint", () => {
      for (const fold of closed) fold.open = false;
      closed = [];
      if (theme === undefined) delete document.body.dataset.theme;
      else document.body.dataset.theme = theme;
    });
  }

  function begin() {
    const near = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) if (isIntersecting) mount(target);
      },
      { rootMargin: "600px" },
    );
    const places = [...document.querySelectorAll(".course-live")];
    const explorers = places.filter((place) => place.dataset.kind === "explorer");
    for (const place of places) if (!explorers.includes(place)) window.course_questions?.(place);
    for (const place of explorers) near.observe(place);
    mount_the_rest(explorers);
    prepare_paper();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
