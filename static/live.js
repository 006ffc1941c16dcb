// Listens for what changes on the server and fetches the page's content anew
// when it concerns this page. Focus, ticks and folds stay where they were.
import { announce } from "./announce.js";
import { startCountdowns } from "./countdown.js";
import { untouched } from "./steady.js";

let source = null;
let lost = false;
let pause = 2000;
let busy = 0; // passkey prompts under way
let waiting = false; // a refresh that one of them holds up
let fetching = null;
let again = false; // news came during a fetch
let hiddenSince = 0;
let every = 0;

const main = () => document.getElementById("main");

// Runs work while the page must not change underneath it.
export async function undisturbed(work) {
	busy++;
	try {
		return await work();
	} finally {
		busy--;
		if (busy === 0 && waiting) refresh("held up");
	}
}

// Fetches this page again and puts its content in place of the old one. News
// that comes while a fetch is under way may be newer than what it brings, so
// another follows. A fetch that failed is tried again.
export async function refresh() {
	if (busy > 0) {
		waiting = true;
		return;
	}
	waiting = false;
	if (fetching) {
		again = true;
		return fetching;
	}
	again = false;
	fetching = swap().catch(() => {
		lost = true;
		setTimeout(refresh, 3000);
	}).finally(() => { fetching = null; });
	await fetching;
	if (again) await refresh();
}

async function swap() {
	const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(15000) });
	if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
		location.assign(answer.url);
		return;
	}
	const type = answer.headers.get("Content-Type") ?? "";
	if (!type.startsWith("text/html") || answer.status >= 500) throw new Error("no page");
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	const fresh = page.getElementById("main");
	if (!fresh) throw new Error("no content");
	await untouched();
	if (busy > 0) {
		waiting = true;
		return;
	}
	place(fresh, page);
}

function place(fresh, page) {
	const old = main();
	const active = document.activeElement;
	const inside = old.contains(active) && active !== old;
	const known = new Set([...old.querySelectorAll("[data-id]")].map((el) => el.dataset.id));
	if (old.dataset.request && old.dataset.request === fresh.dataset.request) keepChoices(old, fresh);
	for (const slip of fresh.querySelectorAll("[data-id]")) {
		slip.classList.remove("slip-fresh");
		if (!known.has(slip.dataset.id)) slip.classList.add("arrives");
	}
	old.replaceWith(fresh);
	document.title = page.title;
	document.querySelector(".page").className = page.querySelector(".page").className;
	const heading = fresh.querySelector("h1");
	if (inside) {
		const same = counterpart(active, fresh);
		if (same) {
			same.focus({ preventScroll: true });
		} else if (heading) {
			heading.tabIndex = -1;
			heading.focus({ preventScroll: true });
		}
	}
	const news = spoken(fresh);
	if (news !== spoken(old)) announce(news);
	startCountdowns();
	pace();
	document.dispatchEvent(new CustomEvent("assent:content"));
}

// What stands for an element in content that came anew.
function counterpart(el, fresh) {
	if (el.id) return fresh.querySelector("#" + CSS.escape(el.id));
	return [...fresh.querySelectorAll(el.localName)].find((other) => other.isEqualNode(el));
}

// What to say of a page to those who can't see it change.
function spoken(content) {
	const said = content.querySelectorAll("h1, [data-spoken], .strip:not([hidden]) p");
	return [...said].filter((el) => !el.closest("[hidden]")).map((el) => el.textContent.trim())
		.map((text) => (/[.!?]$/.test(text) ? text : text + ".")).join(" ");
}

// The same request comes back: what was left out stays out, what was
// opened stays open, and what went wrong stays said. What can no longer be
// chosen isn't.
function keepChoices(old, fresh) {
	for (const box of old.querySelectorAll("input[type=checkbox], input[type=radio]")) {
		const same = fresh.querySelector(`input[name="${box.name}"][value="${CSS.escape(box.value)}"]:enabled`);
		if (same?.type === box.type) same.checked = box.checked;
	}
	for (const field of old.querySelectorAll("input[type=text][id]")) {
		const same = fresh.querySelector("#" + CSS.escape(field.id));
		if (same) same.value = field.value;
	}
	for (const alert of old.querySelectorAll("[role=alert][id]")) {
		const same = fresh.querySelector("#" + CSS.escape(alert.id));
		if (same && !same.textContent) same.textContent = alert.textContent;
	}
	for (const fold of old.querySelectorAll("details[id]")) {
		const same = fresh.querySelector("#" + CSS.escape(fold.id));
		if (same) same.open = fold.open;
	}
}

function concerns(name, data) {
	const { refresh: on, request } = main().dataset;
	if (!(on ?? "").split(" ").includes(name)) return false;
	if (!request) return true;
	return data.id === request && !(main().hasAttribute("data-waits") && data.state === "pending");
}

function listen() {
	source = new EventSource("/events?since=" + encodeURIComponent(main().dataset.rendered ?? ""));
	source.addEventListener("open", () => {
		pause = 2000;
		if (lost) refresh();
		lost = false;
	});
	for (const name of ["requests", "devices"]) {
		source.addEventListener(name, (event) => {
			let data = {};
			try {
				data = JSON.parse(event.data);
			} catch {
				// An event without details still says that something changed.
			}
			if (concerns(name, data)) refresh();
		});
	}
	source.addEventListener("signed-out", () => {
		source.close();
		location.assign("/sign-in");
	});
	source.addEventListener("error", () => {
		lost = true;
		if (source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
		if (main().dataset.refresh) refresh(); // the session may have ended
		setTimeout(listen, pause);
		pause = Math.min(pause * 2, 30000);
	});
}

// While the details can't be had, the page asks again at the pace it says.
function pace() {
	clearInterval(every);
	const ms = Number(main().dataset.every);
	if (ms > 0) every = setInterval(() => { if (!document.hidden) refresh(); }, Math.max(ms, 2000));
}

export function startLive() {
	pace();
	if (!document.body.hasAttribute("data-live")) return;
	listen();
	addEventListener("pagehide", () => source.close());
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			hiddenSince = Date.now();
		} else if (Date.now() - hiddenSince > 15000 && main().dataset.refresh) {
			refresh(); // a phone that slept may have missed events
		}
	});
	navigator.serviceWorker?.addEventListener("message", (event) => {
		const id = event.data?.arrived;
		if (typeof id === "string" && concerns("requests", { id })) refresh();
	});
	addEventListener("online", () => { if (main().dataset.refresh) refresh(); });
}
