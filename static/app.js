// Entry of every page. Pages work without it wherever passkeys don't forbid
// that; it keeps time, listens for news, and runs the passkey prompts.
import { startChoices } from "./choice.js";
import { startCountdowns } from "./countdown.js";
import { startLive } from "./live.js";
import { startCeremonies } from "./passkey.js";
import { startPush } from "./push.js";

function watchConnection() {
	const strip = document.querySelector("[data-offline]");
	const show = () => { strip.hidden = navigator.onLine; };
	addEventListener("online", show);
	addEventListener("offline", show);
	show();
}

// A form is sent once, however often its button is pressed.
function sendOnce() {
	document.addEventListener("submit", (event) => {
		const form = event.target;
		if (form.dataset.ceremony || event.defaultPrevented) return;
		if (form.dataset.sent) {
			event.preventDefault();
			return;
		}
		form.dataset.sent = "yes";
		setTimeout(() => delete form.dataset.sent, 8000);
	});
}

// What the service worker keeps for offline use is in the language it was last told.
async function startWorker() {
	if (!("serviceWorker" in navigator)) return;
	navigator.serviceWorker.addEventListener("message", (event) => {
		if (event.data?.open) location.assign(event.data.open);
	});
	try {
		await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
		const ready = await navigator.serviceWorker.ready;
		const { lang } = document.documentElement;
		if (localStorage.getItem("offline-lang") !== lang) {
			const { noticeTitle: title, noticeBody: body } = document.body.dataset;
			ready.active.postMessage({ keep: "offline", words: { title, body, lang } });
			localStorage.setItem("offline-lang", lang);
		}
	} catch {
		// Without a worker there is no push and no offline page; the rest works.
	}
}

// A personal page that comes back out of the browser's memory may be out of date.
addEventListener("pageshow", (event) => {
	if (event.persisted) location.reload();
});

// Time zones that the browser knows, for the field that asks for one.
function listZones() {
	const list = document.querySelector("datalist[data-zones]");
	if (!list || !Intl.supportedValuesOf) return;
	list.replaceChildren(...Intl.supportedValuesOf("timeZone").map((zone) => new Option(zone, zone)));
}

watchConnection();
sendOnce();
listZones();
startChoices();
startCountdowns();
startLive();
startCeremonies();
startWorker();
startPush();
