package admin

import (
	"context"
	"errors"
	"io"

	"assent/app/importer"
	"assent/store"
)

// UploadImport takes a file of people or of accounts, and has it checked.
// Nothing is changed before StartImport. lang is the language of the result.
func (s *Service) UploadImport(ctx context.Context, who Identity, name, lang string, file io.Reader) (store.Import, error) {
	by, err := s.may(ctx, who, EditPeople)
	if err != nil {
		return store.Import{}, err
	}
	return s.uses.Imports.Upload(ctx, by, name, lang, file)
}

// StartImport lets a checked import run. One that says who is suspended is as
// dangerous as suspending somebody.
func (s *Service) StartImport(ctx context.Context, who Identity, id string) error {
	by, err := s.may(ctx, who, EditPeople)
	if err != nil {
		return err
	}
	im, err := s.store.Import(ctx, id)
	if err != nil {
		return err
	}
	if im.States > 0 {
		if by, err = s.may(ctx, who, SuspendPeople); err != nil {
			return err
		}
	}
	if err := s.second(ctx, by, ActionStartImport, "", ImportStart{Import: id, File: im.File}); err != nil {
		return err
	}
	_, err = s.uses.Imports.Start(ctx, by, id)
	return err
}

// CancelImport ends an import before it is done.
func (s *Service) CancelImport(ctx context.Context, who Identity, id string) error {
	by, err := s.may(ctx, who, FollowImports)
	if err != nil {
		return err
	}
	if _, err := s.store.Import(ctx, id); err != nil {
		return err
	}
	return s.uses.Imports.Cancel(ctx, by, id)
}

// PreviewImport reads the first rows of a file.
func (s *Service) PreviewImport(ctx context.Context, who Identity, im store.Import) ([]importer.PreviewRow, error) {
	if _, err := s.may(ctx, who, FollowImports); err != nil {
		return nil, err
	}
	return s.uses.Imports.Preview(ctx, im)
}

// ImportResult opens what an import did with each row, and tells how many bytes
// that is.
func (s *Service) ImportResult(ctx context.Context, who Identity, id string) (io.ReadCloser, int64, error) {
	by, err := s.may(ctx, who, EditPeople)
	if err != nil {
		return nil, 0, err
	}
	result, size, err := s.uses.Imports.Result(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if err := s.store.ImportTaken(ctx, by, id); err != nil {
		return nil, 0, errors.Join(err, result.Close())
	}
	return result, size, nil
}

// ExportPeople writes everybody as a file that can be imported.
func (s *Service) ExportPeople(ctx context.Context, who Identity, to io.Writer) (int, error) {
	by, err := s.may(ctx, who, ExportPeople)
	if err != nil {
		return 0, err
	}
	return importer.Export(ctx, s.store, by, to)
}
