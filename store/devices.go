package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"assent/app"
)

const deviceColumns = `id, person_id, name, platform, credential_id, state, session_key, theme, push_choice, app_until, created_at, last_seen_at, removed_at, approver_since`

const credentialColumns = `id, person_id, record, backed_up, backup_elig, created_at, last_used_at, revoked_at, unfit_at`

// AppWindow is how long after enrolment in a browser the Home Screen app may
// continue it as the same device.
const AppWindow = 30 * time.Minute

// Enrolment is what a finished passkey registration brings.
type Enrolment struct {
	InvitationID string
	Activation   app.Activation // of the browser
	Credential   app.Credential
	Device       app.Device
	BrowserHash  string
	KnownBrowser string // hash of the recognition cookie that the browser came with, or empty
}

// Enrol uses up the invitation and stores passkey and device, all or nothing.
// The person's other devices are told.
func (s *Store) Enrol(ctx context.Context, by app.Actor, e Enrolment) (app.Device, error) {
	d := e.Device
	d.ID, d.State = app.NewID(), app.DeviceActive
	err := s.write(ctx, func(t *tx) error {
		if err := t.active(ctx, d.PersonID); err != nil {
			return err
		}
		inv, err := t.useInvitation(ctx, e.InvitationID, d.PersonID, e.Activation)
		if err != nil {
			return err
		}
		c := e.Credential
		err = t.exec(ctx,
			`INSERT INTO credentials (id, person_id, record, backed_up, backup_elig, created_at, last_used_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, c.ID, d.PersonID, c.Record, c.BackedUp, c.BackupElig, t.now, t.now)
		if t.store.engine.IsDuplicate(err) {
			return app.ErrPasskey.Because(err)
		}
		if err != nil {
			return err
		}
		d.CredentialID = c.ID
		if d.ApproverSince, err = t.approverSince(ctx, inv); err != nil {
			return err
		}
		if err := t.leave(ctx, by, e.KnownBrowser, d.PersonID); err != nil {
			return err
		}
		if err := t.addDevice(ctx, by, &d, e.BrowserHash); err != nil {
			return err
		}
		if err := t.renew(ctx, by, e.KnownBrowser, d); err != nil {
			return err
		}
		return t.replace(ctx, by, inv, d)
	})
	return d, err
}

// renew removes the device that the browser was until d took its place because
// its passkey failed its checks.
func (t *tx) renew(ctx context.Context, by app.Actor, browserHash string, d app.Device) error {
	if browserHash == "" {
		return nil
	}
	var old []string
	if err := t.SelectContext(ctx, &old,
		`SELECT d.id FROM devices d JOIN credentials c ON c.id = d.credential_id AND c.unfit_at <> 0
		WHERE d.browser_hash = ? AND d.person_id = ? AND d.id <> ? AND d.state = 'active'`, browserHash, d.PersonID,
		d.ID); err != nil {
		return err
	}
	for _, id := range old {
		if err := t.removeDevice(ctx, by, d.PersonID, id); err != nil {
			return err
		}
	}
	return nil
}

// replace removes the device in whose place the invitation put d.
func (t *tx) replace(ctx context.Context, by app.Actor, inv app.Invitation, d app.Device) error {
	if inv.Replaces == "" || inv.Replaces == d.ID {
		return nil
	}
	err := t.removeDevice(ctx, by, d.PersonID, inv.Replaces)
	if errors.Is(err, app.ErrUnknownDevice) {
		return nil // it was removed meanwhile
	}
	return err
}

func (t *tx) active(ctx context.Context, personID string) error {
	var state app.PersonState
	if err := t.GetContext(ctx, &state, `SELECT state FROM persons WHERE id = ?`, personID); err != nil {
		return orElse(err, app.ErrUnknownPerson)
	}
	if state != app.PersonActive {
		return app.ErrSuspended
	}
	return nil
}

// useInvitation uses an invitation up, or tells why it can't be used. One that
// a device gave is worth what that device and its passkey are at this moment.
func (t *tx) useInvitation(ctx context.Context, id, personID string, a app.Activation) (app.Invitation, error) {
	var inv app.Invitation
	if err := t.GetContext(ctx, &inv, `SELECT `+invitationColumns+` FROM invitations WHERE id = ? AND person_id = ?`,
		id, personID); err != nil {
		return inv, orElse(err, app.ErrInvitation)
	}
	if err := inv.Check(t.now); err != nil {
		return inv, err
	}
	if err := inv.Activated(a, t.now); err != nil {
		return inv, err
	}
	if inv.ApprovedBy != "" {
		d, err := t.device(ctx, inv.ApprovedBy)
		if err != nil {
			return inv, err
		}
		live, err := t.alive(ctx, d.CredentialID)
		if err != nil {
			return inv, err
		}
		if d.State != app.DeviceActive || !live {
			return inv, app.ErrInvitationEnded
		}
	}
	t.touch(personID)
	return inv, t.exec(ctx, `UPDATE invitations SET used_at = ? WHERE id = ?`, t.now, id)
}

// approverSince tells since when the device that gave the invitation, with the
// passkey that it signs with, is the person's; 0 where no device gave it.
func (t *tx) approverSince(ctx context.Context, inv app.Invitation) (since app.Instant, err error) {
	err = t.GetContext(ctx, &since,
		`SELECT coalesce((SELECT max(d.created_at, c.created_at) FROM devices d
			JOIN credentials c ON c.id = d.credential_id
		WHERE d.id = ?), 0)`, inv.ApprovedBy)
	return since, err
}

func (t *tx) device(ctx context.Context, id string) (app.Device, error) {
	var d app.Device
	err := t.GetContext(ctx, &d, `SELECT `+deviceColumns+` FROM devices WHERE id = ?`, id)
	return d, orElse(err, app.ErrUnknownDevice)
}

// alive tells whether a passkey is one that hasn't ended.
func (t *tx) alive(ctx context.Context, credentialID string) (yes bool, err error) {
	err = t.GetContext(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM credentials WHERE id = ? AND revoked_at = 0)`,
		credentialID)
	return yes, err
}

func (t *tx) addDevice(ctx context.Context, by app.Actor, d *app.Device, browserHash string) error {
	d.CreatedAt, d.LastSeenAt = t.now, t.now
	if d.AppUntil != 0 {
		d.AppUntil = t.now.Add(AppWindow)
	}
	if err := t.exec(ctx,
		`INSERT INTO devices (id, person_id, name, platform, credential_id, state, session_key, browser_hash, theme, push_choice, app_until, created_at, last_seen_at,
		approver_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.ID, d.PersonID, d.Name, d.Platform,
		d.CredentialID, d.State,
		d.SessionKey, browserHash, d.Theme, d.PushChoice, d.AppUntil, d.CreatedAt, d.LastSeenAt,
		d.ApproverSince); err != nil {
		return err
	}
	t.touch(d.PersonID)
	if err := t.pushAll(ctx, d.PersonID, d.ID, app.NoticeDeviceAdded, "", t.now.Add(24*time.Hour)); err != nil {
		return err
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: d.PersonID, DeviceID: d.ID})
	return t.audit(ctx, by, entry{action: "device.add", person: d.PersonID, device: d.ID,
		detail: map[string]string{"platform": d.Platform}})
}

// SignIn is what a finished passkey sign-in brings.
type SignIn struct {
	PersonID     string
	CredentialID string
	Record       string // the credential record as updated by this use
	BackedUp     bool
	Synced       bool // it became a passkey that can be copied
	SessionKey   string
	BrowserHash  string // of the browser's new recognition cookie
	KnownBrowser string // hash of the recognition cookie it came with, or empty
	InApp        bool   // from a Home Screen app
	InvitationID string // of the link that the sign-in came from, or empty
	Activation   app.Activation
	Name         string // for a new device
	Platform     string
}

// SignIn makes the browser a signed-in device: the one it was before, or the
// one that its Home Screen app continues, or a new one. The others are told of a
// new one, and of one that signs with another passkey from now on. Whatever
// session the device had ends.
func (s *Store) SignIn(ctx context.Context, by app.Actor, in SignIn) (app.Device, error) {
	var d app.Device
	var inv app.Invitation
	err := s.write(ctx, func(t *tx) error {
		if err := t.active(ctx, in.PersonID); err != nil {
			return err
		}
		if err := t.usePasskey(ctx, by, PasskeyUse{
			PersonID:     in.PersonID,
			CredentialID: in.CredentialID,
			Record:       in.Record,
			BackedUp:     in.BackedUp,
			Synced:       in.Synced,
		}); err != nil {
			return err
		}
		if in.InvitationID != "" {
			var err error
			if inv, err = t.useInvitation(ctx, in.InvitationID, in.PersonID, in.Activation); err != nil {
				return err
			}
		}
		if err := t.leave(ctx, by, in.KnownBrowser, in.PersonID); err != nil {
			return err
		}
		err := t.GetContext(ctx, &d, `SELECT `+deviceColumns+` FROM devices
			WHERE person_id = ? AND state <> 'removed' AND (
				(? <> '' AND browser_hash = ?) OR (? AND app_until > ? AND credential_id = ?))
			ORDER BY created_at DESC LIMIT 1`,
			in.PersonID, in.KnownBrowser, in.KnownBrowser, in.InApp, t.now, in.CredentialID)
		if errors.Is(err, sql.ErrNoRows) {
			// A suspended device isn't anew by forgetting that it was one.
			var suspended bool
			if err := t.GetContext(ctx, &suspended, `SELECT EXISTS (SELECT 1 FROM devices
				WHERE person_id = ? AND credential_id = ? AND state = 'suspended')`, in.PersonID,
				in.CredentialID); err != nil {
				return err
			}
			if suspended {
				return app.ErrSuspended
			}
			d = app.Device{ID: app.NewID(), PersonID: in.PersonID, Name: in.Name, Platform: in.Platform,
				CredentialID: in.CredentialID, State: app.DeviceActive, SessionKey: in.SessionKey}
			if d.ApproverSince, err = t.approverSince(ctx, inv); err != nil {
				return err
			}
			if err := t.addDevice(ctx, by, &d, in.BrowserHash); err != nil {
				return err
			}
			return t.replace(ctx, by, inv, d)
		}
		if err != nil {
			return err
		}
		if d.State != app.DeviceActive {
			return app.ErrSuspended
		}
		another := d.CredentialID != in.CredentialID
		d.CredentialID, d.SessionKey, d.LastSeenAt, d.AppUntil = in.CredentialID, in.SessionKey, t.now, 0
		if err := t.exec(ctx,
			`UPDATE devices SET credential_id = ?, session_key = ?, browser_hash = ?, last_seen_at = ?, app_until = 0
			WHERE id = ?`, d.CredentialID, d.SessionKey, in.BrowserHash, t.now, d.ID); err != nil {
			return err
		}
		t.touch(d.PersonID)
		if err := t.revokeUnused(ctx, d.PersonID); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: d.PersonID, DeviceID: d.ID})
		if err := t.audit(ctx, by, entry{action: "device.sign_in", person: d.PersonID, device: d.ID}); err != nil {
			return err
		}
		if another {
			if err := t.rekeyed(ctx, by, d); err != nil {
				return err
			}
		}
		return t.replace(ctx, by, inv, d)
	})
	return d, err
}

// actionRekeyed is that of a device which signs with another passkey from then on.
const actionRekeyed = "device.passkey"

// rekeyed tells the other devices of one that signs with another passkey from
// now on, as of a new one: it is new to them as somebody who can answer. What
// it approved with the passkey it had ends.
func (t *tx) rekeyed(ctx context.Context, by app.Actor, d app.Device) error {
	if err := t.endLinksOf(ctx, d.ID); err != nil {
		return err
	}
	if err := t.pushAll(ctx, d.PersonID, d.ID, app.NoticeDeviceAdded, "", t.now.Add(24*time.Hour)); err != nil {
		return err
	}
	return t.audit(ctx, by, entry{action: actionRekeyed, person: d.PersonID, device: d.ID})
}

// Rekeyed tells when devices of a person came to sign with another passkey, by
// device: the last time of each, of those that did after since.
func (r *Reader) Rekeyed(ctx context.Context, personID string, since app.Instant) (map[string]app.Instant, error) {
	var rows []struct {
		Device string      `db:"device_id"`
		At     app.Instant `db:"at"`
	}
	err := r.r.SelectContext(ctx, &rows,
		`SELECT device_id, max(at) AS at FROM audit WHERE person_id = ? AND at > ? AND action = ? GROUP BY device_id`,
		personID, since, actionRekeyed)
	out := map[string]app.Instant{}
	for _, row := range rows {
		out[row.Device] = row.At
	}
	return out, err
}

// SignOut ends a device's session, its subscription and the links that it gave:
// whoever holds the browser then learns of nothing. The device stays the
// person's. Its other devices are told, and so is this one: a stolen cookie is
// enough to sign out, and a phone must not fall silent without a word.
func (s *Store) SignOut(ctx context.Context, by app.Actor, deviceID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.sendLastNotice(ctx, deviceID, app.NoticeSignedOutHere); err != nil {
			return err
		}
		if err := t.pushAll(ctx, by.PersonID, deviceID, app.NoticeSignedOut, "", t.now.Add(toldFor)); err != nil {
			return err
		}
		return t.signOut(ctx, by, app.Device{ID: deviceID, PersonID: by.PersonID})
	})
}

// sendLastNotice sends a device a last notice, before its subscription ends.
func (t *tx) sendLastNotice(ctx context.Context, deviceID string, n app.Notice) error {
	var live []formerSubscription
	if err := t.SelectContext(ctx, &live, `SELECT endpoint, p256dh, auth, ended_at, moved_at FROM subscriptions
		WHERE device_id = ? AND ended_at = 0`, deviceID); err != nil {
		return err
	}
	for _, before := range live {
		if err := t.tellFormer(ctx, deviceID, before, n); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) signOut(ctx context.Context, by app.Actor, d app.Device) error {
	if err := t.swap(ctx, app.ErrUnknownDevice,
		`UPDATE devices SET session_key = ? WHERE id = ? AND state <> 'removed'`,
		app.NewID(), d.ID); err != nil {
		return err
	}
	if err := t.touchDevice(ctx, d.ID); err != nil {
		return err
	}
	if err := t.exec(ctx, `UPDATE subscriptions SET ended_at = ? WHERE device_id = ? AND ended_at = 0`, t.now,
		d.ID); err != nil {
		return err
	}
	if err := t.endLinksOf(ctx, d.ID); err != nil {
		return err
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: d.PersonID, DeviceID: d.ID})
	return t.audit(ctx, by, entry{action: "device.sign_out", person: d.PersonID, device: d.ID})
}

// endLinksOf ends the links that a device gave and nobody used.
func (t *tx) endLinksOf(ctx context.Context, deviceID string) error {
	_, err := t.touching(ctx, `UPDATE invitations SET ended_at = ?
		WHERE approved_by = ? AND used_at = 0 AND ended_at = 0 RETURNING person_id`, t.now, deviceID)
	return err
}

// mayChange checks that by may change a device of its person's. A device needs
// a live passkey for that, or else whoever was left one without could end those
// of the others; itself it may always change.
func (t *tx) mayChange(ctx context.Context, by app.Actor, deviceID string) error {
	if by.Kind != app.ActorDevice || by.ID == deviceID {
		return nil
	}
	return t.mayDecide(ctx, by)
}

// RenameDevice gives one of the person's devices another name.
func (s *Store) RenameDevice(ctx context.Context, by app.Actor, deviceID, name string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mayChange(ctx, by, deviceID); err != nil {
			return err
		}
		var same bool
		if err := t.GetContext(ctx, &same,
			`SELECT name = ? FROM devices WHERE id = ? AND person_id = ? AND state <> 'removed'`,
			name, deviceID, by.PersonID); err != nil || same {
			return orElse(err, app.ErrUnknownDevice)
		}
		if err := t.few(ctx, by, "device.rename"); err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE devices SET name = ? WHERE id = ?`, name, deviceID); err != nil {
			return err
		}
		if err := t.pushAll(ctx, by.PersonID, by.ID, app.NoticeRenamed, "", t.now.Add(toldFor)); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: by.PersonID, DeviceID: deviceID})
		return t.audit(ctx, by, entry{action: "device.rename", person: by.PersonID, device: deviceID})
	})
}

