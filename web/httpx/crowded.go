package httpx

import (
	"net/http"
	"strconv"
	"time"
)

// crowded is when a page may ask again for an event stream that was refused.
const crowded = 30 * time.Second

// Crowded refuses an event stream for which there is no room (429, RFC 6585):
// the page looks for itself and asks again later.
func Crowded(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", strconv.Itoa(int(crowded.Seconds())))
	w.WriteHeader(http.StatusTooManyRequests)
	return nil
}
