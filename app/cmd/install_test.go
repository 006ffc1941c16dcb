package cmd_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"assent/app/cmd"
)

// Chromium finds nothing that keeps the app from being installed, but for the
// private window that each phone of the tests is.
func TestInstallable(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ada.until("the worker is in charge",
		`navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)`)
	ada.do("ask whether it can be installed", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		manifest, err := cdp.Call(ctx, tab, page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			return err
		}
		if manifest.Data == "" {
			t.Error("there is no manifest")
		}
		for _, e := range manifest.Errors {
			t.Errorf("the manifest: %s (line %d)", e.Message, e.Line)
		}
		res, err := cdp.Call(ctx, tab, page.GetInstallabilityErrors, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, e := range res.InstallabilityErrors {
			if e.ErrorID != "in-incognito" {
				t.Errorf("it can't be installed: %s %+v", e.ErrorID, e.ErrorArguments)
			}
		}
		return nil
	}))
}
