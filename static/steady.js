// Tells when nobody presses on the page. What is replaced between a press and
// its release loses the click.
let press = null;

addEventListener("pointerdown", () => {
	if (press) return;
	const ends = new AbortController();
	press = new Promise((done) => {
		// The click comes just after the release.
		for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(done, 100), { capture: true, signal: ends.signal });
		setTimeout(done, 5000); // a release that this page doesn't hear of
	}).finally(() => {
		press = null;
		ends.abort();
	});
}, { capture: true });

// Waits until nothing is pressed.
export async function untouched() {
	while (press) await press;
}
