// The preview of the brand follows what is typed. The server draws it and
// computes the contrasts; without this script the button shows it.
const form = document.querySelector("[data-preview]");
const shown = document.querySelector("[data-previewed]");
let waiting = 0;
let asked = 0;

async function look() {
	const own = ++asked;
	const typed = new URLSearchParams(new FormData(form));
	typed.delete("version");
	try {
		const answer = await fetch(`${form.dataset.preview}?${typed}`, { credentials: "same-origin", redirect: "error" });
		if (!answer.ok || own !== asked) return;
		const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
		shown.replaceChildren(...drawn.body.childNodes);
		for (const [field, scheme] of [["accent", "light"], ["accent_dark", "dark"]]) {
			const colour = shown.querySelector(`[data-scheme="${scheme}"] circle`)?.getAttribute("stroke");
			if (colour) document.getElementById(field).parentElement.querySelector("rect").setAttribute("fill", colour);
		}
	} catch {
		// What is shown stays: the button still works.
	}
}

form?.addEventListener("input", () => {
	clearTimeout(waiting);
	waiting = setTimeout(look, 200);
});
