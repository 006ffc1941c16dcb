package device

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/mileusna/useragent"

	"assent/app/i18n"
)

// hintHeader asks browsers that hide the phone's model in the User-Agent for it
// (W3C User-Agent Client Hints), so that people read "Pixel 9" and not "Android".
const hintHeader = "Sec-CH-UA-Model"

// longestName is how much a browser may say of its own name, in characters.
const longestName = 60

// describe names a browser as its owner would: the phone's model where the
// browser tells it, else "Firefox on Windows". Whatever the browser says, it is
// text that can be read, kept and signed.
func describe(r *http.Request, w i18n.Words) (name, platform string) {
	ua := useragent.Parse(i18n.Plain(r.UserAgent()))
	platform = strings.ToLower(ua.OS)
	switch {
	case platform == "ios" && strings.Contains(ua.Device, "iPad"):
		platform = "ipad"
	case platform == "ios":
		platform = "iphone"
	case platform == "macos":
		platform = "mac"
	}
	model := i18n.Plain(strings.Trim(r.Header.Get(hintHeader), `" `))
	browser, _ := i18n.Fold(ua.Name, longestName)
	switch {
	case model != "" && utf8.RuneCountInString(model) <= longestName:
		return model, platform
	case platform == "iphone":
		return "iPhone", platform
	case platform == "ipad":
		return "iPad", platform
	case browser != "" && ua.OS != "":
		return w.T("device.browser_on", "browser", browser, "os", ua.OS), platform
	}
	return w.T("device.browser_unknown"), platform
}

// isIOS tells whether notifications need the app on the Home Screen.
func isIOS(platform string) bool { return platform == "iphone" || platform == "ipad" }
