package store

// ReadOnlyProbe tries to write through the read pool.
func ReadOnlyProbe(s *Store) error {
	_, err := s.r.Exec(`INSERT INTO meta (key, value) VALUES ('probe', '')`)
	return err
}

// BrowserHash is what recognises a device's browser.
func BrowserHash(s *Store, deviceID string) (hash string) {
	if err := s.r.Get(&hash, `SELECT browser_hash FROM devices WHERE id = ?`, deviceID); err != nil {
		panic(err)
	}
	return hash
}
