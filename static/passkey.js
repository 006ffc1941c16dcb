// Runs the passkey ceremonies: a form marked data-ceremony asks the server for
// options, the browser for a passkey, and the server for its verdict.
import { lacking } from "./choice.js";
import { refresh, undisturbed } from "./live.js";
import { creationOptions, credentialJSON, requestOptions, withdraw } from "./webauthn.js";

const serverLimit = 20000; // ms for one answer of the server
const promptLimit = 300000; // ms for the person, if the server doesn't say

// A failure with words for the person.
class Told extends Error {
	constructor(text, { reload = false, code = "" } = {}) {
		super(text);
		this.reload = reload;
		this.code = code;
	}
}

const supported = () => typeof PublicKeyCredential === "function" && !!navigator.credentials?.create;

// Without passkeys the page says where to go on, and nothing is asked of the server.
function checkSupport() {
	// Until here the buttons did nothing: a form sent without the script has no passkey.
	for (const button of document.querySelectorAll("form[data-ceremony] [type=submit]")) button.disabled = false;
	if (supported()) return;
	for (const form of document.querySelectorAll("form[data-ceremony]")) {
		tell(form, isSecureContext ? form.dataset.unsupported : form.dataset.insecure);
		const button = form.querySelector("[type=submit]");
		button.setAttribute("aria-disabled", "true");
	}
	for (const el of document.querySelectorAll("[data-without-passkeys]")) el.hidden = false;
}

function alertOf(form) {
	return form.dataset.alert ? document.getElementById(form.dataset.alert) : form.querySelector("[role=alert]");
}

function tell(form, text) {
	const region = alertOf(form);
	if (!region) return;
	region.textContent = text;
	if (text) region.scrollIntoView({ block: "nearest" });
}

function fields(form) {
	const body = {};
	for (const list of (form.dataset.lists ?? "").split(" ").filter(Boolean)) body[list] = [];
	for (const [name, value] of new FormData(form)) {
		if (Array.isArray(body[name])) body[name].push(value);
		else body[name] = value;
	}
	return body;
}

async function post(form, path, body) {
	let answer;
	try {
		answer = await fetch(path, {
			method: "POST", credentials: "same-origin", cache: "no-store", redirect: "error",
			headers: { "Content-Type": "application/json", Accept: "application/json" },
			body: JSON.stringify(body), signal: AbortSignal.timeout(serverLimit),
		});
	} catch {
		throw new Told(form.dataset.offline);
	}
	let said = {};
	try {
		said = await answer.json();
	} catch {
		if (answer.ok) throw new Told(form.dataset.failed);
	}
	if (!answer.ok) {
		throw new Told(said.error?.message || form.dataset.failed, { reload: said.reload === true, code: said.error?.code ?? "" });
	}
	return said;
}

// What the server wants of the browser, as it comes: some wrap it.
const optionsOf = (options) => options.publicKey ?? options;

async function prompt(form, kind, options) {
	const publicKey = kind === "create" ? creationOptions(optionsOf(options)) : requestOptions(optionsOf(options));
	const limit = publicKey.timeout || promptLimit;
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), limit);
	const began = performance.now();
	try {
		return kind === "create"
			? await navigator.credentials.create({ publicKey, signal: abort.signal })
			: await navigator.credentials.get({ publicKey, signal: abort.signal });
	} catch (error) {
		if (error.name === "InvalidStateError") throw new Told(form.dataset.exists, { code: "exists" });
		if (error.name === "AbortError" || error.name === "TimeoutError" || performance.now() - began >= limit - 1000) throw new Told(form.dataset.late);
		if (error.name === "NotAllowedError") throw new Told(form.dataset.cancelled, { code: "cancelled" });
		if (error.name === "NotSupportedError" || error.name === "ConstraintError") throw new Told(form.dataset.unsupported);
		if (error.name === "SecurityError") throw new Told(form.dataset.insecure);
		throw new Told(form.dataset.failed);
	} finally {
		clearTimeout(timer);
	}
}

