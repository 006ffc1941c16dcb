// Package importer brings in files of people and of accounts, and takes people out.
//
// A file is CSV in UTF-8; its first line names the columns, in any order. With
// a column identifiers it is a file of people:
//
//	name         as the person is shown it
//	identifiers  of theirs, each KIND:VALUE: username, email, phone, subject, cpf, customer
//	companies    that they may act for (CNPJ); may be left out
//	state        active or suspended; empty or left out leaves it as it is
//
// Identifiers and companies have semicolons between them, or spaces where the
// cell has no semicolon; a semicolon of the value itself is written \;. A person
// is whoever has any of the row's identifiers. What the row says of them is
// added, and their name changed: nothing is taken away, and a row that names
// nobody adds a person. A row whose identifiers are of two people, or that names
// somebody whom an earlier row named, is faulty. So the same file changes
// nothing the second time. A file with a column person is one of accounts, as
// package accounts reads it.
//
// An import goes through its file twice: the check changes nothing and tells
// what would be done, and what is wrong with which row; then, when somebody
// starts it, the rows that are right are brought in, some hundred in each
// transaction. Where it stands is stored with what was done, so that after a
// restart it goes on where it was. File and result lie in a private folder
// beside the database, for Kept.
package importer