// RemoveDevice ends a device of the person: its session, its subscription, the
// links that it gave, and its passkey unless another device signs with it. When
// it was the last that could answer, what waits for the person is cancelled and
// ACP is told. Another device than the one in hand asks for a live passkey in
// that: app.ErrUnknownPasskey without. For the one in hand its cookie is enough:
// the others are told, and so is the device itself.
func (s *Store) RemoveDevice(ctx context.Context, by app.Actor, personID, deviceID string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.mayChange(ctx, by, deviceID); err != nil {
			return err
		}
		if by.Kind == app.ActorDevice && by.ID == deviceID {
			if err := t.sendLastNotice(ctx, deviceID, app.NoticeRemovedHere); err != nil {
				return err
			}
			if err := t.pushAll(ctx, personID, deviceID, app.NoticeRemoved, "", t.now.Add(toldFor)); err != nil {
				return err
			}
		}
		return t.removeDevice(ctx, by, personID, deviceID)
	})
}

// RemoveDevices ends every device of the person, as RemoveDevice does, and so
// every passkey; and every link that nobody used, for it may be in the wrong
// hands as the devices are. Without any of these it changes nothing.
func (s *Store) RemoveDevices(ctx context.Context, by app.Actor, personID string) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.living(ctx, personID); err != nil {
			return err
		}
		var ids []string
		if err := t.SelectContext(ctx, &ids,
			`SELECT id FROM devices WHERE person_id = ? AND state <> 'removed' ORDER BY created_at, id`,
			personID); err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.removeDevice(ctx, by, personID, id); err != nil {
				return err
			}
		}
		return t.endInvitations(ctx, by, personID)
	})
}

