package page

import (
	"strings"

	"assent/app/i18n"
	"assent/web/view"
)

// step is what an action of the audit means, in words and a shape.
type step struct {
	words i18n.Key
	shape view.State
}

// steps are the actions that the audit holds, by the part before and the part
// behind their dot. One that isn't here shows as it is.
var steps = map[string]map[string]step{
	"person": {
		"add":         {"admin.step.person_add", view.Waiting},
		"edit":        {"admin.step.person_edit", view.Waiting},
		"erase":       {"admin.step.person_erase", view.Ended},
		"export":      {"admin.step.person_export", view.Waiting},
		"pause":       {"admin.step.person_pause", view.Stuck},
		"clear":       {"admin.step.person_clear", view.Approved},
		"suspended":   {"admin.step.person_suspended", view.Denied},
		"active":      {"admin.step.person_active", view.Approved},
		"preferences": {"admin.step.person_preferences", view.Waiting},
	},
	"device": {
		"add":       {"admin.step.device_add", view.Approved},
		"rename":    {"admin.step.device_rename", view.Waiting},
		"remove":    {"admin.step.device_remove", view.Ended},
		"sign_in":   {"admin.step.device_sign_in", view.Waiting},
		"sign_out":  {"admin.step.device_sign_out", view.Waiting},
		"passkey":   {"admin.step.device_passkey", view.Approved},
		"suspended": {"admin.step.device_suspended", view.Denied},
		"active":    {"admin.step.device_active", view.Approved},
	},
	"identifier": {
		"add":       {"admin.step.identifier_add", view.Waiting},
		"remove":    {"admin.step.identifier_remove", view.Ended},
		"change":    {"admin.step.identifier_change", view.Waiting},
		"move_from": {"admin.step.identifier_move_from", view.Stuck},
		"move_to":   {"admin.step.identifier_move_to", view.Stuck},
		"settle":    {"admin.step.identifier_settle", view.Approved},
	},
	"company": {
		"add":    {"admin.step.company_add", view.Waiting},
		"remove": {"admin.step.company_remove", view.Ended},
	},
	"invitation": {
		"make": {"admin.step.invitation_make", view.Waiting},
		"end":  {"admin.step.invitation_end", view.Ended},
		"stop": {"admin.step.invitation_stop", view.Stuck},
	},
	"activation": {
		"make":   {"admin.step.activation_make", view.Waiting},
		"wrong":  {"admin.step.activation_wrong", view.Stuck},
		"done":   {"admin.step.activation_done", view.Approved},
		"refuse": {"admin.step.activation_refuse", view.Stuck},
	},
	"passkey": {
		"end":    {"admin.step.passkey_end", view.Ended},
		"refuse": {"admin.step.passkey_refuse", view.Stuck},
		"sync":   {"admin.step.passkey_sync", view.Waiting},
		"unfit":  {"admin.step.passkey_unfit", view.Stuck},
	},
	"push": {
		"subscribe": {"admin.step.push_subscribe", view.Approved},
		"move":      {"admin.step.push_move", view.Stuck},
		"choice":    {"admin.step.push_choice", view.Waiting},
		"accepted":  {"admin.step.push_accepted", view.Approved},
		"refused":   {"admin.step.push_refused", view.Stuck},
		"ended":     {"admin.step.push_ended", view.Stuck},
		"opened":    {"admin.step.push_opened", view.Waiting},
		"test":      {"admin.step.push_test", view.Waiting},
	},
	"proposal": {
		"make":    {"admin.step.proposal_make", view.Waiting},
		"confirm": {"admin.step.proposal_confirm", view.Approved},
		"refuse":  {"admin.step.proposal_refuse", view.Denied},
		"done":    {"admin.step.proposal_done", view.Approved},
		"fail":    {"admin.step.proposal_fail", view.Stuck},
		"end":     {"admin.step.proposal_end", view.Ended},
	},
	"four_eyes": {
		"off": {"admin.step.four_eyes_off", view.Reported},
	},
	"request": {
		"start":     {"admin.step.request_start", view.Waiting},
		"test":      {"admin.step.request_test", view.Waiting},
		"recognise": {"admin.step.request_recognise", view.Waiting},
		"open":      {"admin.step.request_open", view.Waiting},
		"approve":   {"admin.step.request_approve", view.Approved},
		"deny":      {"admin.step.request_deny", view.Denied},
		"expire":    {"admin.step.request_expire", view.Ended},
		"cancel":    {"admin.step.request_cancel", view.Ended},
		"withdraw":  {"admin.step.request_withdraw", view.Ended},
		"refuse":    {"admin.step.request_refuse", view.Stuck},
	},
	"delivery": {
		"try":         {"admin.step.delivery_try", view.Stuck},
		"delivered":   {"admin.step.delivery_delivered", view.Approved},
		"unconfirmed": {"admin.step.delivery_unconfirmed", view.Stuck},
		"failed":      {"admin.step.delivery_failed", view.Stuck},
		"retry":       {"admin.step.delivery_retry", view.Waiting},
		"withdrawn":   {"admin.step.delivery_withdrawn", view.Ended},
		"unclear":     {"admin.step.delivery_unclear", view.Stuck},
		"held":        {"admin.step.delivery_held", view.Stuck},
		"resolve":     {"admin.step.delivery_resolve", view.Waiting},
	},
	"receipt": {
		"export": {"admin.step.receipt_export", view.Waiting},
	},
	"account": {
		"import": {"admin.step.account_import", view.Waiting},
	},
	"import": {
		"upload": {"admin.step.import_upload", view.Waiting},
		"start":  {"admin.step.import_start", view.Waiting},
		"result": {"admin.step.import_result", view.Waiting},
		"file":   {"admin.step.import_file", view.Waiting},
		"done":   {"admin.step.import_done", view.Approved},
		"fail":   {"admin.step.import_fail", view.Stuck},
		"cancel": {"admin.step.import_cancel", view.Ended},
	},
	"setting": {
		"begin":     {"admin.step.setting_begin", view.Waiting},
		"start":     {"admin.step.setting_start", view.Waiting},
		"loosen":    {"admin.step.setting_loosen", view.Reported},
		"change":    {"admin.step.setting_change", view.Waiting},
		"revert":    {"admin.step.setting_revert", view.Waiting},
		"retention": {"admin.step.setting_retention", view.Ended},
	},
	"look": {
		"person":   {"admin.step.look_person", view.Waiting},
		"accounts": {"admin.step.look_accounts", view.Waiting},
		"request":  {"admin.step.look_request", view.Waiting},
		"search":   {"admin.step.look_search", view.Waiting},
		"list":     {"admin.step.look_list", view.Waiting},
		"audit":    {"admin.step.look_audit", view.Waiting},
		"counted":  {"admin.step.look_counted", view.Waiting},
	},
	"stranger": {
		"refuse": {"admin.step.stranger_refuse", view.Stuck},
	},
	"audit": {
		"export": {"admin.step.audit_export", view.Waiting},
		"drop":   {"admin.step.audit_drop", view.Ended},
	},
	"admin": {
		"add":             {"admin.step.admin_add", view.Waiting},
		"link":            {"admin.step.admin_link", view.Waiting},
		"rp_id":           {"admin.step.admin_rp_id", view.Stuck},
		"set_up":          {"admin.step.admin_set_up", view.Approved},
		"passkey_sync":    {"admin.step.admin_passkey_sync", view.Waiting},
		"code":            {"admin.step.admin_code", view.Waiting},
		"code_wrong":      {"admin.step.admin_code_wrong", view.Stuck},
		"code_done":       {"admin.step.admin_code_done", view.Approved},
		"code_refuse":     {"admin.step.admin_code_refuse", view.Stuck},
		"sign_in":         {"admin.step.admin_sign_in", view.Waiting},
		"sign_in_refused": {"admin.step.admin_sign_in_refused", view.Stuck},
		"sign_out":        {"admin.step.admin_sign_out", view.Waiting},
		"refused":         {"admin.step.admin_refused", view.Stuck},
		"role":            {"admin.step.admin_role", view.Waiting},
		"suspended":       {"admin.step.admin_suspended", view.Denied},
		"active":          {"admin.step.admin_active", view.Approved},
		"removed":         {"admin.step.admin_removed", view.Ended},
	},
}

func stepOf(action string) (step, bool) {
	domain, verb, _ := strings.Cut(action, ".")
	s, ok := steps[domain][verb]
	return s, ok
}

// StepWords says what an action of the audit means.
func StepWords(w i18n.Words, action string) string {
	if s, ok := stepOf(action); ok {
		return w.T(s.words)
	}
	return action
}

func stepShape(action string) view.State {
	if s, ok := stepOf(action); ok {
		return s.shape
	}
	return view.Waiting
}
