package push_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"assent/app/push"
)

// The public key and secret of RFC 8291's example.
const (
	goodKey  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	goodAuth = "BTBZMqHH6r4Tts7J_aSIgg"
)

func TestEndpointPolicy(t *testing.T) {
	added := push.Hosts{More: []string{"push.bank.example", "*.edge.example"}}
	for _, c := range []struct {
		endpoint string
		hosts    push.Hosts
		ok       bool
	}{
		{"https://fcm.googleapis.com/fcm/send/x:y", push.Hosts{}, true},
		{"https://fcm.googleapis.com:443/fcm/send/x", push.Hosts{}, true},
		{"https://FCM.googleapis.com/fcm/send/x", push.Hosts{}, true},
		{"https://updates.push.services.mozilla.com/wpush/v2/x", push.Hosts{}, true},
		{"https://web.push.apple.com/x", push.Hosts{}, true},
		{"https://wns2-by3p.notify.windows.com/w/?token=x%2b", push.Hosts{}, true},
		{"https://push.bank.example/x", added, true},
		{"https://a.edge.example/x", added, true},

		{"https://push.bank.example/x", push.Hosts{}, false},
		{"https://sub.push.bank.example/x", added, false},
		{"https://edge.example/x", added, false},
		{"https://a-edge.example/x", added, false},
		{"http://fcm.googleapis.com/x", push.Hosts{}, false},
		{"https://fcm.googleapis.com:8443/x", push.Hosts{}, false},
		{"https://fcm.googleapis.com./x", push.Hosts{}, false},
		{"https://sub.fcm.googleapis.com/x", push.Hosts{}, false},
		{"https://xfcm.googleapis.com/x", push.Hosts{}, false},
		{"https://push.apple.com/x", push.Hosts{}, false}, // the list holds its subdomains
		{"https://evilpush.apple.com/x", push.Hosts{}, false},
		{"https://web.push.apple.com.evil.example/x", push.Hosts{}, false},
		{"https://fcm.googleapis.com@evil.example/x", push.Hosts{}, false},
		{"https://user@fcm.googleapis.com/x", push.Hosts{}, false},
		{"https://10.0.0.1/fcm.googleapis.com/", push.Hosts{}, false},
		{"https://evil.example/?fcm.googleapis.com", push.Hosts{}, false},
		{"https://evil.example\\@fcm.googleapis.com/", push.Hosts{}, false},
		{"https://fcm.googleapis.com/x#y", push.Hosts{}, false},
		{"https://fcm.googleapis.com/x y", push.Hosts{}, false},
		{"https:fcm.googleapis.com/x", push.Hosts{}, false},
		{"//fcm.googleapis.com/x", push.Hosts{}, false},
		{"https:///x", push.Hosts{}, false},
		{"javascript:alert(1)", push.Hosts{}, false},
		{"", push.Hosts{}, false},
		{"https://fcm.googleapis.com/" + strings.Repeat("x", 4096), push.Hosts{}, false},

		{"http://127.0.0.1:9/x", push.Hosts{}, false},
		{"http://127.0.0.1:9/x", push.Hosts{AllowLoopback: true}, true},
		{"http://127.0.0.2:9/x", push.Hosts{AllowLoopback: true}, false},
		{"http://localhost:9/x", push.Hosts{AllowLoopback: true}, false},
		{"http://fcm.googleapis.com/x", push.Hosts{AllowLoopback: true}, false},
	} {
		sub := push.Subscription{Endpoint: c.endpoint, P256DH: goodKey, Auth: goodAuth}
		if err := sub.Validate(c.hosts); (err == nil) != c.ok {
			t.Errorf("%.80s with %+v: %v, want ok = %v", c.endpoint, c.hosts, err, c.ok)
		}
	}
}

func TestSubscriptionKeys(t *testing.T) {
	point, err := base64.RawURLEncoding.DecodeString(goodKey)
	if err != nil {
		t.Fatal(err)
	}
	offCurve := append([]byte(nil), point...)
	offCurve[64] ^= 1
	enc := base64.RawURLEncoding.EncodeToString
	for _, c := range []struct {
		name, key, auth string
		ok              bool
	}{
		{"as browsers say it", goodKey, goodAuth, true},
		{"no key", "", goodAuth, false},
		{"not base64", "!" + goodKey[1:], goodAuth, false},
		{"a point off the curve", enc(offCurve), goodAuth, false},
		{"a point cut short", enc(point[:64]), goodAuth, false},
		{"a compressed point", enc(append([]byte{2}, point[1:33]...)), goodAuth, false},
		{"the point at infinity", "AA", goodAuth, false},
		{"no secret", goodKey, "", false},
		{"a secret of 15 bytes", goodKey, enc(make([]byte, 15)), false},
		{"a secret of 17 bytes", goodKey, enc(make([]byte, 17)), false},
	} {
		sub := push.Subscription{Endpoint: "https://web.push.apple.com/x", P256DH: c.key, Auth: c.auth}
		if err := sub.Validate(push.Hosts{}); (err == nil) != c.ok {
			t.Errorf("%s: %v, want ok = %v", c.name, err, c.ok)
		}
	}
}

// What a refusal says may be logged, and an endpoint's path is a secret.
func TestRefusalKeepsTheEndpointSecret(t *testing.T) {
	err := push.Subscription{
		Endpoint: "https://evil.example/sEcReT",
		P256DH:   goodKey,
		Auth:     goodAuth,
	}.Validate(push.Hosts{})
	if err == nil || strings.Contains(err.Error(), "sEcReT") || !strings.Contains(err.Error(), "evil.example") {
		t.Errorf("got %v, want the host and not the path", err)
	}
}