// DisownDevice removes a device that the person doesn't know, and ends the
// passkey that it signs with wherever else that is: one that is synced would
// sign in again. Devices that share it are signed out, and the links that they
// gave end; they need another passkey. The device by stays signed in where it
// shares it, so that the person sees what became of it, and can't sign. A live
// passkey is asked for in it: app.ErrUnknownPasskey without.
func (s *Store) DisownDevice(ctx context.Context, by app.Actor, personID, deviceID string) error {
	return s.write(ctx, func(t *tx) error {
		if by.Kind == app.ActorDevice {
			if err := t.mayDecide(ctx, by); err != nil {
				return err
			}
		}
		d, err := t.device(ctx, deviceID)
		if err != nil {
			return err
		}
		if d.PersonID != personID {
			return app.ErrUnknownDevice
		}
		if err := t.exec(ctx, `UPDATE credentials SET revoked_at = ? WHERE id = ? AND revoked_at = 0`, t.now,
			d.CredentialID); err != nil {
			return err
		}
		t.touch(personID)
		if err := t.audit(ctx, by, entry{action: "passkey.end", person: personID, device: deviceID}); err != nil {
			return err
		}
		if err := t.shutOut(ctx, by, d); err != nil {
			return err
		}
		return t.removeDevice(ctx, by, personID, deviceID)
	})
}

