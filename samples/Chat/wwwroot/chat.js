// A plain page with the SignalR client. When the session ends, the server closes the connection and forbids the client to reconnect.
(() => {
  const state = document.getElementById("state");
  const lines = document.getElementById("lines");
  const form = document.getElementById("write");
  const words = document.getElementById("words");
  const connection = new signalR.HubConnectionBuilder()
    .withUrl("/hub")
    .withAutomaticReconnect()
    .configureLogging(signalR.LogLevel.None)
    .build();

  const show = (text, open) => {
    state.textContent = text;
    for (const control of form.elements) control.disabled = !open;
  };

  connection.on("message", (name, line) => {
    const item = document.createElement("li");
    const who = document.createElement("strong");
    who.textContent = name;
    item.append(who, " ", line);
    lines.append(item);
  });
  connection.onreconnecting(() => show("Connecting again …", false));
  connection.onreconnected(() => show("Connected.", true));
  connection.onclose(() => {
    show("You are signed out. ", false);
    const link = document.createElement("a");
    link.href = "/";
    link.textContent = "Sign in again";
    state.append(link);
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (words.value.trim() !== "") {
      await connection.invoke("Send", words.value);
      words.value = "";
    }
  });
  show("Connecting …", false);
  connection.start().then(() => show("Connected.", true), () => show("The server does not answer.", false));
})();
