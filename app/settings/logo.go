package settings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/png"

	"golang.org/x/image/webp"

	"assent/app"
	"assent/store"
)

const (
	// LogoBytes is how large a picture may be that is uploaded.
	LogoBytes = 128 << 10
	// LogoSide is the longest side that it may have, and LogoLeast the shortest, in pixels.
	LogoSide  = 1024
	LogoLeast = 32
	// logoKept is how large it may be once it is written anew.
	logoKept = 1 << 20
)

// ReadLogo reads a picture, PNG or WebP, whose id is for Branding.Logo. It is kept
// once ChooseBranding chooses it. What is kept is a PNG that was written from the
// picture's pixels alone, so that nothing else of the file reaches a browser. SVG
// is refused: it can carry scripts.
func ReadLogo(file []byte) (store.Logo, error) {
	refuse := func(key string) (store.Logo, error) {
		f := Fault{Field: "logo", Key: "admin.settings.fault.logo_kind"}
		switch key {
		case "size":
			f.Key, f.Pairs = "admin.settings.fault.logo_size", []any{"most", LogoBytes >> 10}
		case "sides":
			f.Key, f.Pairs = "admin.settings.fault.logo_sides", []any{"least", LogoLeast, "most", LogoSide}
		}
		return store.Logo{}, Faults{f}
	}
	if len(file) > LogoBytes {
		return refuse("size")
	}
	decode, measure := png.Decode, png.DecodeConfig
	if len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP" {
		decode, measure = webp.Decode, webp.DecodeConfig
	}
	is, err := measure(bytes.NewReader(file)) // before any pixel: a small file may claim a huge picture
	if err != nil {
		return refuse("kind")
	}
	if is.Width > LogoSide || is.Height > LogoSide || is.Width < LogoLeast || is.Height < LogoLeast {
		return refuse("sides")
	}
	var picture image.Image
	if picture, err = decode(bytes.NewReader(file)); err != nil {
		return refuse("kind")
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture); err != nil {
		return store.Logo{}, err
	}
	if out.Len() > logoKept {
		return refuse("size")
	}
	sum := sha256.Sum256(out.Bytes())
	return store.Logo{ID: hex.EncodeToString(sum[:12]), PNG: out.Bytes(), Width: is.Width, Height: is.Height}, nil
}

// ShowLogo gives the picture that counts now, if id names it: earlier ones are
// shown to nobody but administrators.
func (s *Service) ShowLogo(ctx context.Context, id string) (store.Logo, error) {
	if now := s.Current().Logo; now == nil || now.ID != id {
		return store.Logo{}, app.ErrUnknownVersion
	}
	return s.cfg.Store.Logo(ctx, id)
}