// shutOut ends what the devices have that share d's passkey, which has ended:
// the links of all, and the sessions of all but the device by and d itself.
func (t *tx) shutOut(ctx context.Context, by app.Actor, d app.Device) error {
	var sharing []app.Device
	if err := t.SelectContext(ctx, &sharing, `SELECT `+deviceColumns+` FROM devices
		WHERE person_id = ? AND credential_id = ? AND id <> ? AND state <> 'removed' ORDER BY created_at, id`,
		d.PersonID, d.CredentialID, d.ID); err != nil {
		return err
	}
	for _, other := range sharing {
		err := t.endLinksOf(ctx, other.ID)
		if err == nil && other.ID != by.ID {
			err = t.signOut(ctx, by, other)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) removeDevice(ctx context.Context, by app.Actor, personID, deviceID string) error {
	if err := t.swap(ctx, app.ErrUnknownDevice,
		`UPDATE devices SET state = 'removed', removed_at = ?, session_key = '', browser_hash = ''
		WHERE id = ? AND person_id = ? AND state <> 'removed'`, t.now, deviceID, personID); err != nil {
		return err
	}
	t.touch(personID)
	if err := t.exec(ctx, `UPDATE subscriptions SET ended_at = ? WHERE device_id = ? AND ended_at = 0`, t.now,
		deviceID); err != nil {
		return err
	}
	if err := t.endLinksOf(ctx, deviceID); err != nil {
		return err
	}
	if err := t.revokeUnused(ctx, personID); err != nil {
		return err
	}
	if err := t.cancelUnanswerable(ctx, by, personID); err != nil {
		return err
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: personID, DeviceID: deviceID})
	return t.audit(ctx, by, entry{action: "device.remove", person: personID, device: deviceID})
}

// revokeUnused ends the person's passkeys that no device signs with any more.
func (t *tx) revokeUnused(ctx context.Context, personID string) error {
	t.touch(personID)
	return t.exec(ctx, `UPDATE credentials SET revoked_at = ? WHERE person_id = ? AND revoked_at = 0 AND NOT EXISTS (
		SELECT 1 FROM devices d WHERE d.credential_id = credentials.id AND d.state <> 'removed')`, t.now, personID)
}

// leave signs other people's devices out of a browser that somebody else now
// uses: it must not go on to be told of their requests.
func (t *tx) leave(ctx context.Context, by app.Actor, browserHash, personID string) error {
	if browserHash == "" {
		return nil
	}
	var others []app.Device
	if err := t.SelectContext(ctx, &others,
		`SELECT `+deviceColumns+` FROM devices WHERE browser_hash = ? AND person_id <> ? AND state <> 'removed'`,
		browserHash, personID); err != nil {
		return err
	}
	for _, d := range others {
		if err := t.signOut(ctx, by, d); err != nil {
			return err
		}
	}
	return nil
}

// SetDeviceState suspends a device or lets it answer again. What it approved
// before it was suspended stays lost: see lost.
func (s *Store) SetDeviceState(ctx context.Context, by app.Actor, deviceID string, state app.DeviceState) error {
	return s.write(ctx, func(t *tx) error {
		var person string
		err := t.GetContext(ctx, &person,
			`UPDATE devices SET state = ?, suspended_at = CASE WHEN ? THEN ? ELSE suspended_at END
			WHERE id = ? AND state <> 'removed' RETURNING person_id`, state, state == app.DeviceSuspended, t.now,
			deviceID)
		if err != nil {
			return orElse(err, app.ErrUnknownDevice)
		}
		t.touch(person)
		if state == app.DeviceSuspended {
			if err := t.lapseApprovals(ctx, person, deviceID, app.ReasonDeviceLost); err != nil {
				return err
			}
		}
		if state != app.DeviceActive {
			if err := t.endLinksOf(ctx, deviceID); err != nil {
				return err
			}
		}
		if err := t.cancelUnanswerable(ctx, by, person); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: person, DeviceID: deviceID})
		return t.audit(ctx, by, entry{action: "device." + string(state), person: person, device: deviceID})
	})
}

