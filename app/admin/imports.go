package admin

import (
	"context"
	"errors"
	"io"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/store"
)

// UploadImport takes a file of people or of accounts, and has it checked.
// Nothing is changed before StartImport. lang is the language of the result.
func (s *Service) UploadImport(
	ctx context.Context,
	who Fresh[may.EditPeople],
	name, lang string,
	file io.Reader,
) (store.Import, error) {
	by := who.actor()
	return s.uses.Imports.Upload(ctx, by, name, lang, file)
}

// StartImport lets a checked import run. One that says who is suspended is as
// dangerous as suspending somebody.
func (s *Service) StartImport(ctx context.Context, who Fresh[may.EditPeople], id string) error {
	by := who.actor()
	im, err := s.store.Import(ctx, id)
	if err != nil {
		return err
	}
	if im.States > 0 {
		if by, err = s.may(ctx, who, SuspendPeople); err != nil {
			return err
		}
	}
	if err := s.second(ctx, by, ActionStartImport, "",
		ImportStart{
			File:         im.File,
			ProposedFile: store.ProposedFile{Import: id, SHA256: im.Digest, Bytes: im.Size},
		}); err != nil {
		return err
	}
	_, err = s.uses.Imports.Start(ctx, by, id, im.Digest)
	return err
}

// CancelImport ends an import before it is done.
func (s *Service) CancelImport(ctx context.Context, who Grant[may.FollowImports], id string) error {
	by := who.actor()
	if _, err := s.store.Import(ctx, id); err != nil {
		return err
	}
	return s.uses.Imports.Cancel(ctx, by, id)
}

// PreviewImport reads the first rows of a file.
func (s *Service) PreviewImport(
	ctx context.Context,
	who Grant[may.FollowImports],
	im store.Import,
) ([]importer.PreviewRow, error) {
	who.check()
	return s.uses.Imports.Preview(ctx, im)
}

// ImportResult opens what an import did with each row, and tells how many bytes
// that is.
func (s *Service) ImportResult(
	ctx context.Context,
	who Fresh[may.EditPeople],
	id string,
) (io.ReadCloser, int64, error) {
	by := who.actor()
	result, size, err := s.uses.Imports.Result(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if err := s.store.ImportTaken(ctx, by, id); err != nil {
		return nil, 0, errors.Join(err, result.Close())
	}
	return result, size, nil
}

// MarkedRows gives the rows of a checked import that the administrator who confirms it should
// look at: those of a mark, or of any where it is empty, behind a line.
func (s *Service) MarkedRows(
	ctx context.Context,
	who Grant[may.FollowImports],
	im store.Import,
	mark store.ImportMark,
	after, limit int,
) (importer.Marked, error) {
	who.check()
	return s.uses.Imports.Marked(ctx, im, mark, after, limit)
}

// CheckedFile is the file of a checked import as it was read, to be taken out:
// see importer.Checked. That it was taken is recorded first.
func (s *Service) CheckedFile(
	ctx context.Context,
	who Fresh[may.EditPeople],
	id string,
	to io.Writer,
	w i18n.Words,
) error {
	by := who.actor()
	im, err := s.store.Import(ctx, id)
	if err != nil {
		return err
	}
	if im.State != store.ImportChecked || im.SweptAt != 0 {
		return app.ErrImportState
	}
	if err := s.store.ImportFileTaken(ctx, by, im); err != nil {
		return err
	}
	return s.uses.Imports.Checked(ctx, im, to, w)
}

// importIsAboutThem tells whether a checked import changes something of one of
// the people who have who's e-mail address, or gives it to somebody. One that
// can't run any more is about nobody.
func (s *Service) importIsAboutThem(ctx context.Context, who Identity, id string) (bool, error) {
	im, err := s.store.Import(ctx, id)
	if err != nil || im.State != store.ImportChecked || im.SweptAt != 0 {
		return false, err
	}
	own := ownIdentifiers(who)
	found, err := s.store.PeopleWith(ctx, own, store.Everybody)
	if err != nil {
		return false, err
	}
	var people []string
	for _, f := range found {
		people = append(people, f.ID)
	}
	line, err := s.uses.Imports.About(ctx, im, people, own)
	return line > 0, err
}

// ExportPeople writes everybody as a file that can be imported.
func (s *Service) ExportPeople(ctx context.Context, who Fresh[may.ExportPeople], to io.Writer) (int, error) {
	by := who.actor()
	return importer.Export(ctx, s.store, by, to)
}
