// The choice of accounts on a request: says what is chosen, and what is still
// to be chosen before an approval can be signed.

// The first field of a form that lacks its answer, with the words for that.
export function lacking(form) {
	for (const el of form.elements) {
		const words = el.dataset.need;
		if (!words) continue;
		const given = el.matches("fieldset") ? el.querySelector(":checked") : el.value.trim();
		if (given) continue;
		el.closest("details")?.setAttribute("open", "");
		return { words, field: el.matches("fieldset") ? el.querySelector("input:enabled") : el };
	}
	return null;
}

// Writes beside a choice how many are ticked, or over it which one is chosen.
function tell(choice) {
	const ticked = choice.querySelectorAll("input:checked");
	const count = choice.querySelector("[data-ticked]");
	if (count) count.textContent = ticked.length ? count.dataset.ticked.replace("{n}", ticked.length) : count.dataset.none;
	const chosen = choice.querySelector("[data-chosen]");
	if (!chosen) return;
	const parts = ticked[0]?.closest("label").querySelectorAll("[data-part]") ?? [];
	if (parts.length) chosen.replaceChildren(...[...parts].flatMap((el) => [...el.cloneNode(true).childNodes, " "]));
	else chosen.textContent = chosen.dataset.none;
}

const tellAll = () => document.querySelectorAll("[data-choice]").forEach(tell);

export function startChoices() {
	document.addEventListener("change", (event) => {
		const choice = event.target.closest?.("[data-choice]");
		if (!choice) return;
		tell(choice);
		const alert = document.getElementById(event.target.form?.dataset.alert);
		if (alert?.textContent === event.target.closest("fieldset").dataset.need) alert.textContent = "";
	});
	// One that was picked by hand folds away the others. By keyboard the arrows
	// pick on their way, so that it stays open there.
	document.addEventListener("click", (event) => {
		if (event.detail === 0 || !event.target.matches?.("[data-choice] details input[type=radio]")) return;
		const from = event.target.closest("details");
		from.open = false;
		from.querySelector("summary").focus({ preventScroll: true });
	});
	document.addEventListener("assent:content", tellAll);
	tellAll();
}
