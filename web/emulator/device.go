package emulator

// Delivery is how a client learns that its tokens are ready: CIBA Core section 5.
type Delivery string

// The token delivery modes that ACP supports.
const (
	Poll Delivery = "poll"
	Ping Delivery = "ping"
)

// Device is a consumption device: an OAuth client registered in the workspace for CIBA. It authenticates with
// client_secret_basic or client_secret_post.
type Device struct {
	ID, Secret string
	Info       ClientInfo
	// Delivery is Poll when empty.
	Delivery Delivery
	// NotificationEndpoint receives pings.
	NotificationEndpoint string
}

// Screen is one of the consumption devices that the pages show.
type Screen string

// The screens.
const (
	Shop       Screen = "shop"
	CallCentre Screen = "call-centre"
	// OpenBanking is a third party that wants a consent: to see data, or to pay.
	OpenBanking Screen = "open-banking"
)

type screenKey struct {
	screen   Screen
	delivery Delivery
}

// registerScreens registers the pages' own clients. A client is registered for one delivery mode,
// so each screen has two.
func (e *Emulator) registerScreens() {
	infos := map[Screen]ClientInfo{
		Shop: {
			Name: "Quill & Daughter, joiners", Description: "Furniture made to measure",
			URI:       "https://quill.example",
			PolicyURI: "https://quill.example/privacy",
			TOSURI:    "https://quill.example/terms",
		},
		CallCentre: {
			Name: "Northmoor call centre", Description: "The bank's own telephone service",
			URI:       "https://northmoor.example",
			PolicyURI: "https://northmoor.example/privacy",
			TOSURI:    "https://northmoor.example/terms",
		},
		OpenBanking: {
			Name: "Financroo Ltd", Description: "Budgets and payments in one place",
			URI:       "https://financroo.example",
			PolicyURI: "https://financroo.example/privacy",
			TOSURI:    "https://financroo.example/terms",
		},
	}
	for screen, info := range infos {
		for _, delivery := range []Delivery{Poll, Ping} {
			d := Device{
				ID: string(screen) + "-" + string(delivery), Secret: randomToken(), Info: info, Delivery: delivery,
				NotificationEndpoint: e.base + "/notifications",
			}
			e.devices[d.ID], e.screens[screenKey{screen, delivery}] = d, d
		}
	}
}

// ScreenDevice is the client that a page uses, for tests that ask in its name.
func (e *Emulator) ScreenDevice(s Screen, d Delivery) Device {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.screens[screenKey{s, d}]
}
