"use strict";

// Mail is hostile: everything is shown by textContent, and HTML only in a frame without rights.
(() => {
  const byId = (id) => document.getElementById(id);
  const tabs = ["text", "html", "headers", "raw"];
  let chosen = decodeURIComponent(location.hash.slice(1));
  let shown = null;
  let tab = "text";

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) {
      made.textContent = text;
    }
    if (className) {
      made.className = className;
    }
    return made;
  };

  const pathOf = (id, part) => "/captured/mails/" + encodeURIComponent(id) + (part ? "/" + part : "");

  const read = async (path) => {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    if (!response.ok) {
      throw new Error(path + " answered " + response.status);
    }
    return response;
  };

  const time = (at) => {
    const made = element("time", new Date(at).toLocaleTimeString());
    made.dateTime = at;
    made.title = new Date(at).toLocaleString();
    return made;
  };

  const say = (text) => { byId("state").textContent = text; };

  const row = (mail) => {
    const item = element("li");
    const button = element("button");
    button.type = "button";
    button.dataset.id = mail.id;
    button.setAttribute("aria-current", String(mail.id === chosen));
    button.append(element("span", mail.subject || "(no subject)", "what"), time(mail.at), element("span", mail.from + " → " + mail.to.join(", "), "who"));
    button.addEventListener("click", () => choose(mail.id));
    item.append(button);
    return item;
  };

  const showList = (mails) => {
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined;
    byId("mails").replaceChildren(...mails.map(row));
    byId("count").textContent = "(" + mails.length + ")";
    byId("empty").hidden = mails.length > 0;
    byId("clear").disabled = mails.length === 0;
    if (focused) {
      const again = [...byId("mails").querySelectorAll("button")].find((button) => button.dataset.id === focused);
      if (again) {
        again.focus();
      }
    }
    if (shown && !mails.some((mail) => mail.id === shown)) {
      hideDetail();
    } else if (!shown && mails.some((mail) => mail.id === chosen)) {
      showDetail(chosen);
    }
  };

  const choose = (id) => {
    chosen = id;
    history.replaceState(null, "", "#" + encodeURIComponent(id));
    for (const button of byId("mails").querySelectorAll("button")) {
      button.setAttribute("aria-current", String(button.dataset.id === id));
    }
    showDetail(id);
  };

  const hideDetail = () => {
    shown = null;
    byId("detail").hidden = true;
    byId("nothing").hidden = false;
    byId("frame-place").replaceChildren();
  };

  const pair = (name, value) => value ? [element("dt", name), element("dd", value)] : [];

  const showDetail = async (id) => {
    shown = id;
    let mail;
    try {
      mail = await (await read(pathOf(id))).json();
    } catch (error) {
      say(String(error.message));
      hideDetail();
      return;
    }
    if (shown !== id) {
      return;
    }
    byId("subject").textContent = mail.subject || "(no subject)";
    byId("summary").replaceChildren(
      ...pair("From", mail.from), ...pair("To", mail.to.join(", ")), ...pair("Cc", mail.cc.join(", ")), ...pair("Envelope", mail.envelope.join(", ")),
      ...pair("Captured", new Date(mail.at).toLocaleString()), ...pair("Size", mail.size + " bytes"), ...pair("Id", mail.id));
    byId("text").textContent = mail.text === null ? "This mail has no plain text." : mail.text;
    byId("raw").textContent = "";
    byId("headers").replaceChildren(...mail.headers.map((header) => {
      const line = element("tr");
      line.append(element("td", header.name), element("td", header.value));
      return line;
    }));
    byId("attachments").hidden = mail.attachments.length === 0;
    byId("attachment-list").replaceChildren(...mail.attachments.map((file) => element(
      "li", file.filename + ", " + file.content_type + ", " + file.size + " bytes" + (file.content_id ? ", inline as cid:" + file.content_id : ""))));
    const download = byId("download");
    download.href = pathOf(id, "download");
    download.download = id + ".eml";
    byId("tab-html").disabled = !mail.has_html;
    byId("frame-place").replaceChildren();
    byId("detail").hidden = false;
    byId("nothing").hidden = true;
    const wanted = tab === "html" && !mail.has_html ? "text" : tab === "text" && mail.text === null && mail.has_html ? "html" : tab;
    await select(wanted);
  };

  const select = async (name) => {
    tab = name;
    for (const other of tabs) {
      const isChosen = other === name;
      byId("tab-" + other).setAttribute("aria-selected", String(isChosen));
      byId("tab-" + other).tabIndex = isChosen ? 0 : -1;
      byId("panel-" + other).hidden = !isChosen;
    }
    const id = shown;
    if (name === "html" && byId("frame-place").childElementCount === 0) {
      const frame = element("iframe");
      frame.title = "The mail's HTML";
      frame.setAttribute("sandbox", "");
      frame.referrerPolicy = "no-referrer";
      frame.src = pathOf(id, "html");
      byId("frame-place").append(frame);
    }
    if (name === "raw" && byId("raw").textContent === "") {
      const text = await (await read(pathOf(id, "raw"))).text();
      if (shown === id) {
        byId("raw").textContent = text;
      }
    }
  };

  for (const name of tabs) {
    byId("tab-" + name).addEventListener("click", () => select(name));
    byId("tab-" + name).addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (step === 0) {
        return;
      }
      let next = tabs.indexOf(name);
      do {
        next = (next + step + tabs.length) % tabs.length;
      } while (byId("tab-" + tabs[next]).disabled);
      select(tabs[next]);
      byId("tab-" + tabs[next]).focus();
      event.preventDefault();
    });
  }

  byId("mails").addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const buttons = [...byId("mails").querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (step !== 0 && next) {
      next.focus();
      event.preventDefault();
    }
  });

  byId("clear").addEventListener("click", async () => {
    const response = await fetch("/captured/mails", { method: "DELETE" });
    if (!response.ok) {
      say("The mails could not be cleared: " + response.status);
    }
  });

  let reading = false;
  let again = false;
  const refresh = async () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      do {
        again = false;
        showList((await (await read("/captured/mails")).json()).data);
      } while (again);
      say("Live: new mail appears by itself.");
    } catch (error) {
      say(String(error.message));
    } finally {
      reading = false;
    }
  };

  const events = new EventSource("/captured/events");
  events.addEventListener("changed", refresh);
  events.addEventListener("error", () => say("Not connected. Trying again…"));
})();
