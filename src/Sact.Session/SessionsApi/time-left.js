// Warns before the session ends, and signs out all tabs of the browser together.
// <script src="/session/script.js" defer data-signed-in data-warn="120" data-signed-out="/sign-in"></script>
(() => {
  const own = document.currentScript;
  const address = own.src.replace(/\/script\.js(\?.*)?$/, "");
  const text = (name, otherwise) => own.dataset[name] ?? otherwise;
  const warnAt = Number(text("warn", "120"));
  const signedOut = text("signedOut", location.pathname);
  const tabs = new BroadcastChannel("sact-session " + address);
  const longest = 2 ** 31 - 1;
  let hasUser = "signedIn" in own.dataset;
  let endsAt = 0;
  let hasStayed = false;
  let next;
  let dialog;
  let left;
  let before;

  // Only a page of a user leaves: one that has seen a session, or that says so. A page of nobody would load itself again and again.
  // Who signs out before the first look is not seen, so a page that shows a user has to say it.
  const leave = () => hasUser && location.assign(signedOut);
  const end = () => {
    if (hasUser) tabs.postMessage("ended");
    leave();
  };

  const call = async method => {
    const answer = await fetch(address, { method, headers: { "X-Requested-With": "fetch" }, cache: "no-store" });
    if (answer.status === 401) end();
    return answer;
  };

  const wait = (task, seconds) => {
    clearTimeout(next);
    next = setTimeout(task, Math.min(Math.max(seconds, 1) * 1000, longest));
  };

  // A server that does not answer says nothing about the session. The next look is a minute later.
  // Who stays near the absolute end cannot get more time, and must still be able to save the page: one warning is enough.
  const look = async (method = "GET") => {
    try {
      const answer = await call(method);
      if (answer.status === 401) return;
      if (!answer.ok) throw new Error(answer.statusText);
      const { expiresInSeconds } = await answer.json();
      endsAt = Date.now() + expiresInSeconds * 1000;
      hasUser = true;
      const isNear = expiresInSeconds <= warnAt;
      if (method === "POST") hasStayed = isNear;
      hasStayed &&= isNear;
      if (isNear && !hasStayed) return warn();
      if (dialog?.open) close();
      wait(look, isNear ? expiresInSeconds + 1 : Math.min(expiresInSeconds - warnAt, 300));
    } catch {
      wait(look, 60);
    }
  };

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const make = () => {
    left = element("p", { role: "timer" });
    left.setAttribute("aria-live", "off");
    const spoken = element("p", { className: "sact-session-spoken", role: "status" });
    spoken.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
    const stay = element("button", { type: "button", autofocus: true }, text("stay", "Stay signed in"));
    const out = element("button", { type: "button" }, text("out", "Sign out"));
    stay.addEventListener("click", async () => { await look("POST"); tabs.postMessage("extended"); });
    out.addEventListener("click", async () => { await call("DELETE"); end(); });
    const title = element("h2", { id: "sact-session-title" }, text("title", "You are about to be signed out"));
    dialog = element("dialog", { className: "sact-session-dialog" }, title, left, spoken, element("p", {}, stay, " ", out));
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.addEventListener("cancel", event => { event.preventDefault(); stay.click(); });
    dialog.spoken = spoken;
    document.body.append(dialog);
  };

  const close = () => {
    dialog.close();
    before?.focus?.();
  };

  const warn = () => {
    if (!dialog) make();
    if (!dialog.open) {
      before = document.activeElement;
      dialog.showModal();
    }
    tick();
  };

  // The remaining time is shown each second, and spoken at the beginning and each half minute.
  const tick = () => {
    if (!dialog.open) return;
    const seconds = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    left.textContent = text("text", "{0} seconds are left.").replace("{0}", seconds);
    if (seconds % 30 === 0 || dialog.spoken.textContent === "") dialog.spoken.textContent = left.textContent;
    if (seconds === 0) return wait(look, 1);
    wait(tick, 1);
  };

  tabs.addEventListener("message", ({ data }) => data === "ended" ? leave() : data === "ending" ? wait(look, 1) : look());

  // The form ends the session a moment after it is sent.
  document.addEventListener("submit", ({ target }) => target.matches("[data-sact-sign-out]") && tabs.postMessage("ending"));

  // A tab that was asleep, or comes from the browser's back button, looks at once.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  addEventListener("pageshow", event => event.persisted && look());
  look();
})();
