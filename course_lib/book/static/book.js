/* Mounts the explorers of a page where they stand, each as soon as it is near the window.
 *
 * A script and no module: a browser loads no module from a folder that was opened without a server.
 */

(() => {
  const STATIC = new URL(".", document.currentScript.src);

  /** The mount of an explorer, once its script is there. */
  function loaded(name) {
    const known = (window.course_explorers ??= {});
    if (known[name]) return known[name];
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`explorers/${name}.js`, STATIC);
      script.onload = () => resolve(known[name]);
      script.onerror = () => reject(new Error(`There is no script for the explorer ${name}.`));
      document.head.append(script);
    });
  }

  async function mount(place, form) {
    const { default: mounted } = await loaded(form.name);
    const host = document.createElement("div");
    place.replaceChildren(host);
    place.explorer = mounted(host, form.state, {});
  }

  function begin() {
    const near = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          mount(target, JSON.parse(target.dataset.form));
        }
      },
      { rootMargin: "600px" },
    );
    for (const place of document.querySelectorAll(".course-live")) {
      const { kind } = JSON.parse(place.dataset.form);
      if (kind === "explorer") near.observe(place);
      else window.course_questions?.(place);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
