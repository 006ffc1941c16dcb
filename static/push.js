// Notifications on this device: asks on a gesture, subscribes within ten
// seconds or goes on without, and looks after the subscription on each open.

const subscribeLimit = 10000; // ms: some networks never let subscribe() settle
const syncedFor = 6 * 60 * 60 * 1000; // ms: an app may stay open for weeks

const iOS = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const standalone = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function serverKey() {
	const text = document.querySelector("meta[name=vapid-key]")?.content;
	if (!text) return null;
	const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function sameKey(subscription, key) {
	const own = subscription.options?.applicationServerKey;
	if (!own) return true; // a browser that doesn't tell
	const bytes = new Uint8Array(own);
	return bytes.length === key.length && bytes.every((b, i) => b === key[i]);
}

// The endpoint that the server was last told of. Only this browser knows it: with
// its word the server takes a new one for the browser's own, and alarms nobody.
// The service worker reads it too.
async function lastEndpoint() {
	try {
		return await (await (await caches.open("push")).match("/push-endpoint"))?.text() ?? "";
	} catch {
		return "";
	}
}

async function keepEndpoint(endpoint) {
	try {
		await (await caches.open("push")).put("/push-endpoint", new Response(endpoint));
	} catch {
		// Without storage a new subscription is told to the person.
	}
}

// An endpoint that is about to be given up, where none is kept yet.
async function giveUp(subscription) {
	if (subscription && await lastEndpoint() === "") await keepEndpoint(subscription.endpoint);
	await subscription?.unsubscribe();
}

async function store(subscription) {
	const { endpoint, keys } = subscription.toJSON();
	const replaces = await lastEndpoint();
	const answer = await fetch("/push/subscription", {
		method: "POST", credentials: "same-origin", redirect: "error",
		headers: { "Content-Type": "application/json", Accept: "application/json" },
		body: JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, replaces }), signal: AbortSignal.timeout(15000),
	});
	if (answer.ok) {
		await keepEndpoint(endpoint);
		sessionStorage.setItem("push-synced", JSON.stringify({ endpoint, at: Date.now() }));
		return;
	}
	const said = await answer.json().catch(() => null);
	throw new Error(said?.error?.code ?? "not stored");
}

function within(ms, promise) {
	return Promise.race([promise, new Promise((_, reject) => { setTimeout(() => reject(new Error("late")), ms); })]);
}

