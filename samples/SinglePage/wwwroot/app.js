// Nothing of the session is kept here: the cookie is HttpOnly, and the server knows the rest.
const at = id => document.getElementById(id);

const reasons = {
  signedOutElsewhere: "You were signed out from another device.",
  replaced: "You signed in again in this browser.",
  overLimit: "You signed in on too many devices.",
  replayed: "You were signed out for safety.",
  administrator: "An administrator signed you out.",
  expired: "You were away for too long.",
};

class SignedOut extends Error {}

// Every answer 401 shows the form to sign in, whichever request found out.
async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  if (answer.status === 401) {
    const { endReason } = await answer.json().catch(() => ({}));
    showSignIn(reasons[endReason] ?? "");
    throw new SignedOut();
  }
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.status === 204 ? null : answer.json();
}

function showSignIn(notice) {
  at("signed-in").hidden = true;
  at("signing-in").hidden = false;
  at("notice").textContent = notice;
  at("name").focus();
}

async function showUser() {
  const me = await call("GET", "/api/me");
  at("signing-in").hidden = true;
  at("signed-in").hidden = false;
  at("notice").textContent = "";
  at("who").textContent = me.name;
  at("note").value = me.note;
  await showDevices();
  watch();
}

async function showDevices() {
  const devices = await call("GET", "/api/sessions");
  at("devices").replaceChildren(...devices.map(device => {
    const line = document.createElement("li");
    const seen = new Date(device.lastSeenAt).toLocaleString();
    const what = document.createElement("span");
    what.textContent = `${device.lastSeenClient?.userAgent ?? "Unknown device"}, last seen ${seen}`;
    line.append(what);
    if (device.current) {
      line.append(Object.assign(document.createElement("b"), { textContent: "This device" }));
    } else {
      const end = Object.assign(document.createElement("button"), { type: "button", textContent: "Sign out" });
      end.setAttribute("aria-label", `Sign out the device last seen ${seen}`);
      end.addEventListener("click", act(async () => {
        await call("DELETE", `/api/sessions/${encodeURIComponent(device.key)}`);
        await showDevices();
        at("notice").textContent = "The device is signed out.";
      }));
      line.append(end);
    }
    return line;
  }));
}

// Warns before the session ends, and signs out all tabs together. It needs a session, so it is loaded after the sign-in. Another tab may
// sign out until it is here. data-signed-in makes it leave then. Without the script, one more call shows the form.
function watch() {
  if (at("time-left")) return;
  const script = Object.assign(document.createElement("script"), { id: "time-left", src: "/api/time-left/script.js" });
  script.dataset.signedIn = "";
  script.dataset.signedOut = "/";
  script.addEventListener("error", act(() => call("GET", "/api/me")));
  document.head.append(script);
}

const act = work => async event => {
  event.preventDefault();
  try {
    await work(event);
  } catch (fault) {
    if (!(fault instanceof SignedOut)) at("notice").textContent = fault.message;
  }
};

at("sign-in").addEventListener("submit", act(async () => {
  await call("POST", "/api/login", { name: at("name").value });
  await showUser();
}));

at("keep-note").addEventListener("submit", act(async () => {
  await call("PUT", "/api/me/note", { content: at("note").value });
  at("notice").textContent = "The note is saved.";
}));

at("sign-out").addEventListener("submit", act(async () => {
  await call("POST", "/api/logout");
  showSignIn("You are signed out.");
}));

at("sign-out-others").addEventListener("click", act(async () => {
  const { ended } = await call("DELETE", "/api/sessions");
  await showDevices();
  at("notice").textContent = `${ended} other ${ended === 1 ? "device is" : "devices are"} signed out.`;
}));

act(showUser)(new Event("start"));
