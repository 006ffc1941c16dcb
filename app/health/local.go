package health

import (
	"context"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/app/i18n"
	"assent/store"
)

// How long a decision may wait to be told to ACP before it is a worry: it
// takes well under a second, and a request's life is a few minutes.
const (
	slow  = 15 * time.Second
	stuck = time.Minute
)

// deliveries looks at the decisions that ACP wasn't told of yet.
func (s *Service) deliveries(ctx context.Context) []Result {
	n, oldest, err := s.cfg.Store.Undelivered(ctx)
	if err != nil {
		return s.unread(ctx, Deliveries, err)
	}
	r := Result{Part: Deliveries, State: OK, Says: say("admin.overview.health.deliveries_ok")}
	if age := s.cfg.Store.Now().Sub(oldest); n > 0 && age >= slow {
		r.State = Warn
		if age >= stuck {
			r.State = Bad
		}
		r.Says, r.Do = sayN("admin.overview.health.deliveries_wait", n, "age",
			age), say("admin.overview.health.deliveries_do")
	}
	return []Result{r}
}

// withdrawn looks at the approvals that were withdrawn: those that ACP holds all
// the same, and those that may have taken effect. None of them is no result.
func (s *Service) withdrawn(ctx context.Context) (out []Result) {
	held, unclear, err := s.cfg.Store.InDoubt(ctx)
	if err != nil {
		return s.unread(ctx, Withdrawn, err)
	}
	if held > 0 {
		out = append(out,
			Result{
				Part:  Withdrawn,
				State: Bad,
				Says:  sayN("admin.overview.health.withdrawn_held", held),
				Do:    say("admin.overview.health.withdrawn_held_do"),
			})
	}
	if unclear > 0 {
		out = append(out,
			Result{
				Part:  Withdrawn,
				State: Bad,
				Says:  sayN("admin.overview.health.withdrawn_unclear", unclear),
				Do:    say("admin.overview.health.withdrawn_unclear_do"),
			})
	}
	return out
}

// jobs looks at the work that was given up within a day. A decision that never
// reached ACP weighs more than a notice that never reached a phone.
func (s *Service) jobs(ctx context.Context) []Result {
	dead, err := s.cfg.Store.DeadJobs(ctx, s.cfg.Store.Now().Add(-24*time.Hour))
	if err != nil {
		return s.unread(ctx, Jobs, err)
	}
	if n := dead[app.JobSettle]; n > 0 {
		return []Result{{
			Part:  Jobs,
			State: Bad,
			Says:  sayN("admin.overview.health.jobs_settle", n),
			Do:    say("admin.overview.health.jobs_settle_do"),
		}}
	}
	if n := dead[app.JobPush] + dead[app.JobRecognise]; n > 0 {
		return []Result{{
			Part:  Jobs,
			State: Warn,
			Says:  sayN("admin.overview.health.jobs_other", n),
			Do:    say("admin.overview.health.jobs_other_do"),
		}}
	}
	return []Result{{Part: Jobs, State: OK, Says: say("admin.overview.health.jobs_ok")}}
}

// failsWords say what it means that a loop fails, or a part of one.
var failsWords = map[background.Name]i18n.Key{
	background.Outbox:    "admin.overview.health.fails_outbox",
	background.Expiry:    "admin.overview.health.fails_expiry",
	background.TimeEnds:  "admin.overview.health.fails_time_ends",
	background.Sweeping:  "admin.overview.health.fails_sweeping",
	background.Endings:   "admin.overview.health.fails_endings",
	background.Imports:   "admin.overview.health.fails_imports",
	background.Retention: "admin.overview.health.fails_retention",
	background.AuditHead: "admin.overview.health.fails_audit_head",
	background.Clock:     "admin.overview.health.fails_clock",
}

// fails is the result where something fails that the log tells of.
func fails(key i18n.Key) []Result {
	return []Result{{Part: Background, State: Bad, Says: say(key), Do: say("admin.overview.health.fails_do")}}
}

// background tells of loops that fail. None is no result.
func (s *Service) background(context.Context) (out []Result) {
	for _, name := range s.cfg.Watch.Failing() {
		key, ok := failsWords[name]
		if !ok {
			key = "admin.overview.health.fails_other"
		}
		out = append(out, fails(key)...)
	}
	return out
}

// endings tells of requests that were ended together, and of which not all can be
// written down as ended. They count as ended; ACP isn't told of those yet.
func (s *Service) endings(ctx context.Context) []Result {
	n, err := s.cfg.Store.FailingEndings(ctx)
	switch {
	case err != nil:
		return s.unread(ctx, Background, err)
	case n == 0:
		return nil
	}
	says := sayN("admin.overview.health.endings_fail", n)
	return []Result{{Part: Background, State: Bad, Says: says, Do: say("admin.overview.health.endings_fail_do")}}
}

// A push service is judged by its answers within the hour, once there are a
// few: one that takes less than nine of ten is worth a look, one that takes
// less than half doesn't work.
const (
	fewest       = 5
	warnRefused  = 10 // percent
	worstRefused = 50
)

// push looks at what the push services answered lately.
func (s *Service) push(ctx context.Context) []Result {
	series, err := s.cfg.Store.Counted(ctx, store.LastHour, time.UTC)
	if err != nil {
		return s.unread(ctx, Push, err)
	}
	var out []Result
	well := 0
	for _, host := range series.Labels(store.CountPushAccepted, store.CountPushRefused) {
		accepted, refused := series.N(store.CountPushAccepted, host), series.N(store.CountPushRefused, host)
		all := accepted + refused
		share := 100 * refused / max(1, all)
		if all < fewest || share < warnRefused {
			well++
			continue
		}
		state := Warn
		if share >= worstRefused {
			state = Bad
		}
		out = append(out, Result{Part: Push, Name: host, State: state,
			Says: say("admin.overview.health.push_refused", "refused", refused, "all", all),
			Do:   say("admin.overview.health.push_do")})
	}
	switch {
	case well > 0:
		out = append(out, Result{Part: Push, State: OK, Says: sayN("admin.overview.health.push_ok", well)})
	case len(out) == 0:
		out = append(out, Result{Part: Push, State: OK, Says: say("admin.overview.health.push_quiet")})
	}
	return out
}

