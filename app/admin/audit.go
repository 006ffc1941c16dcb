package admin

import (
	"context"
	"io"

	"assent/app/admin/may"
	"assent/app/audit"
	"assent/app/passkey"
	"assent/store"
)

// ExportAudit writes the audit of a time; see audit.Export.
func (s *Service) ExportAudit(
	ctx context.Context,
	who Fresh[may.ExportAudit],
	to io.Writer,
	format audit.Format,
	of audit.Range,
) (int, error) {
	by := who.actor()
	return audit.Export(ctx, s.store, by, to, format, of)
}

// VerifyAudit checks the audit's chain with the installation's key.
func (s *Service) VerifyAudit(
	ctx context.Context,
	who Grant[may.ViewAudit],
	head store.AuditHead,
) (store.AuditReport, error) {
	who.check()
	key, err := passkey.ReceiptKey(ctx, s.store)
	if err != nil {
		return store.AuditReport{}, err
	}
	return audit.Verify(ctx, s.store.Reader, key.Public(), head)
}
