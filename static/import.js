// Shows how far an import is, without a reload.
import { announce } from "./announce.js";
import { untouched } from "./steady.js";

const every = 2000; // milliseconds

async function refresh() {
	const own = document.querySelector("[data-progress]");
	if (!own) return;
	if (!document.hidden) {
		try {
			const answer = await fetch(own.dataset.progress, { headers: { Accept: "text/html" }, cache: "no-store" });
			if (answer.redirected) return location.reload(); // signed out
			const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-testid=progress]");
			if (fresh && !fresh.dataset.progress) return location.reload(); // it has ended
			if (fresh) {
				await untouched();
				own.replaceWith(fresh);
				say(fresh);
			}
		} catch {
			// The next one tries again.
		}
	}
	setTimeout(refresh, every);
}

let said = Date.now();

// Somebody who listens hears of it now and then.
function say(section) {
	if (Date.now() - said < 15000) return;
	said = Date.now();
	announce(section.querySelector("[data-testid=so-far]").textContent);
}

setTimeout(refresh, every);
