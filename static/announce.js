// Says something politely to those who listen to the page.
export function announce(text) {
	const region = document.querySelector("[data-announce]");
	region.textContent = "";
	setTimeout(() => { region.textContent = text; }, 50);
}
