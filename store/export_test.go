package store

// ReadOnlyProbe tries to write through the read pool.
func ReadOnlyProbe(s *Store) error {
	_, err := s.r.Exec(`INSERT INTO meta (key, value) VALUES ('probe', '')`)
	return err
}
