package page_test

import (
	"time"

	"assent/app"
	"assent/store"
	"assent/web/admin/page"
)

// proposalPages are the pages of what waits for a second administrator.
func proposalPages(f page.Frame) []shown {
	const at = "/admin/proposals"
	row := func(id, what, who string, state app.ProposalState, yours bool) page.ProposalRow {
		return page.ProposalRow{
			ID:    id,
			What:  what,
			Who:   who,
			State: state,
			Yours: yours,
			Made:  now.Add(-20 * time.Minute),
			Until: now.Add(23*time.Hour + 40*time.Minute),
		}
	}
	w := f.Words
	edit := row("p1", w.T("admin.proposals.what.person_edit", "name", "Carol Nolan"), "Oscar Price",
		app.ProposalWaiting, false)
	link := row("p2", w.T("admin.proposals.what.person_invite", "name", "Ada Quill"), "Olive Owen",
		app.ProposalConfirmed, true)
	changes := []page.Change{
		{
			Label: w.T("admin.people.identifiers"),
			Was:   "User name: carol\nPhone: +442079460018",
			Now:   "User name: carol\nPhone: +442079460099\nE-mail: carol@nolan.example",
		},
		{Label: w.T("admin.people.companies"), Was: "12.345.678/0001-95"},
	}
	return []shown{
		{name: "proposals", path: at, page: page.Proposals{List: []page.ProposalRow{edit, link,
			row("p3", w.T("admin.proposals.what.settings_protection"), "Olive Owen", app.ProposalRefused, true),
			row("p4", w.T("admin.proposals.what.admin_add"), "Oscar Price", app.ProposalFailed, false),
			row("p5", w.T("admin.proposals.what.import_start"), "Oscar Price", app.ProposalDone, false),
			row("p6", w.T("admin.proposals.what.admin_role", "name", "Henry"), "Oscar Price", app.ProposalEnded,
				false)}}},
		{name: "proposals-none", path: at, page: page.Proposals{}},
		{name: "proposal", path: at + "/p1", page: page.Proposal{ProposalRow: edit, Changes: changes}},
		{
			name: "proposal-made",
			path: at + "/p2",
			page: page.Proposal{
				ProposalRow: row("p2", link.What, "Olive Owen", app.ProposalWaiting, true),
				Fresh:       true,
				Takes:       true,
				MakesLink:   true,
				Changes:     []page.Change{{Label: w.T("admin.proposals.way"), Now: w.T("admin.proposals.way_letter")}},
			},
		},
		{
			name: "proposal-confirmed",
			path: at + "/p2",
			page: page.Proposal{
				ProposalRow: link,
				Decider:     "Oscar Price",
				Decided:     now.Add(-time.Minute),
				Takes:       true,
				MakesLink:   true,
			},
		},
		{
			name: "proposal-own",
			path: at + "/p1",
			page: page.Proposal{ProposalRow: edit, Changes: changes, Fault: page.Told(w, app.ErrOwnProposal.Code)},
		},
		{
			name: "proposal-branding",
			path: at + "/p3",
			page: page.Proposal{
				ProposalRow: row("p3", w.T("admin.proposals.what.settings_branding"), "Oscar Price",
					app.ProposalWaiting, false),
				Changes: []page.Change{
					{Label: w.T("admin.settings.name"), Now: page.ChoiceWords(w, "branding")},
					{
						Label:     w.T("admin.settings.branding.accent"),
						Was:       w.T("admin.proposals.as_delivered"),
						Now:       "#1f4e8c",
						NowColour: "#1f4e8c",
					},
					{
						Label:      w.T("admin.settings.logo.title"),
						Was:        w.T("admin.settings.logo.own"),
						Now:        w.T("admin.settings.logo.own"),
						WasPicture: at + "/p3/logo/now",
						NowPicture: at + "/p3/logo/then",
					},
				},
			},
		},
		{
			name: "proposal-import",
			path: at + "/p5",
			page: page.Proposal{
				ProposalRow: row("p5", w.T("admin.proposals.what.import_start"), "Oscar Price", app.ProposalWaiting,
					false),
				Changes: []page.Change{
					{Label: w.T("admin.proposals.file"), Now: "people-2026-11.csv", Path: "/admin/import/i1"},
					{Label: w.T("admin.import.size"), Now: page.FileSize(w, 48_000_000)},
					{
						Label:  w.T("admin.import.digest"),
						Now:    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
						Digest: true,
					},
					{
						Label: w.T("admin.import.rows"),
						Now:   page.ImportTallies(w, store.Import{SeenAdded: 990_000, SeenChanged: 1_200}),
					},
				},
				Marked: &page.MarkedRows{
					ID:     "i1",
					After:  9,
					Counts: map[store.ImportMark]int{store.MarkIdentifiers: 30},
					Rows: []store.ImportRow{
						{
							Line:        9,
							Marks:       []store.ImportMark{store.MarkIdentifiers},
							PersonID:    "c1",
							Name:        "Carol Nolan",
							Identifiers: []app.Identifier{{Kind: app.Email, Value: "carol@nolan.example"}},
						}},
				},
			},
		},
		{
			name: "proposal-failed",
			path: at + "/p4",
			page: page.Proposal{
				ProposalRow: row("p4", w.T("admin.proposals.what.admin_add"), "Oscar Price", app.ProposalFailed, false),
				Decider:     "Olive Owen",
				Cause:       page.Told(w, app.ErrEmailTaken.Code),
				Ended:       now.Add(-time.Minute),
			},
		},
	}
}
