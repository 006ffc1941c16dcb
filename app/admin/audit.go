package admin

import (
	"context"
	"io"

	"assent/app/audit"
	"assent/app/passkey"
	"assent/store"
)

// ExportAudit writes the audit of a time; see audit.Export.
func (s *Service) ExportAudit(ctx context.Context, who Identity, to io.Writer, format audit.Format, of audit.Range) (int, error) {
	by, err := s.may(ctx, who, ExportAudit)
	if err != nil {
		return 0, err
	}
	return audit.Export(ctx, s.store, by, to, format, of)
}

// VerifyAudit checks the audit's chain with the installation's key.
func (s *Service) VerifyAudit(ctx context.Context, who Identity, head store.AuditHead) (store.AuditReport, error) {
	if _, err := s.may(ctx, who, ViewAudit); err != nil {
		return store.AuditReport{}, err
	}
	key, err := passkey.ReceiptKey(ctx, s.store)
	if err != nil {
		return store.AuditReport{}, err
	}
	return audit.Verify(ctx, s.store.Reader, key.Public(), head)
}
