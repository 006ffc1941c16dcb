// Fetches what changes on the overview anew every half minute, while somebody
// can see it. Open tables stay open, and the focus stays where it was.
import { untouched } from "./steady.js";

const pause = 30_000;
const region = document.querySelector("[data-renew]");
let last = Date.now();

async function renew() {
	last = Date.now();
	let answer;
	try {
		answer = await fetch(region.dataset.renew, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(15_000) });
	} catch {
		return; // the next time tries again
	}
	if (answer.redirected) location.reload(); // signed out
	if (!answer.ok || answer.redirected) return;
	const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
	await untouched();
	for (const open of region.querySelectorAll("details[open][id]")) fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
	const at = region.contains(document.activeElement) ? document.activeElement : null;
	const link = at?.getAttribute("href");
	const table = at?.closest("details[id]")?.id;
	region.replaceChildren(...fresh.childNodes);
	const back = table ? document.querySelector(`#${table} > summary`) : link && [...region.querySelectorAll("a")].find((a) => a.getAttribute("href") === link);
	if (back) back.focus({ preventScroll: true });
}

if (region) {
	const due = () => { if (!document.hidden && Date.now() - last >= pause - 500) renew(); };
	setInterval(due, pause);
	document.addEventListener("visibilitychange", due);
}
