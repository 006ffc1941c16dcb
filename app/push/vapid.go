package push

import webpush "github.com/SherClockHolmes/webpush-go"

// Keys is a VAPID key pair (RFC 8292), both parts in base64url.
type Keys struct {
	Private string `json:"private"`
	Public  string `json:"public"`
}

// GenerateKeys makes a key pair.
func GenerateKeys() (Keys, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	return Keys{Private: private, Public: public}, err
}
