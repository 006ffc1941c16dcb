// Package static holds what browsers load beside pages, styles, script modules
// and icons, and the documentation. Everything is embedded; what browsers load is
// served under a URL that carries a digest of the whole tree, so that it may be
// cached for good and relative module imports resolve.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.css *.js icons emulator
var files embed.FS

//go:embed docs/*.md
var docs embed.FS

// Docs are the pages of the documentation, by the names of their files. They
// aren't among the files that browsers load: the console shows them.
var Docs = func() fs.FS {
	sub, err := fs.Sub(docs, "docs")
	if err != nil {
		panic("static: the documentation can't be read: " + err.Error())
	}
	return sub
}()

// workerName is the service worker's source. Browsers find it at the root, not
// under a hashed URL: its own URL must never change.
const workerName = "sw.js"

// asset is one file, ready to be sent.
type asset struct {
	mediaType string
	plain     []byte
	zipped    []byte // nil where gzip doesn't pay
}

type bundle struct {
	version string
	assets  map[string]asset
	worker  []byte
}

var load = sync.OnceValue(func() *bundle {
	b := &bundle{assets: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name + "\x00" + strconv.Itoa(len(body)) + "\x00"))
		sum.Write(body)
		if name == workerName {
			b.worker = body
			return nil
		}
		b.assets[name] = newAsset(name, body)
		return nil
	})
	if err != nil {
		panic("static: the embedded files can't be read: " + err.Error())
	}
	b.version = hex.EncodeToString(sum.Sum(nil))[:12]
	b.worker = bytes.ReplaceAll(b.worker, []byte("{{version}}"), []byte(b.version))
	return b
})

func newAsset(name string, body []byte) asset {
	a := asset{mediaType: mediaType(name), plain: body}
	if strings.HasPrefix(a.mediaType, "image/png") {
		return a
	}
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	w.Write(body) // a bytes.Buffer takes everything
	w.Close()
	if zipped.Len() < len(body) {
		a.zipped = zipped.Bytes()
	}
	return a
}

// mediaType answers from a table where it can: the machine's own may differ.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// Version identifies this build's files: a digest over all names and contents.
func Version() string { return load().version }

// URL is the path at which the named file is served, such as
// "/static/0a1b2c3d4e5f/app.css".
func URL(name string) string { return "/static/" + load().version + "/" + name }

// ServiceWorker is the script of the service worker, to be served at the root
// of the site with Cache-Control: no-cache. A changed file anywhere in the tree
// changes it, which is how browsers learn of an update.
func ServiceWorker() []byte { return load().worker }

// Handler serves GET /static/. A path with another build's digest is not found,
// never an older page's style on a newer page.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := load()
		name, ok := strings.CutPrefix(r.URL.Path, "/static/"+b.version+"/")
		a, found := b.assets[name]
		if !ok || !found {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "no such file", http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Type", a.mediaType)
		body := a.plain
		if a.zipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = a.zipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body)
		}
	})
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !ok {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}
