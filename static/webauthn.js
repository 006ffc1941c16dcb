// Options and credentials of passkeys as JSON (WebAuthn Level 3, sections 5.1.3
// and 5.1.8 to 5.1.10). The browser converts them where it can. Safari before
// 18.4 can't, and extensions of password managers give credentials whose
// toJSON is missing, throws or gives something else: then it is done by hand.

function bytes(text) {
	const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function base64url(buffer) {
	const view = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
	let raw = "";
	for (const byte of view) raw += String.fromCharCode(byte);
	return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const isBuffer = (value) => ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";

// Plain JSON of what extensions say, with their buffers as text.
function plain(value) {
	if (isBuffer(value)) return base64url(value);
	if (Array.isArray(value)) return value.map(plain);
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

const descriptors = (list) => (list ?? []).map((c) => ({ ...c, id: bytes(c.id) }));

// What the browser makes of it, or undefined where it can't.
function attempt(make) {
	try {
		return make() ?? undefined;
	} catch {
		return undefined;
	}
}

// The options of navigator.credentials.create.
export function creationOptions(json) {
	return attempt(() => PublicKeyCredential.parseCreationOptionsFromJSON(json)) ?? {
		...json,
		challenge: bytes(json.challenge),
		user: { ...json.user, id: bytes(json.user.id) },
		excludeCredentials: descriptors(json.excludeCredentials),
	};
}

// The options of navigator.credentials.get.
export function requestOptions(json) {
	return attempt(() => PublicKeyCredential.parseRequestOptionsFromJSON(json)) ?? {
		...json,
		challenge: bytes(json.challenge),
		allowCredentials: descriptors(json.allowCredentials),
	};
}

// A response has the members of one ceremony: those that are there are given.
function responseByHand(response) {
	const json = {};
	for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
		if (isBuffer(response[name])) json[name] = base64url(response[name]);
	}
	if (json.attestationObject) json.transports = attempt(() => [...response.getTransports()]) ?? [];
	return json;
}

// A credential as the server reads it.
export function credentialJSON(credential) {
	const own = attempt(() => credential.toJSON());
	if (typeof own?.rawId === "string" && typeof own.response?.clientDataJSON === "string") return own;
	const json = {
		id: base64url(credential.rawId),
		rawId: base64url(credential.rawId),
		type: "public-key",
		clientExtensionResults: plain(attempt(() => credential.getClientExtensionResults()) ?? {}),
		response: responseByHand(credential.response),
	};
	if (credential.authenticatorAttachment) json.authenticatorAttachment = credential.authenticatorAttachment;
	return json;
}

// Whether the browser can be told that a passkey is of no use any more.
export const canWithdraw = () => typeof PublicKeyCredential?.signalUnknownCredential === "function";

// Tells the browser that the site doesn't know a passkey, so that its provider
// offers it no more (WebAuthn Level 3, 5.1.10). It doesn't tell what came of it.
export async function withdraw(rpId, credentialId) {
	try {
		await PublicKeyCredential.signalUnknownCredential({ rpId, credentialId });
		return true;
	} catch {
		return false;
	}
}
