// Entry of the console's pages. They work without it, but for the passkey
// prompts: it folds the menu, copies links, and listens to a few keys.
import { announce } from "./announce.js";
import { startCeremonies } from "./passkey.js";
import { untouched } from "./steady.js";

function startMenu() {
	const button = document.querySelector("[data-menu]");
	button?.addEventListener("click", () => {
		const open = button.getAttribute("aria-expanded") !== "true";
		button.setAttribute("aria-expanded", String(open));
		button.closest(".rail").toggleAttribute("data-open", open);
	});
}

// A form is sent once, however often its button is pressed.
function sendOnce() {
	document.addEventListener("submit", (event) => {
		const form = event.target;
		if (form.dataset.ceremony || form.method === "dialog" || event.defaultPrevented) return;
		if (form.dataset.sent) {
			event.preventDefault();
			return;
		}
		form.dataset.sent = "yes";
		setTimeout(() => delete form.dataset.sent, 8000);
	});
}

async function copy(button) {
	const text = document.getElementById(button.dataset.copy);
	try {
		await navigator.clipboard.writeText(text.textContent.trim());
	} catch {
		text.hidden = false;
		getSelection().selectAllChildren(text); // to be copied by hand
		return;
	}
	const label = button.querySelector("span") ?? button;
	const was = button.dataset.was ??= label.textContent;
	label.textContent = button.dataset.copied;
	announce(button.dataset.copied);
	setTimeout(() => { label.textContent = was; }, 2000);
}

const keysOff = "console-keys-off";

function move(by) {
	const rows = [...document.querySelectorAll("[data-rows] .row-link, [data-rows] tbody button")].filter((el) => el.checkVisibility());
	if (!rows.length) return;
	const at = rows.indexOf(document.activeElement);
	rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))].focus();
}

function startKeys() {
	const dialog = document.getElementById("keys");
	if (!dialog) return;
	const on = dialog.querySelector("[data-keys-on]");
	on.checked = !localStorage.getItem(keysOff);
	on.addEventListener("change", () => {
		if (on.checked) localStorage.removeItem(keysOff);
		else localStorage.setItem(keysOff, "yes");
	});
	document.querySelector("[data-keys-hint]").hidden = false;
	document.querySelector("[data-keys-open]").addEventListener("click", () => dialog.showModal());
	document.addEventListener("keydown", (event) => {
		if (!on.checked || dialog.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
		if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
		const act = { "/": () => document.querySelector("[data-search]")?.focus(), j: () => move(1), k: () => move(-1), "?": () => dialog.showModal() }[event.key];
		if (!act) return;
		event.preventDefault();
		act();
	});
}

document.addEventListener("click", (event) => {
	const button = event.target.closest?.("[data-copy]");
	if (button) copy(button);
	if (event.target.closest?.("[data-print]")) print();
});

// Content marked data-live is fetched anew when the stream it names says that
// something changed, or once somebody who is in the middle of it is done.
function startLive() {
	const region = () => document.querySelector("[data-live]");
	if (!region()) return;
	let source;
	let pause = 2000;
	let stale = false;
	let fetching = false;
	const engaged = () => document.hidden || document.activeElement?.matches("[data-live] :is(input, select, textarea)");
	const swap = async () => {
		const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live": "1" }, cache: "no-store" });
		if (!answer.ok || answer.redirected) return;
		const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
		if (!fresh) return;
		await untouched();
		if (engaged()) {
			stale = true;
			return;
		}
		const was = document.activeElement?.closest?.("[data-live]") ? document.activeElement : null;
		region().replaceWith(fresh);
		const now = was?.id ? document.getElementById(was.id) : was?.href && [...fresh.querySelectorAll("a")].find((a) => a.href === was.href);
		now?.focus({ preventScroll: true });
	};
	const refresh = async () => {
		stale = true;
		if (fetching) return; // what came meanwhile may be newer than what it brings
		fetching = true;
		while (stale && !engaged()) {
			stale = false;
			await swap().catch(() => {}); // the next event tries again
		}
		fetching = false;
	};
	const listen = () => {
		source = new EventSource(region().dataset.live);
		source.addEventListener("open", () => { pause = 2000; refresh(); }); // what changed before it listened
		source.addEventListener("changed", refresh);
		source.addEventListener("signed-out", () => { source.close(); location.reload(); });
		source.addEventListener("error", () => {
			if (source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
			refresh(); // without a stream the page looks for itself, at a growing pause
			setTimeout(listen, pause);
			pause = Math.min(pause * 2, 30000);
		});
	};
	listen();
	for (const name of ["visibilitychange", "focusout"]) document.addEventListener(name, () => { if (stale) refresh(); });
	addEventListener("pagehide", () => source.close());
}

// A personal page that comes back out of the browser's memory may be out of date.
addEventListener("pageshow", (event) => {
	if (event.persisted) location.reload();
});

startMenu();
sendOnce();
startKeys();
startLive();
startCeremonies();
