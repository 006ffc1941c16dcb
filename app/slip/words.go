package slip

import (
	"time"

	"assent/app/i18n"
)

// Reader is whom a sheet is put in words for, and when.
type Reader struct {
	Words       i18n.Words
	Institution string
	Owner       string // the person's name
	Here        string // "on this phone", in the words of the device
	Now         time.Time
}
