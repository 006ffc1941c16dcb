package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"assent/app"
	"assent/store"
)

// health answers whether the service lives and is ready. Anybody may ask.
type health struct {
	store *store.Store
	log   *slog.Logger

	mu    sync.Mutex
	asked app.Instant
	err   error // what was found then
}

func (h *health) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if h.ready(r.Context()) != nil {
			http.Error(w, "the database can't be written or is not current", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n"))
	})
}

// freshness is how long an answer is good for: each costs a write, and there
// is one writer.
const freshness = time.Second

func (h *health) ready(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.store.Now(); h.asked != 0 && now >= h.asked && now.Sub(h.asked) < freshness {
		return h.err
	}
	// Others get this answer too: it doesn't end with whoever asked first.
	check, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	h.err = h.store.Ready(check)
	h.asked = h.store.Now()
	if h.err != nil {
		h.log.ErrorContext(ctx, "not ready", "err", h.err)
	}
	return h.err
}