// A subscription made with our present key: the one there is, or a new one.
async function subscription(key) {
	const registration = await navigator.serviceWorker.ready;
	let own = await registration.pushManager.getSubscription();
	if (own && !sameKey(own, key)) {
		await giveUp(own);
		own = null;
	}
	return own ?? registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

// Subscribes and stores the subscription. One that its push service has ended
// without the browser's knowledge is given up for another.
async function subscribe() {
	try {
		await subscribeOnce();
	} catch (error) {
		if (error.message !== "push_gone") throw error;
		const registration = await navigator.serviceWorker.ready;
		await giveUp(await registration.pushManager.getSubscription());
		await subscribeOnce();
	}
}

// A subscription that comes after the limit is stored all the same.
async function subscribeOnce() {
	const key = serverKey();
	if (!key) throw new Error("no key");
	let given = false;
	const made = subscription(key);
	made.then((late) => { if (given) store(late).catch(() => {}); }, () => {});
	let own;
	try {
		own = await within(subscribeLimit, made);
	} catch (error) {
		given = true;
		throw error;
	}
	await store(own);
}

function show(root, name) {
	for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
	const heading = root.querySelector(`[data-panel="${name}"]`);
	heading?.focus({ preventScroll: true });
	scrollTo(0, 0);
}

// Which panel a page that asks starts with.
function start() {
	if (iOS && !standalone) return "ios";
	if (!supported) return "unavailable";
	return Notification.permission === "denied" ? "denied" : "ask";
}

async function allow(root, button) {
	if (button.getAttribute("aria-busy") === "true") return;
	const label = button.querySelector("span") ?? button;
	const idle = label.textContent;
	const alert = root.querySelector("[data-push-alert]");
	if (alert) alert.textContent = "";
	button.setAttribute("aria-busy", "true");
	label.textContent = root.dataset.busy;
	try {
		const permission = await Notification.requestPermission();
		if (permission === "denied") return show(root, "denied");
		if (permission !== "granted") {
			if (alert) alert.textContent = root.dataset.dismissed;
			return;
		}
		await subscribe();
		await fetch("/push/test", { method: "POST", credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(10000) }).catch(() => {});
		location.assign(root.dataset.next);
		return;
	} catch {
		show(root, "unavailable");
	} finally {
		button.removeAttribute("aria-busy");
		label.textContent = idle;
	}
}

// Tells whether the subscription we hold is the one that the server was told of
// lately, and hasn't lost since.
async function synced() {
	if (document.querySelector("[data-push-ended]")) return false;
	try {
		const { endpoint, at } = JSON.parse(sessionStorage.getItem("push-synced"));
		const registration = await navigator.serviceWorker.ready;
		const own = await registration.pushManager.getSubscription();
		return own?.endpoint === endpoint && Date.now() - at < syncedFor;
	} catch {
		return false;
	}
}

// At each open: the subscription we hold is the one the server knows.
let syncing = false;
async function resync() {
	if (!document.body.hasAttribute("data-push") || !supported) return;
	if (Notification.permission !== "granted") {
		for (const el of document.querySelectorAll("[data-push-lost]")) el.hidden = false;
		return;
	}
	if (syncing) return;
	syncing = true;
	try {
		if (!await synced()) await subscribe();
	} catch {
		// Tried again at the next page; the inbox is live without push.
	} finally {
		syncing = false;
	}
}

// A request that is over needs its notice no more, also on the device that
// answered it.
function takeDown() {
	const over = document.querySelector("[data-over-notice]")?.dataset.overNotice;
	if (over && supported) navigator.serviceWorker.ready.then((registration) => registration.active.postMessage({ over }));
}

// The page knows best how much waits: the number on the app's icon follows it.
function badge() {
	const waiting = Number(document.querySelector("[data-waiting]")?.dataset.waiting);
	if (!Number.isInteger(waiting) || !navigator.setAppBadge) return;
	(waiting > 0 ? navigator.setAppBadge(waiting) : navigator.clearAppBadge()).catch(() => {});
}

// Subscribes anew: what is there may be one that the push service has forgotten.
async function repair(button) {
	if (button.getAttribute("aria-busy") === "true") return;
	if (!supported || Notification.permission !== "granted") {
		location.assign("/notifications"); // which asks, or says what to do
		return;
	}
	button.setAttribute("aria-busy", "true");
	try {
		const registration = await navigator.serviceWorker.ready;
		await giveUp(await registration.pushManager.getSubscription());
		await subscribe();
		button.form.requestSubmit(); // a test shows whether it helped
	} catch {
		location.assign("/notifications");
	} finally {
		button.removeAttribute("aria-busy");
	}
}

// What the browser itself says of notifications, beside what the server knows.
function permission() {
	for (const row of document.querySelectorAll("[data-permission]")) {
		row.hidden = false;
		const is = supported ? Notification.permission : "unsupported";
		row.textContent = row.dataset[is] ?? row.dataset.default;
	}
}

function look() {
	badge();
	takeDown();
	permission();
	for (const button of document.querySelectorAll("[data-push-repair]")) button.disabled = false;
}

export function startPush() {
	for (const root of document.querySelectorAll("[data-push-page]")) {
		const name = start();
		for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
	}
	document.addEventListener("click", (event) => {
		const button = event.target.closest?.("[data-push-allow]");
		if (button) allow(button.closest("[data-push-page]"), button);
		const mend = event.target.closest?.("[data-push-repair]");
		if (mend) repair(mend);
	});
	for (const button of document.querySelectorAll("[data-push-allow]")) button.disabled = false;
	document.addEventListener("assent:content", () => { resync(); look(); });
	document.addEventListener("visibilitychange", () => { if (!document.hidden) resync(); });
	resync();
	look();
}
