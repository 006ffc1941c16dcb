// Package guard is the one way to a page of the console: its routes say what they
// take, and the guard admits, limits and parses before their handlers run.
//
// A route names its permission as a type. Its handler takes the proof of just
// that permission, which the use cases of package admin ask for in turn:
//
//	guard.Get[may.ViewPeople]("/admin/people", h.people)
//	guard.PostFresh[may.SuspendPeople]("/admin/people/{id}/state", h.setPersonState)
package guard

import (
	"context"
	"errors"
	"io"
	"net/http"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/store"
	"assent/web/httpx"
)

// Guard lets callers in to routes.
type Guard struct {
	Store    *store.Reader
	Admins   *admin.Service
	Sessions *admin.Sessions
}

// Body is what a route takes beside its address.
type Body string

// The bodies.
const (
	NoBody    Body = "none"
	FormBody  Body = "urlencoded"
	FileBody  Body = "multipart"
	JSONValue Body = "json"
)

// Route is a route for callers who have its permission.
type Route struct {
	Pattern    string // of http.ServeMux, with its method
	Permission admin.Permission
	Body       Body
	Limit      int64 // of the body in bytes
	Fresh      bool  // the passkey must have been shown a short while ago
	Quiet      bool  // a page asks by itself, so it doesn't keep the session from idling out

	serve func(Guard, http.ResponseWriter, *http.Request, admin.Identity) error
}

// Serve lets callers in to a route.
func (g Guard) Serve(route Route) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := admin.From(r.Context())
		if err != nil {
			return err
		}
		if !route.Quiet {
			if err := g.Sessions.Seen(r.Context(), who); err != nil {
				return err
			}
		}
		return route.serve(g, w, r, who)
	}
}

// Begin admits an administrator whose session has just begun.
func (g Guard) Begin(ctx context.Context, session app.AdminSession) (admin.Grant[may.UseConsole], error) {
	who, err := admin.Check(ctx, g.Store, session.ID)
	if err != nil {
		return admin.Grant[may.UseConsole]{}, err
	}
	who.Source = httpx.Source(ctx)
	return admin.Admit[may.UseConsole](ctx, g.Admins, who)
}

// read takes in the body of a request once its caller is admitted.
type read[In any] func(http.ResponseWriter, *http.Request) (In, error)

// admitted serves a route to those who are admitted.
func admitted[P may.Permission, In any](
	route Route,
	read read[In],
	do func(http.ResponseWriter, *http.Request, admin.Grant[P], In) error,
) Route {
	var p P
	route.Permission = admin.Permission(p.Name())
	route.serve = func(g Guard, w http.ResponseWriter, r *http.Request, who admin.Identity) error {
		grant, err := admin.Admit[P](r.Context(), g.Admins, who)
		if err != nil {
			refuseBody(w, route)
			return err
		}
		in, err := read(w, r)
		if err != nil {
			return err
		}
		return do(w, r, grant, in)
	}
	return route
}

// confirmed serves a route to those who have shown the passkey a short while ago.
// That is looked at after the form was read: the page that asks for the passkey
// sends the form again.
func confirmed[P may.Dangerous, In any](
	route Route,
	read read[In],
	do func(http.ResponseWriter, *http.Request, admin.Fresh[P], In) error,
) Route {
	route.Fresh = true
	return admitted(route, read, func(w http.ResponseWriter, r *http.Request, g admin.Grant[P], in In) error {
		fresh, err := admin.Confirmed(g)
		if err != nil {
			refuseBody(w, route)
			return err
		}
		return do(w, r, fresh, in)
	})
}

// refuseBody has the connection closed where a file is refused that isn't read.
func refuseBody(w http.ResponseWriter, route Route) {
	if route.Body == FileBody {
		w.Header().Set("Connection", "close")
	}
}

// nothing is what a route without a body gives its handler.
type nothing struct{}

func noBody(http.ResponseWriter, *http.Request) (nothing, error) { return nothing{}, nil }

// discard reads a body that means nothing, within the limit.
func discard(w http.ResponseWriter, r *http.Request) (nothing, error) {
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, httpx.FormLimit))
	if errors.As(err, new(*http.MaxBytesError)) {
		err = httpx.ErrTooLarge
	}
	return nothing{}, err
}

type (
	page[P may.Permission]     func(http.ResponseWriter, *http.Request, admin.Grant[P]) error
	freshPage[P may.Dangerous] func(http.ResponseWriter, *http.Request, admin.Fresh[P]) error
)

// Get is a route of a page.
func Get[P may.Permission](path string, do page[P]) Route {
	return admitted(Route{Pattern: "GET " + path, Body: NoBody}, noBody,
		func(w http.ResponseWriter, r *http.Request, g admin.Grant[P], _ nothing) error { return do(w, r, g) })
}

// GetQuiet is a route of what a page asks for by itself.
func GetQuiet[P may.Permission](path string, do page[P]) Route {
	route := Get(path, do)
	route.Quiet = true
	return route
}

// GetFresh is a route of a page that wants the passkey again.
func GetFresh[P may.Dangerous](path string, do freshPage[P]) Route {
	return confirmed(Route{Pattern: "GET " + path, Body: NoBody}, noBody,
		func(w http.ResponseWriter, r *http.Request, f admin.Fresh[P], _ nothing) error { return do(w, r, f) })
}

// PostNothing is a route of an action that takes no form.
func PostNothing[P may.Permission](path string, do page[P]) Route {
	return admitted(Route{Pattern: "POST " + path, Body: NoBody, Limit: httpx.FormLimit}, discard,
		func(w http.ResponseWriter, r *http.Request, g admin.Grant[P], _ nothing) error { return do(w, r, g) })
}

// Post is a route of a form, of at most httpx.FormLimit bytes.
func Post[P may.Permission](
	path string,
	do func(http.ResponseWriter, *http.Request, admin.Grant[P], Form) error,
) Route {
	return admitted(Route{Pattern: "POST " + path, Body: FormBody, Limit: httpx.FormLimit}, ReadForm, do)
}

// PostFresh is a route of a form, of at most httpx.FormLimit bytes, whose action
// wants the passkey again.
func PostFresh[P may.Dangerous](
	path string,
	do func(http.ResponseWriter, *http.Request, admin.Fresh[P], Form) error,
) Route {
	return confirmed(Route{Pattern: "POST " + path, Body: FormBody, Limit: httpx.FormLimit}, ReadForm, do)
}

// PostFile is a route of a form with a file, of at most limit bytes. It can't be
// sent again after the passkey was asked for, so the form's page is a GetFresh.
func PostFile[P may.Dangerous](
	path string,
	limit int64,
	do func(http.ResponseWriter, *http.Request, admin.Fresh[P], Upload) error,
) Route {
	return confirmed(Route{Pattern: "POST " + path, Body: FileBody, Limit: limit}, openUpload(limit), do)
}

// PostJSON is a route of what a script sends: one JSON value of at most limit
// bytes, without unknown members.
func PostJSON[P may.Permission, In any](
	path string,
	limit int64,
	do func(http.ResponseWriter, *http.Request, admin.Grant[P], In) error,
) Route {
	return admitted(Route{Pattern: "POST " + path, Body: JSONValue, Limit: limit},
		func(w http.ResponseWriter, r *http.Request) (In, error) { return httpx.JSON[In](w, r, limit) }, do)
}
