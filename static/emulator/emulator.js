// Keeps a sale's page current. Without this script the page is the same, and "Look again" loads it anew.
const root = document.documentElement;
root.classList.add("scripted");

const main = document.querySelector("main");
const said = document.getElementById("said");
let heading = main?.querySelector("[data-say]")?.textContent;
let loadedAt = performance.now();

prepare(document);
toEnd();
setInterval(tick, 1000);

if (main?.dataset.stream) {
	const stream = new EventSource(main.dataset.stream);
	stream.addEventListener("change", refresh);
	stream.addEventListener("end", () => {
		stream.close();
		refresh();
	});
	addEventListener("pagehide", () => stream.close());
}

// A chosen message is swapped in place, so that neither stream nor scroll position is lost.
document.addEventListener("click", (event) => {
	const link = event.target.closest("a[data-open]");
	if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
		event.preventDefault();
		history.pushState(null, "", link.href);
		refresh().then(() => {
			if (innerWidth < 992) document.getElementById("message")?.scrollIntoView({ block: "nearest" });
		});
	}
	const copy = event.target.closest("button[data-copy]");
	if (copy) {
		const text = document.getElementById(copy.dataset.copy).textContent;
		navigator.clipboard.writeText(text).then(
			() => tell("The command is copied."),
			() => {
				copy.hidden = true;
				root.classList.remove("scripted"); // shows the command to copy by hand
			},
		);
	}
});
addEventListener("popstate", refresh);

let running = null;
let again = false;

// refresh loads the page once more and exchanges the parts that differ; calls during one count as one more.
function refresh() {
	if (running) {
		again = true;
		return running;
	}
	running = load().finally(() => {
		running = null;
		if (again) {
			again = false;
			refresh();
		}
	});
	return running;
}

async function load() {
	let text;
	try {
		const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
		if (!answer.ok) return;
		text = await answer.text();
	} catch {
		return; // the stream reconnects by itself and reports a change when it does
	}
	const fresh = new DOMParser().parseFromString(text, "text/html");
	prepare(fresh);
	const drawing = document.querySelector("[data-scroll]");
	const atEnd = drawing && drawing.scrollHeight - drawing.scrollTop - drawing.clientHeight < 60;
	const focused = document.activeElement?.id;
	for (const part of document.querySelectorAll("[data-part]")) {
		const now = fresh.getElementById(part.id);
		if (now && now.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(now));
	}
	loadedAt = performance.now();
	document.title = fresh.title;
	if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
	if (atEnd) toEnd();
	const now = document.querySelector("[data-say]")?.textContent;
	if (now && now !== heading) tell(now);
	heading = now;
	tick();
}

function prepare(doc) {
	for (const button of doc.querySelectorAll("button[data-copy]")) button.hidden = false;
}

function toEnd() {
	const drawing = document.querySelector("[data-scroll]");
	if (drawing) drawing.scrollTop = drawing.scrollHeight;
}

function tell(text) {
	if (said) said.textContent = text;
}

function tick() {
	const words = document.querySelector("[data-left]");
	const bar = document.querySelector("[data-bar]");
	if (!words) return;
	const left = Math.max(0, Number(words.dataset.left) - (performance.now() - loadedAt));
	words.textContent = `${spell(Math.round(left / 1000))} left`;
	bar?.setAttribute("width", ((100 * left) / Number(bar.dataset.total)).toFixed(1));
}

function spell(seconds) {
	const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
	const parts = [];
	for (const [length, name] of units) {
		const n = Math.floor(seconds / length);
		if (n > 0 && parts.length < 2) {
			parts.push(`${n} ${name}`);
			seconds -= n * length;
		}
	}
	return parts.join(" ") || "0 s";
}
