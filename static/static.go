// Package static holds what browsers load beside pages: styles, scripts,
// icons. Files are served under a digest of them all, so that a page never
// mixes two versions, scripts can import each other by relative paths, and
// caches may keep them for ever.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed emulator
var files embed.FS

// Version is the digest of all files, in short.
var Version = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		h.Write([]byte(name + "\x00"))
		h.Write(b)
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
})

// URL gives the path under which Handler serves a file.
func URL(name string) string { return "/static/" + Version() + "/" + name }

// Handler serves the files below /static/. A path of another version is not
// found: whoever asks for it has an old page.
func Handler() http.Handler {
	server := http.StripPrefix("/static/"+Version(), http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/static/"+Version()+"/") || strings.HasSuffix(r.URL.Path, "/") || path.Ext(r.URL.Path) == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		server.ServeHTTP(w, r)
	})
}