// cancelUnanswerable cancels what waits for a person who has no device left to answer with.
func (t *tx) cancelUnanswerable(ctx context.Context, by app.Actor, personID string) error {
	var left int
	if err := t.GetContext(ctx, &left, `SELECT count(*) FROM devices d JOIN credentials c ON c.id = d.credential_id
		WHERE d.person_id = ? AND d.state = 'active' AND c.revoked_at = 0`, personID); err != nil || left > 0 {
		return err
	}
	return t.cancelPending(ctx, by, personID, app.ReasonNoDevice)
}

// SetDevicePreferences stores a device's theme and what was said about
// notifications; nil leaves a value. What changes nothing writes nothing.
func (s *Store) SetDevicePreferences(ctx context.Context, by app.Actor, theme *string, push *app.PushChoice) error {
	d, err := s.Device(ctx, by.ID)
	if err != nil {
		return err
	}
	if (theme == nil || *theme == d.Theme) && (push == nil || *push == d.PushChoice) {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		if theme != nil {
			if err := t.exec(ctx, `UPDATE devices SET theme = ? WHERE id = ?`, *theme, by.ID); err != nil {
				return err
			}
		}
		if push == nil {
			return nil
		}
		if err := t.few(ctx, by, "push.choice"); err != nil {
			return err
		}
		if n, err := t.affect(ctx, `UPDATE devices SET push_choice = ? WHERE id = ? AND push_choice <> ?`, *push, by.ID,
			*push); err != nil ||
			n == 0 {
			return err
		}
		if d.PushChoice == app.PushOn {
			if err := t.pushAll(ctx, by.PersonID, by.ID, app.NoticePushSkipped, "", t.now.Add(toldFor)); err != nil {
				return err
			}
		}
		return t.audit(ctx, by, entry{action: "push.choice", person: by.PersonID, device: by.ID,
			detail: map[string]string{"choice": string(*push)}})
	})
}

