// Service worker {{version}}: shows notices, opens what they are about, and has
// an honest page for when there is no connection. It never keeps personal pages.
const version = "{{version}}";
const keep = "assent-" + version;
const asset = (name) => `/static/${version}/${name}`;
const kept = ["app.css", "announce.js", "app.js", "choice.js", "countdown.js", "live.js", "passkey.js", "push.js", "steady.js", "webauthn.js"].map(asset);
const fallbackWords = "/notice-words"; // a key in the cache, not a page

async function keepOffline() {
	const cache = await caches.open(keep);
	await cache.add(new Request("/offline", { cache: "reload", credentials: "same-origin" }));
}

self.addEventListener("install", (event) => {
	self.skipWaiting();
	event.waitUntil((async () => {
		const cache = await caches.open(keep);
		await cache.addAll(kept);
		await keepOffline();
	})());
});

self.addEventListener("activate", (event) => {
	event.waitUntil((async () => {
		const words = await caches.match(fallbackWords);
		if (words) await (await caches.open(keep)).put(fallbackWords, words.clone());
		for (const name of await caches.keys()) {
			if (name.startsWith("assent-") && name !== keep) await caches.delete(name);
		}
		await self.clients.claim();
	})());
});

self.addEventListener("message", (event) => {
	const over = event.data?.over;
	if (typeof over === "string" && over !== "") event.waitUntil(takeDown(over));
	if (event.data?.keep !== "offline") return;
	event.waitUntil((async () => {
		const cache = await caches.open(keep);
		if (event.data.words) await cache.put(fallbackWords, new Response(JSON.stringify(event.data.words)));
		await keepOffline();
	})());
});

self.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.method !== "GET") return;
	if (request.mode === "navigate") {
		event.respondWith(fetch(request).catch(async () => (await caches.match("/offline", { ignoreVary: true })) ?? Response.error()));
		return;
	}
	if (kept.includes(new URL(request.url).pathname)) {
		event.respondWith(caches.match(request, { ignoreVary: true }).then((own) => own ?? fetch(request)));
	}
});

// A browser that is asked which notices there are while it shows one may lose
// that one, so one waits for the other: a notice not for long.
let showing = Promise.resolve();
let taking = Promise.resolve();

function show(title, options) {
	const shown = taking.then(() => self.registration.showNotification(title, options));
	showing = Promise.allSettled([showing, shown]);
	return shown;
}

// The page of a request that is over says more than its notice.
function takeDown(id) {
	const taken = Promise.allSettled([showing, taking]).then(async () => {
		for (const notice of await self.registration.getNotifications({ tag: id })) notice.close();
	}).catch(() => {});
	taking = Promise.race([taken, new Promise((done) => { setTimeout(done, 1000); })]);
	return taken;
}

// What a notice says comes with it, encrypted; one that can't be read is shown
// all the same, since a push that shows nothing costs the permission.
self.addEventListener("push", (event) => {
	event.waitUntil((async () => {
		let notice = {};
		try {
			notice = event.data.json();
		} catch {
			notice = {};
		}
		if (typeof notice.title !== "string" || notice.title === "") {
			const words = await caches.match(fallbackWords).then((r) => r?.json()).catch(() => null);
			notice = { id: "", lang: "", title: location.hostname, body: "", ...words };
		}
		// One notice a request: what was handled elsewhere takes its place, quietly.
		await show(notice.title, {
			body: notice.body ?? "", lang: notice.lang ?? "", tag: notice.id || "notice", data: { id: notice.id ?? "" }, silent: notice.kind === "handled",
			icon: asset("icons/icon-192.png"), badge: asset("icons/badge-96.png"),
		});
		await badge(notice.waiting);
		// An open page whose event stream is held up by the network hears of it too.
		for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage({ arrived: notice.id ?? "" });
	})());
});

// The number on the app's icon, where there is one.
async function badge(waiting) {
	if (typeof waiting !== "number" || !navigator.setAppBadge) return;
	try {
		await (waiting > 0 ? navigator.setAppBadge(waiting) : navigator.clearAppBadge());
	} catch {
		// It isn't installed.
	}
}

self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	const id = event.notification.data?.id;
	const url = id ? "/notice/" + encodeURIComponent(id) : "/";
	event.waitUntil((async () => {
		const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
		const own = open.find((c) => c.visibilityState === "visible") ?? open[0];
		if (!own) return self.clients.openWindow(url);
		const focused = await own.focus();
		try {
			await focused.navigate(url);
		} catch {
			focused.postMessage({ open: url }); // a page that this worker doesn't control yet
		}
	})());
});

// The browser changed the subscription by itself: the server learns the new one,
// and by the endpoint before it that it is the browser's own.
self.addEventListener("pushsubscriptionchange", (event) => {
	event.waitUntil((async () => {
		const key = event.oldSubscription?.options?.applicationServerKey;
		const own = event.newSubscription ?? await self.registration.pushManager.getSubscription() ??
			(key ? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }) : null);
		if (!own) return; // the page makes a new one at the next open
		const { endpoint, keys } = own.toJSON();
		const last = await caches.open("push");
		const replaces = await (await last.match("/push-endpoint"))?.text() ?? event.oldSubscription?.endpoint ?? "";
		const answer = await fetch("/push/subscription", {
			method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
			body: JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, replaces }),
		});
		if (answer.ok) await last.put("/push-endpoint", new Response(endpoint));
	})());
});
