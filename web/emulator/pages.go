package emulator

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// pageRoutes mounts the consumption device's pages.
func (e *Emulator) pageRoutes(mux *http.ServeMux) {
	guard := http.NewCrossOriginProtection()
	page := func(pattern string, h func(http.ResponseWriter, *http.Request)) {
		mux.Handle(pattern, guard.Handler(http.MaxBytesHandler(http.HandlerFunc(h), bodyLimit)))
	}
	page("GET /{$}", func(w http.ResponseWriter, r *http.Request) { e.showIdle(w, r, Shop) })
	page("GET /call-centre", func(w http.ResponseWriter, r *http.Request) { e.showIdle(w, r, CallCentre) })
	page("GET /open-banking", func(w http.ResponseWriter, r *http.Request) { e.showIdle(w, r, OpenBanking) })
	page("POST /sales", e.makeSale)
	page("GET /sales/{id}", e.showSale)
	page("GET /sales/{id}/events", e.streamSale)
	page("POST /sales/{id}/cancel", e.stopSale)
	page("POST /sales/{id}/again", e.repeatSale)
	mux.HandleFunc("POST /notifications", e.notified)
}

func screenPath(s Screen) string {
	if s == Shop || s == "" {
		return "/"
	}
	return "/" + string(s)
}

func (e *Emulator) showIdle(w http.ResponseWriter, r *http.Request, screen Screen) {
	e.render(w, r, http.StatusOK, page(e.idleView(screen, e.freshForm(screen))))
}

func (e *Emulator) makeSale(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form could not be read", http.StatusBadRequest)
		return
	}
	screen := Screen(r.PostForm.Get("screen"))
	if screen != CallCentre && screen != OpenBanking {
		screen = Shop
	}
	f := saleForm{
		hint: r.PostForm.Get("person"), other: r.PostForm.Get("other"), message: r.PostForm.Get("message"),
		expiry: r.PostForm.Get("expiry"), delivery: Delivery(r.PostForm.Get("delivery")), scopes: r.PostForm["scope"],
		sample: r.PostForm.Get("sample"), way: Way(r.PostForm.Get("way")),
	}
	ask := f.read(e, screen)
	if len(f.faults) > 0 {
		e.render(w, r, http.StatusUnprocessableEntity, page(e.idleView(screen, f)))
		return
	}
	http.Redirect(w, r, "/sales/"+e.ask(r.Context(), ask), http.StatusSeeOther)
}

func (e *Emulator) showSale(w http.ResponseWriter, r *http.Request) {
	_, sl, found := e.findSale(r.PathValue("id"))
	if !found {
		e.render(w, r, http.StatusNotFound, gonePage())
		return
	}
	selected, _ := strconv.Atoi(r.URL.Query().Get("m")) // anything else shows the first message
	e.render(w, r, http.StatusOK, page(e.saleViewOf(sl, selected)))
}

func (e *Emulator) stopSale(w http.ResponseWriter, r *http.Request) {
	if live, _, found := e.findSale(r.PathValue("id")); found {
		e.cancelSale(live)
	}
	http.Redirect(w, r, "/sales/"+r.PathValue("id"), http.StatusSeeOther)
}

// repeatSale asks the same again, with a fresh code where there was a message. A sale that still
// waits is cancelled first.
func (e *Emulator) repeatSale(w http.ResponseWriter, r *http.Request) {
	live, sl, found := e.findSale(r.PathValue("id"))
	if !found {
		e.render(w, r, http.StatusNotFound, gonePage())
		return
	}
	e.cancelSale(live)
	again := sl.ask
	if again.message != "" {
		again.message = freshCode()
	}
	http.Redirect(w, r, "/sales/"+e.ask(r.Context(), again), http.StatusSeeOther)
}

// streamSale sends an event for each change of a sale; the page then fetches itself. The stream ends with the sale.
func (e *Emulator) streamSale(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	changed, stop := e.book.watch(id)
	defer stop()
	if _, _, found := e.findSale(id); !found {
		http.Error(w, "no such sale", http.StatusNotFound)
		return
	}
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // not every writer has deadlines; without one there is none to lift
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	send := func(text string) bool {
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	if !send("retry: 1000\nevent: change\ndata: {}\n\n") { // what happened before the stream began counts as a change
		return
	}
	for {
		if _, sl, found := e.findSale(id); !found || sl.settled(e.now()) {
			send("event: end\ndata: {}\n\n")
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-e.work.done:
			return
		case <-alive.C:
			if !send(": still here\n\n") {
				return
			}
		case <-changed:
			if !send("event: change\ndata: {}\n\n") {
				return
			}
		}
	}
}

// settled says that nothing more will happen; a cancelled sale's request goes on at ACP until its time is over.
func (sl sale) settled(now time.Time) bool {
	return sl.state != saleWaiting && (sl.state != saleCancelled || !now.Before(sl.expires))
}

// policy lets a page use the emulator's own files and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (e *Emulator) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		e.log.Error("rendering failed", "path", r.URL.Path, "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}
