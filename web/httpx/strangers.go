package httpx

import (
	"errors"
	"net/http"

	"assent/app"
)

// Strangers takes the refusal of a caller who never authenticated: its code.
type Strangers func(r *http.Request, code string)

// Refused counts err where it is a refusal. What went wrong inside, and what
// isn't there, is none.
func (s Strangers) Refused(r *http.Request, err error) {
	var refusal *app.Error
	if s != nil && errors.As(err, &refusal) && Status(err) < http.StatusInternalServerError {
		s(r, refusal.Code)
	}
}
