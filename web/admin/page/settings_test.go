package page_test

import (
	"time"

	"assent/app"
	"assent/web/admin/page"
)

// settingsPages are the pages of the settings.
func settingsPages(f page.Frame) []shown {
	const at = "/admin/settings"
	all := page.SettingsFrame{Tests: true, Change: true}
	light := page.Scheme{
		Accent: "#1f4e8c",
		On:     "#ffffff",
		Soft:   "#e6ebf2",
		Contrasts: []page.Contrast{{Ground: "paper", Ratio: "7.2:1", Passes: true},
			{Ground: "slip", Ratio: "8.1:1", Passes: true},
			{Ground: "sunk", Ratio: "6.8:1", Passes: true}, {Ground: "soft", Ratio: "6.7:1", Passes: true},
			{Ground: "written", Ratio: "8.1:1", Passes: true}},
	}
	dark := page.Scheme{
		Dark:    true,
		Accent:  "#88a9e6",
		On:      "#161b25",
		Soft:    "#262f3f",
		Derived: true,
		Contrasts: []page.Contrast{{Ground: "paper", Ratio: "7.6:1", Passes: true},
			{Ground: "slip", Ratio: "6.9:1", Passes: true},
			{Ground: "sunk", Ratio: "7.9:1", Passes: true}, {Ground: "soft", Ratio: "6.0:1", Passes: true},
			{Ground: "written", Ratio: "7.2:1", Passes: true}},
	}
	pale := light
	pale.Accent, pale.Soft, pale.Offer = "#ffcc00", "#fff9e3", "#7d6000"
	pale.Contrasts = []page.Contrast{{Ground: "paper", Ratio: "1.3:1"}, {Ground: "slip", Ratio: "1.5:1"},
		{Ground: "sunk", Ratio: "1.2:1"}, {Ground: "soft", Ratio: "1.4:1"}, {Ground: "written", Ratio: "1.5:1"}}
	fixed := page.FixedBy{Env: "ASSENT_MATCH_CODE", Origin: "environment"}
	codes := []page.CodeRow{{Profile: "regular", Code: page.CodeAttacked},
		{Profile: "uk-accounts", Code: page.CodeNever},
		{
			Profile: "uk-payment",
			Code:    page.CodeAlways,
			Fixed:   map[page.Code]bool{page.CodeNever: true, page.CodeAttacked: true, page.CodeAlways: true},
		},
		{Profile: "br-payment", Code: page.CodeNever}}
	kept := []page.RetentionRow{{Name: "payloads", Days: "90", Least: 1, Most: 36500, Erased: 12408},
		{Name: "requests", Days: "730", Least: 30, Most: 36500, Erased: 4},
		{Name: "receipts", Days: "1825", Least: 396, Most: 36500},
		{Name: "audit", Days: "400", Least: 183, Most: 36500}, {Name: "counters", Days: "400", Least: 31, Most: 400},
		{Name: "deliveries", Days: "90", Least: 7, Most: 36500}}
	wrong := append([]page.RetentionRow{}, kept...)
	wrong[3].Fault, wrong[3].Failed = f.Words.T("admin.settings.fault.audit_before_receipts", "receipts", 1825), true
	found := []page.ACPFinding{{
		ID:    "token",
		Of:    "ACP: access token",
		State: page.CheckOK,
		Says:  "ACP gives access tokens.",
	},
		{
			ID:    "layout",
			Of:    f.Words.T("admin.settings.acp.layout"),
			State: page.CheckBad,
			Says:  f.Words.T("admin.settings.acp.layout_other", "layout", "workspace", "other", "system"),
			Do:    f.Words.T("admin.settings.acp.layout_other_do", "value", "system"),
		},
		{
			ID:     "regular",
			Of:     f.Words.T("admin.settings.acp.kind.regular"),
			State:  page.CheckWarn,
			Says:   "ACP is busy.",
			Do:     "It is tried again.",
			Detail: "acp: busy (503)",
		}}
	return []shown{
		{name: "settings", path: at, page: page.Settings{SettingsFrame: all, Groups: []page.SettingGroup{
			{
				Title: "Service",
				Rows: []page.SettingRow{{Name: "ASSENT_LISTEN", Value: "127.0.0.1:8080", Origin: "default"},
					{Name: "ASSENT_PUBLIC_URL", Value: "https://approve.northmoor.example", Origin: "flag"},
					{Name: "ASSENT_INSTITUTION", Value: "Northmoor", Origin: "console", Here: at + "/branding"},
					{Name: "ASSENT_TLS_CERT", Origin: "default"}},
			},
			{
				Title: "ACP",
				Rows: []page.SettingRow{{
					Name:   "ASSENT_ACP_ISSUER",
					Value:  "https://northmoor.eu.authz.cloudentity.io/northmoor/system",
					Origin: "file",
				},
					{Name: "ASSENT_ACP_CLIENT_SECRET", Secret: true, Origin: "environment"}},
			},
		}}},
		{
			name: "settings-branding",
			path: at + "/branding",
			page: page.Branding{
				SettingsFrame: all,
				Version:       3,
				Institution:   "Northmoor",
				Own:           "Assent",
				Accent:        "#1f4e8c",
				Chosen:        true,
				Preview:       page.Preview{Institution: "Northmoor", Schemes: []page.Scheme{light, dark}},
			},
		},
		{
			name: "settings-branding-refused",
			path: at + "/branding",
			page: page.Branding{
				SettingsFrame: page.SettingsFrame{
					Tests:  true,
					Change: true,
					Fault:  f.Words.T("admin.settings.refused"),
				},
				Fixed:       page.FixedBy{Env: "ASSENT_INSTITUTION", Origin: "file"},
				Institution: "Northmoor",
				Accent:      "#ffcc00",
				Faults: map[string]string{
					"accent": f.Words.T("admin.settings.fault.contrast", "ratio", "1.2:1", "least", "4.5:1", "near",
						"#7d6000"),
				},
				Preview: page.Preview{
					Institution: "Banco Ribeira do Vale do Paraíba S.A.",
					Schemes:     []page.Scheme{pale, dark},
				},
			},
		},
		{name: "settings-logo", path: at + "/logo", page: page.Logo{Kilobytes: 128, Side: 1024}},
		{
			name: "settings-protection",
			path: at + "/protection",
			page: page.Protection{
				SettingsFrame: all,
				ReportPauses:  app.PauseAll,
				Codes:         codes,
				Cooling:       "24",
				Fixed:         map[string]page.FixedBy{"match_code": fixed},
				Chosen:        true,
			},
		},
		{
			name: "settings-protection-first",
			path: at + "/protection",
			page: page.Protection{
				SettingsFrame: all,
				ReportPauses:  app.PausePayments,
				Codes:         codes,
				Cooling:       "1",
				Begun:         page.BegunFirst,
				Chosen:        true,
			},
		},
		{
			name: "settings-protection-bare",
			path: at + "/protection",
			page: page.Protection{SettingsFrame: all, Codes: codes, Cooling: "0", Begun: page.BegunBare},
		},
		{
			name: "settings-protection-demo",
			path: at + "/protection",
			page: page.Protection{SettingsFrame: all, Codes: codes, Cooling: "0", Begun: page.BegunDemo},
		},
		{
			name: "settings-protection-read",
			path: at + "/protection",
			role: app.RoleAuditor,
			page: page.Protection{Codes: codes, Cooling: "0"},
		},
		{
			name: "settings-retention",
			path: at + "/retention",
			page: page.Retention{SettingsFrame: all, Rows: kept, Ran: now.Add(-3 * time.Hour)},
		},
		{
			name: "settings-retention-refused",
			path: at + "/retention",
			page: page.Retention{
				SettingsFrame: page.SettingsFrame{
					Tests:  true,
					Change: true,
					Fault:  f.Words.T("admin.settings.refused"),
				},
				Rows:   wrong,
				Ran:    now.Add(-3 * time.Hour),
				Chosen: true,
			},
		},
		{
			name: "settings-four-eyes",
			path: at + "/four_eyes",
			page: page.FourEyes{
				SettingsFrame: all,
				On:            map[app.Area]bool{app.AreaEnrolment: true, app.AreaOwners: true},
			},
		},
		{
			name: "settings-four-eyes-refused",
			path: at + "/four_eyes",
			page: page.FourEyes{
				SettingsFrame: page.SettingsFrame{
					Tests:  true,
					Change: true,
					Fault:  f.Words.T("admin.settings.refused"),
				},
				On: map[app.Area]bool{app.AreaSettings: true},
				Faults: map[string]string{
					"areas": f.Words.T("admin.settings.fault.area_alone", "area",
						page.AreaWords(f.Words, app.AreaSettings)),
				},
			},
		},
		{
			name: "settings-four-eyes-fixed",
			path: at + "/four_eyes",
			page: page.FourEyes{
				SettingsFrame: all,
				On:            map[app.Area]bool{app.AreaSettings: true},
				Fixed:         page.FixedBy{Env: "ASSENT_FOUR_EYES", Origin: "environment"},
			},
		},
		{
			name: "settings-history",
			path: at + "/history",
			page: page.Versions{SettingsFrame: all, Older: at + "/history?after=x", List: []page.Version{
				{
					ID:         4,
					Name:       "branding",
					Who:        "Olive Owen",
					When:       now.Add(-time.Hour),
					BringsBack: 1,
					Current:    true,
					Said: []page.Fact{{Label: f.Words.T("admin.settings.branding.institution"), Value: "Northmoor"},
						{Label: f.Words.T("admin.settings.branding.accent"), Value: "#1f4e8c"}},
				},
				{ID: 3, Name: "protection", Who: "Assent", First: true, When: now.AddDate(0, 0, -2)},
				{
					ID:   2,
					Name: "branding",
					Who:  "Oscar Price",
					When: now.AddDate(0, 0, -3),
					Said: []page.Fact{{Label: f.Words.T("admin.settings.branding.accent"), Value: "#7d6000"}},
				}}},
		},
		{name: "settings-history-none", path: at + "/history", page: page.Versions{SettingsFrame: all}},
		{
			name: "settings-acp",
			path: at + "/acp",
			page: page.ACPTest{
				SettingsFrame: all,
				Connections:   []string{"northmoor", "ribeira"},
				Chosen:        "northmoor",
				Done:          true,
				Found:         found,
			},
		},
		{
			name: "settings-acp-good",
			path: at + "/acp",
			page: page.ACPTest{SettingsFrame: all, Connections: []string{"northmoor"}, Done: true, Found: found[:1]},
		},
		{
			name: "settings-push",
			path: at + "/push",
			page: page.PushTest{
				SettingsFrame: all,
				Person:        "Ada",
				Asked:         true,
				Devices: []page.PushDevice{{ID: "d1", Name: "Pixel 9", Person: "Ada Quill", Hears: true},
					{ID: "d2", Name: "Chrome on Windows", Person: "Ada Quill"}},
			},
		},
		{
			name: "settings-push-none",
			path: at + "/push",
			page: page.PushTest{SettingsFrame: all, Person: "Nobody", Asked: true},
		},
	}
}
