package acp

import (
	"context"
	"slices"
	"strings"
)

// Hint is what a start says of its kind.
type Hint struct {
	ConsentType string // consent_type of the payload, if any
	ConsentID   string // the intent id, however it came; empty for a plain login
	Scopes      []string
	Workspace   string // what the workspace is set to be: obuk, obbr; anything else says nothing
	Login       Login  // to ask by; its Kind is what is sought
}

// What a workspace may be set to be.
const (
	workspaceUK     = "obuk"
	workspaceBrazil = "obbr"
)

// KindOf tells the kind without asking ACP; empty where ACP must be asked. A
// kind that ACP has no calls for is an UnsupportedError.
func (c *Client) KindOf(h Hint) (Kind, error) {
	name, candidates, err := h.guess(c.layout)
	if err != nil || candidates != nil {
		return "", err
	}
	return name, nil
}

// Recognise tells the kind, and asks ACP where the hint doesn't: Brazil by the
// consent's id, the UK for each type in turn. A kind that ACP has no calls for
// is an UnsupportedError; another error means that it can't be told now.
func (c *Client) Recognise(ctx context.Context, h Hint) (Kind, error) {
	name, candidates, err := h.guess(c.layout)
	if err != nil || candidates == nil {
		return name, err
	}
	ctx, cancel := context.WithTimeout(ctx, severalTimeout)
	defer cancel()
	if candidates[0].country == brazil {
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
		case missed(err), outcome(err) == OtherKind:
		case outcome(err) == Unreadable: // it is of this type, whatever else
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
func (h Hint) guess(layout Layout) (name Kind, candidates []*kind, err error) {
	if h.has("recurring-consent:") {
		return "", nil, unsupported(recurring)
	}
	if h.ConsentType != "" {
		for _, k := range kinds {
			if slices.Contains(k.consentTypes, letters(h.ConsentType)) {
				return k.name, nil, nil
			}
		}
	}
	if h.ConsentID == "" && !h.has("consent:") {
		return Regular, nil, nil
	}
	if h.brazilian() {
		name = BRData
		if h.scope("payments") {
			name = BRPayment
		}
		if layout != LayoutWorkspace || h.Login.ServerID == "" {
			return name, nil, nil
		}
		return name, []*kind{rowOf(BRData), rowOf(BRPayment)}, nil
	}
	accounts, payments := h.scope("accounts"), h.scope("payments")
	if accounts && !payments {
		return UKAccountAccess, nil, nil
	}
	for i := range kinds {
		// Without a telling scope account access is as likely as any.
		if kinds[i].country == uk && (kinds[i].name != UKAccountAccess || accounts || !payments) {
			candidates = append(candidates, &kinds[i])
		}
	}
	return "", candidates, nil
}

// brazilian tells which of the two countries a consent is of: by the
// workspace's setting, else by how the consent is named.
func (h Hint) brazilian() bool {
	switch h.Workspace {
	case workspaceBrazil:
		return true
	case workspaceUK:
		return false
	}
	return h.has("consent:") || strings.HasPrefix(strings.ToLower(h.ConsentID), "urn:")
}

// has tells whether a dynamic scope names something.
func (h Hint) has(prefix string) bool {
	return slices.ContainsFunc(h.Scopes, func(s string) bool { id, ok := strings.CutPrefix(s, prefix); return ok && id != "" })
}

func (h Hint) scope(name string) bool { return slices.Contains(h.Scopes, name) }
