package device

import (
	"net/http"
	"strings"

	"github.com/mileusna/useragent"

	"assent/app/i18n"
)

// hintHeader asks browsers that hide the phone's model in the User-Agent for it
// (W3C User-Agent Client Hints), so that people read "Pixel 9" and not "Android".
const hintHeader = "Sec-CH-UA-Model"

// describe names a browser as its owner would: the phone's model where the
// browser tells it, else "Firefox on Windows".
func describe(r *http.Request, w i18n.Words) (name, platform string) {
	ua := useragent.Parse(r.UserAgent())
	platform = strings.ToLower(ua.OS)
	switch {
	case platform == "ios" && strings.Contains(ua.Device, "iPad"):
		platform = "ipad"
	case platform == "ios":
		platform = "iphone"
	case platform == "macos":
		platform = "mac"
	}
	model := strings.Trim(r.Header.Get(hintHeader), `" `)
	switch {
	case model != "" && len(model) <= 60:
		return model, platform
	case platform == "iphone":
		return "iPhone", platform
	case platform == "ipad":
		return "iPad", platform
	case ua.Name != "" && ua.OS != "":
		return w.T("device.browser_on", "browser", ua.Name, "os", ua.OS), platform
	}
	return w.T("device.browser_unknown"), platform
}

// isIOS tells whether notifications need the app on the Home Screen.
func isIOS(platform string) bool { return platform == "iphone" || platform == "ipad" }
