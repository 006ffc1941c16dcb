// Counts down to a request's deadline, in words and as a line. The server says
// what time it is, so the clock of this device doesn't matter.
import { announce } from "./announce.js";
import { refresh } from "./live.js";

let plural;
let offset = 0; // from this device's clock to the server's, in ms
let timer = 0;
let said = new Set();

// The same cuts as the server makes: seconds to five minutes, then minutes,
// hours from one hour on, days from two days on.
function words(ms, forms) {
	const s = Math.max(0, Math.floor(ms / 1000));
	const fill = (name, n, minutes = 0, seconds = 0) =>
		forms[name][plural.select(n) === "one" ? 0 : 1].replace("{n}", n).replace("{minutes}", minutes).replace("{seconds}", seconds);
	const minutes = Math.floor(s / 60);
	if (s >= 48 * 3600) return fill("d", Math.floor(s / 86400));
	if (s >= 3600) return minutes % 60 ? fill("hm", Math.floor(s / 3600), minutes % 60) : fill("h", Math.floor(s / 3600));
	if (s >= 300 || (s >= 60 && s % 60 === 0)) return fill("m", minutes);
	return s >= 60 ? fill("ms", minutes, 0, s % 60) : fill("s", s);
}

function tick() {
	const all = document.querySelectorAll("[data-countdown]");
	for (const el of all) show(el, Date.now() + offset);
	if (all.length === 0) stop();
}

function show(el, now) {
	const from = Number(el.dataset.from);
	const at = Number(el.dataset.at);
	const ms = at - now;
	const left = el.querySelector("[data-left]");
	const text = ms > 0 ? words(ms, JSON.parse(el.dataset.forms)) : el.dataset.over;
	if (left && left.textContent !== text) left.textContent = text;
	const near = ms < 30000;
	el.classList.toggle("near", near);
	const line = el.closest(".slip")?.querySelector("[data-timeline]");
	if (line) {
		line.classList.toggle("near", near);
		const share = at > from ? Math.max(0, Math.min(1, ms / (at - from))) : 0;
		line.querySelector("rect").setAttribute("width", String(Math.round(share * 1000)));
	}
	for (const [limit, say] of [[30000, el.dataset.last], [60000, el.dataset.soon]]) {
		if (ms > limit || ms <= 0) continue;
		const key = at + ":" + limit;
		// Only when the moment passes while the page is open: not for a page opened later.
		if (left && !said.has(key) && ms > limit - 5000) announce(say);
		said.add(key);
		break;
	}
	if (ms <= 0 && !said.has(at + ":over")) {
		said.add(at + ":over");
		setTimeout(() => refresh("deadline"), 800);
	}
}

function stop() {
	clearInterval(timer);
	timer = 0;
}

// Starts, or starts again after the content was replaced.
export function startCountdowns() {
	const first = document.querySelector("[data-countdown]");
	if (!first) return stop();
	plural ??= new Intl.PluralRules(document.documentElement.lang);
	offset = Number(first.dataset.now) - Date.now();
	tick();
	if (!timer) timer = setInterval(tick, 1000);
}