// Seen notes that a device was used. It writes at most once a minute.
func (s *Store) Seen(ctx context.Context, d app.Device) error {
	if age := s.Now().Sub(d.LastSeenAt); age >= 0 && age < time.Minute {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE devices SET last_seen_at = ? WHERE id = ?`, t.now, d.ID)
	})
}

// Device gives a device by id, whatever its state.
func (r *Reader) Device(ctx context.Context, id string) (app.Device, error) {
	var d app.Device
	err := r.r.GetContext(ctx, &d, `SELECT `+deviceColumns+` FROM devices WHERE id = ?`, id)
	return d, orElse(err, app.ErrUnknownDevice)
}

// Devices lists a person's devices that were not removed, oldest first.
func (r *Reader) Devices(ctx context.Context, personID string) ([]app.Device, error) {
	var out []app.Device
	err := r.r.SelectContext(ctx, &out, `SELECT `+deviceColumns+` FROM devices
		WHERE person_id = ? AND state <> 'removed' ORDER BY created_at, id`, personID)
	return out, err
}

// Credential gives a passkey by id, whatever its state.
func (r *Reader) Credential(ctx context.Context, id string) (app.Credential, error) {
	var c app.Credential
	err := r.r.GetContext(ctx, &c, `SELECT `+credentialColumns+` FROM credentials WHERE id = ?`, id)
	return c, orElse(err, app.ErrUnknownPasskey)
}

// Credentials lists a person's live passkeys.
func (r *Reader) Credentials(ctx context.Context, personID string) ([]app.Credential, error) {
	var out []app.Credential
	err := r.r.SelectContext(ctx, &out, `SELECT `+credentialColumns+` FROM credentials
		WHERE person_id = ? AND revoked_at = 0 ORDER BY created_at, id`, personID)
	return out, err
}