// Whether the server knows a passkey; undefined where it didn't say.
async function known(form, id) {
	try {
		const { known: yes } = await post(form, form.dataset.knownAt, { id });
		return typeof yes === "boolean" ? yes : undefined;
	} catch {
		return undefined;
	}
}

// The browser holds a passkey that the server may not have learned of, or knows
// no more. Only where the server says that it doesn't know it is the browser
// told: a passkey that is in use would be lost.
async function disown(form, kind, options, id, fault) {
	const is = await known(form, id);
	if (is === false) {
		const json = optionsOf(options);
		const gone = await withdraw(json.rp?.id ?? json.rpId, id);
		const words = [fault.message, gone ? form.dataset.withdrawn : form.dataset.unlearned];
		if (kind === "create") words.splice(1, 0, form.dataset.orphan);
		return new Told(words.join(" "), { reload: fault.reload, code: fault.code });
	}
	if (kind !== "create") return fault;
	return is ? new Told(form.dataset.learned, { code: "learned" }) : new Told(form.dataset.unsure, { code: "unsure" });
}

const standalone = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

async function run(form) {
	const kind = form.dataset.ceremony;
	const path = form.getAttribute("action");
	const body = fields(form);
	const { ceremony, options } = await post(form, path, body);
	const credential = await prompt(form, kind, options);
	const outcome = {
		credential: credentialJSON(credential),
		standalone: standalone(),
		tablet: navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1, // an iPad calls itself a Mac
		zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
	};
	if (body.invite) outcome.invite = body.invite;
	if (body.next) outcome.next = body.next;
	try {
		return await post(form, path + "/" + encodeURIComponent(ceremony), outcome);
	} catch (fault) {
		if (kind !== "create" && fault.code !== "passkey_unknown") throw fault;
		throw await disown(form, kind, options, outcome.credential.id, fault);
	}
}

function setBusy(form, button, on) {
	const label = button.querySelector("span") ?? button;
	if (on) {
		button.dataset.label = label.textContent;
		label.textContent = form.dataset.busy;
		button.setAttribute("aria-busy", "true");
		form.dataset.running = "yes";
		return;
	}
	label.textContent = button.dataset.label;
	button.removeAttribute("aria-busy");
	delete form.dataset.running;
}

async function submit(event) {
	const form = event.target;
	if (!(form instanceof HTMLFormElement) || !form.dataset.ceremony) return;
	event.preventDefault();
	const button = form.querySelector("[type=submit]");
	if (form.dataset.running || button.getAttribute("aria-disabled") === "true") return;
	tell(form, "");
	const need = lacking(form);
	if (need) {
		need.field.focus();
		tell(form, need.words);
		return;
	}
	for (const way of form.querySelectorAll("[data-way]")) way.hidden = true;
	setBusy(form, button, true);
	let told = null;
	await undisturbed(async () => {
		try {
			const { next } = await run(form);
			sessionStorage.removeItem("push-synced"); // signing out ended the subscription
			const to = new URL(next, location.origin);
			const then = document.getElementById(form.dataset.then); // a form to send now
			if (then) then.submit();
			else location.assign(to.pathname + to.search);
			await new Promise((done) => { setTimeout(done, 10000); }); // stays busy while the next page loads
		} catch (error) {
			told = error instanceof Told ? error : new Told(form.dataset.failed);
		}
	});
	if (form.isConnected) setBusy(form, button, false);
	if (!told) return;
	if (told.reload) await refresh(); // the request is not what it was: show what it is
	const now = form.isConnected ? form : document.getElementById(form.id);
	if (!now) return; // the new content says it
	tell(now, told.message);
	const way = told.code && now.querySelector(`[data-way~="${CSS.escape(told.code)}"]`);
	if (way) way.hidden = false;
}

export function startCeremonies() {
	document.addEventListener("submit", submit);
	document.addEventListener("assent:content", checkSupport);
	checkSupport();
}