// attacks looks at how many people are under attack.
func (s *Service) attacks(ctx context.Context) []Result {
	n, err := s.cfg.Store.AttackedCount(ctx, s.cfg.Store.Now().Add(-app.AttackWindow))
	switch {
	case err != nil:
		return s.unread(ctx, Attacks, err)
	case n == 0:
		return []Result{{Part: Attacks, State: OK, Says: say("admin.overview.health.attacks_none")}}
	}
	return []Result{{
		Part:  Attacks,
		State: Warn,
		Says:  sayN("admin.overview.health.attacks", n),
		Do:    say("admin.overview.health.attacks_do"),
	}}
}

// database looks at whether it can be written, and how large it is.
func (s *Service) database(ctx context.Context) []Result {
	size, err := s.cfg.Store.Size(ctx)
	if err != nil {
		return s.unread(ctx, Database, err)
	}
	if err := s.cfg.Store.Ready(ctx); err != nil {
		s.cfg.Log.ErrorContext(ctx, "health: the database can't be written", "err", err)
		return []Result{{
			Part:  Database,
			State: Bad,
			Says:  say("admin.overview.health.database_unwritable"),
			Do:    say("admin.overview.health.database_do"),
		}}
	}
	return []Result{{Part: Database, State: OK, Says: say("admin.overview.health.database_ok", "size", Bytes(size))}}
}

// leap says so where the machine's clock leapt and isn't believed.
func (s *Service) leap(context.Context) []Result {
	if s.cfg.Leapt == nil {
		return nil
	}
	by := s.cfg.Leapt()
	if by == 0 {
		return nil
	}
	r := Result{
		Part:  Clock,
		State: Warn,
		Says:  say("admin.overview.health.clock_leapt_ahead", "by", by.Abs()),
		Do:    say("admin.overview.health.clock_leapt_do"),
	}
	if by < 0 {
		r.Says = say("admin.overview.health.clock_leapt_back", "by", by.Abs())
	}
	return []Result{r}
}

// enrolment tells of a guard that was switched off.
func (s *Service) enrolment(ctx context.Context) []Result {
	if !s.cfg.OneHand {
		return s.hands(ctx)
	}
	return []Result{{
		Part:  Enrolment,
		State: Bad,
		Says:  say("admin.overview.health.one_hand"),
		Do:    say("admin.overview.health.one_hand_do"),
	}}
}

// hands says so where one administrator alone can make codes: of people's links,
// else of administrators' set-up links.
func (s *Service) hands(ctx context.Context) []Result {
	for _, rule := range []struct {
		store.Separation
		alone, aloneDo, left, leftDo i18n.Key
	}{{
		Separation: s.cfg.Codes,
		alone:      "admin.overview.health.one_maker",
		aloneDo:    "admin.overview.health.one_maker_do",
		left:       "admin.overview.health.one_maker_left",
		leftDo:     "admin.overview.health.one_maker_left_do",
	}, {
		Separation: s.cfg.SetUpCodes,
		alone:      "admin.overview.health.one_owner",
		aloneDo:    "admin.overview.health.one_owner_do",
		left:       "admin.overview.health.one_owner_left",
		leftDo:     "admin.overview.health.one_owner_left_do",
	}} {
		if len(rule.Roles) == 0 {
			continue
		}
		can, until, err := s.cfg.Store.CodeMakers(ctx, rule.Separation)
		switch {
		case err != nil:
			return s.unread(ctx, Enrolment, err)
		case can > 1:
			continue
		case until == 0:
			return []Result{{Part: Enrolment, State: Warn, Says: say(rule.alone), Do: say(rule.aloneDo)}}
		}
		return []Result{{
			Part:  Enrolment,
			State: Warn,
			Says:  say(rule.left, "left", until.Sub(s.cfg.Store.Now())),
			Do:    say(rule.leftDo),
		}}
	}
	return nil
}

const (
	low    = 2 << 30 // bytes free, from which on it is worth a look
	lowest = 512 << 20
)

// disk looks at the room that is left where the data is: a backup, and what
// SQLite does by itself, need room for another database.
func (s *Service) disk(ctx context.Context) []Result {
	free, ok, err := diskFree(s.cfg.Dir)
	if !ok {
		return nil
	}
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "health: the disk can't be looked at", "err", err)
		return []Result{{
			Part:  Disk,
			State: Warn,
			Says:  say("admin.overview.health.disk_unread"),
			Do:    say("admin.overview.health.disk_unread_do"),
		}}
	}
	size, err := s.cfg.Store.Size(ctx)
	if err != nil {
		return s.unread(ctx, Disk, err)
	}
	return []Result{room(free, size)}
}

// room words how much is left beside a database of a size.
func room(free, size int64) Result {
	r := Result{Part: Disk, State: OK, Says: say("admin.overview.health.disk_free", "free", Bytes(free))}
	switch {
	case free < lowest:
		r.State, r.Do = Bad, say("admin.overview.health.disk_full_do")
	case free < max(low, size):
		r.State, r.Do = Warn, say("admin.overview.health.disk_do")
	}
	return r
}
