package emulator

import (
	"net/http"

	"assent/static"
)

// routes lists everything that the emulator serves.
func (e *Emulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	system, workspace := e.systemPath, e.workspacePath

	mux.Handle("GET "+system+"/.well-known/openid-configuration", e.endpoint(Discovery, e.systemMetadata))
	mux.Handle("GET "+system+"/.well-known/jwks.json", e.endpoint(JWKS, e.jwks))
	mux.Handle("POST "+system+"/oauth2/token", e.endpoint(SystemToken, e.systemTokenEndpoint))

	mux.Handle("GET "+workspace+"/.well-known/openid-configuration", e.endpoint(Discovery, e.workspaceMetadata))
	mux.Handle("GET "+workspace+"/.well-known/jwks.json", e.endpoint(JWKS, e.jwks))
	mux.Handle("POST "+workspace+backchannelPath, e.endpoint(Backchannel, e.backchannelEndpoint))
	mux.Handle("POST "+workspace+"/oauth2/token", e.endpoint(Token, e.tokenEndpoint))

	e.consentRoutes(mux)
	for name, k := range kinds {
		at := e.apiPath + k.path + "/{login}"
		mux.Handle("GET "+at, e.endpoint(Details, e.detailsEndpoint(name, k)))
		mux.Handle("POST "+at+"/accept", e.endpoint(Accept, e.settleEndpoint(Accept, name, k, k.applyAccept)))
		mux.Handle("POST "+at+"/reject", e.endpoint(Reject, e.settleEndpoint(Reject, name, k, k.applyReject)))
	}
	e.pageRoutes(mux)
	mux.Handle("GET /static/", static.Handler())
	mux.Handle("/api/", http.HandlerFunc(e.noSuchRoute))
	return mux
}

// noSuchRoute answers a call of the system API that no route takes, which is the service's mistake.
func (e *Emulator) noSuchRoute(w http.ResponseWriter, r *http.Request) {
	e.mismatch("api", "", "no such route: "+r.Method+" "+r.URL.EscapedPath())
	apiFailure(http.StatusNotFound, "not_found", "no such route").write(w)
}
