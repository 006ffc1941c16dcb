package audit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"assent/app/background"
	"assent/store"
)

const stamp = "2006-01-02 15:04:05 UTC"

// Verify checks the audit's chain, from a checkpoint that was signed with the
// key, and with a head also its end. A zero head asks for none.
func Verify(ctx context.Context, r *store.Reader, key ed25519.PublicKey,
	head store.AuditHead) (store.AuditReport, error) {
	return r.VerifyAudit(ctx, head, func(message, signature []byte) bool {
		return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature)
	})
}

// Words tells a report in sentences.
func Words(rep store.AuditReport) string {
	var b strings.Builder
	switch {
	case rep.Rows == 0 && rep.Finding == nil:
		b.WriteString("The audit has no rows")
	case rep.Rows == 0:
		b.WriteString("Not one row is known to be whole")
	case rep.Rows == 1:
		fmt.Fprintf(&b, "1 row is whole: %d of %s", rep.First.ID, rep.LastAt.Time().Format(stamp))
	default:
		fmt.Fprintf(&b, "%d rows are whole: %d to %d of %s", rep.Rows, rep.First.ID, rep.Last.ID,
			rep.LastAt.Time().Format(stamp))
	}
	b.WriteString(".\n")
	if c := rep.Checkpoint; c != nil {
		fmt.Fprintf(&b, "Rows up to %d, of %s, were dropped by retention on %s; the checkpoint is signed.\n",
			c.ID, c.RowAt.Time().Format(stamp), c.At.Time().Format(stamp))
	}
	switch {
	case rep.Finding != nil:
		fmt.Fprintf(&b, "Then: %v.\n", rep.Finding)
	case rep.Head == store.HeadFound:
		b.WriteString("The head is among them: nothing up to it was cut off or rewritten.\n")
	case rep.Head == store.HeadDropped:
		b.WriteString("The head is of a row that retention dropped: take a newer one to check the end.\n")
	case rep.Rows > 0:
		b.WriteString("Whether the end was cut off, only a head tells that was kept elsewhere (--head).\n")
	}
	return b.String()
}

// HeadEvery is how often the head goes to the log.
const HeadEvery = time.Hour

// RunHead logs the audit's head at once and then every hour, until ctx ends.
// Where logs are kept on another machine, it says there what the audit was.
func RunHead(ctx context.Context, r *store.Reader, watch *background.Watch, log *slog.Logger) error {
	tick := time.NewTicker(HeadEvery)
	defer tick.Stop()
	for {
		var head store.AuditHead
		err := watch.Round(ctx, background.AuditHead, func() (err error) {
			head, err = r.AuditHead(ctx)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.ErrorContext(ctx, "the audit's head could not be read", "err", err)
		default:
			log.InfoContext(ctx, "audit head", "id", head.ID, "hash", head.Hash)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
