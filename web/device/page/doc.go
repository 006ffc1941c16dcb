// Package page holds the pages of the authentication device: for each a struct
// with all it shows, and a template. Handlers fill the structs; words come from
// the catalogue in the frame.
//
// Paths that the pages link to: / /requests/{id} /history /devices
// /devices/{id} /devices/{id}/remove /settings /notifications /sign-in
// /enrol/{token} /enrol/{token}/passkey. Forms post to /requests/{id}/deny
// /requests/{id}/report /devices/{id}/name (field name) /devices/{id}/remove
// /settings (fields lang, theme, zone) /sign-out /push/skip. Ceremonies run at
// /requests/{id}/approval (fields seen, scopes) /enrol/{token}/passkey
// /sign-in/passkey (field invite, if there is one) /link (field replace)
// /removal/{id} (field passkey).
package page
