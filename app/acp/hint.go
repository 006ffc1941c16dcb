package acp

import (
	"context"
	"slices"
	"strings"

	"assent/app/authz"
)

// What a workspace may be set to be.
const (
	workspaceUK     = "obuk"
	workspaceBrazil = "obbr"
)

// KindOf tells the kind without asking ACP; empty where ACP must be asked. A
// kind that ACP has no calls for is an UnsupportedError.
func (c *Client) KindOf(h authz.Hint) (authz.Kind, error) {
	name, candidates, err := guess(h, c.layout)
	if err != nil || candidates != nil {
		return "", err
	}
	return name, nil
}

// Recognise tells the kind, and asks ACP where the hint doesn't: Brazil by the
// consent's id, the UK for each type in turn. A kind that ACP has no calls for
// is an UnsupportedError; another error means that it can't be told now.
func (c *Client) Recognise(ctx context.Context, h authz.Hint) (authz.Kind, error) {
	name, candidates, err := guess(h, c.layout)
	if err != nil || candidates == nil {
		return name, err
	}
	ctx, cancel := context.WithTimeout(ctx, severalTimeout)
	defer cancel()
	if candidates[0].country() == authz.Brazil {
		r, err := c.record(ctx, h.Login.ServerID, h.ConsentID)
		switch {
		case absent(err):
			return name, nil
		case err != nil:
			return "", err
		case r.kind == nil:
			return "", answered(r.why)
		}
		return r.kind.name, nil
	}
	for _, k := range candidates {
		_, err := c.read(ctx, k, k.base, h.Login)
		switch {
		case missed(err), outcome(err) == authz.OtherKind:
		case outcome(err) == authz.Unreadable: // it is of this type, whatever else
			return k.name, nil
		case err != nil:
			return "", err
		default:
			return k.name, nil
		}
	}
	return "", unsupported(vrp)
}

// guess gives the kind, or the kinds that ACP must be asked about; with
// Brazil's comes the kind to assume where ACP doesn't know.
func guess(h authz.Hint, layout Layout) (name authz.Kind, candidates []*kind, err error) {
	if names(h, "recurring-consent:") {
		return "", nil, unsupported(recurring)
	}
	if h.ConsentType != "" {
		for _, k := range kinds {
			if slices.Contains(k.consentTypes, authz.Letters(h.ConsentType)) {
				return k.name, nil, nil
			}
		}
	}
	if h.ConsentID == "" && !names(h, "consent:") {
		return authz.Regular, nil, nil
	}
	if brazilian(h) {
		name = authz.BRData
		if slices.Contains(h.Scopes, "payments") {
			name = authz.BRPayment
		}
		if layout != LayoutWorkspace || h.Login.ServerID == "" {
			return name, nil, nil
		}
		return name, []*kind{rowOf(authz.BRData), rowOf(authz.BRPayment)}, nil
	}
	accounts, payments := slices.Contains(h.Scopes, "accounts"), slices.Contains(h.Scopes, "payments")
	if accounts && !payments {
		return authz.UKAccountAccess, nil, nil
	}
	for i := range kinds {
		// Without a telling scope account access is as likely as any.
		if kinds[i].country() == authz.UK && (!kinds[i].name.Is(authz.UK, authz.Data) || accounts || !payments) {
			candidates = append(candidates, &kinds[i])
		}
	}
	return "", candidates, nil
}

// brazilian tells which of the two countries a consent is of: by the
// workspace's setting, else by how the consent is named.
func brazilian(h authz.Hint) bool {
	switch h.Workspace {
	case workspaceBrazil:
		return true
	case workspaceUK:
		return false
	}
	return names(h, "consent:") || strings.HasPrefix(strings.ToLower(h.ConsentID), "urn:")
}

// names tells whether a dynamic scope names something.
func names(h authz.Hint, prefix string) bool {
	return slices.ContainsFunc(h.Scopes,
		func(s string) bool { id, ok := strings.CutPrefix(s, prefix); return ok && id != "" })
}
