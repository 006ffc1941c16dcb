package importer_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"assent/app"
	"assent/app/importer"
	"assent/store"
)

// benchPeople is how many people the benchmarks have: ASSENT_BENCH_PEOPLE, or
// twenty thousand.
func benchPeople(b *testing.B) int {
	b.Helper()
	n := 20_000
	if s := os.Getenv("ASSENT_BENCH_PEOPLE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

var firstNames = []string{"Ada", "Bruno", "Clara", "Davi", "Elena", "Felipe", "Grace", "Heitor", "Ines", "João"}
var lastNames = []string{"Quill", "Reis", "Álvares", "Okafor", "Silva", "Santos", "Hart", "Price", "Moreira", "Costa",
	"Owen"}

// crowdFile gives a file of n people as it is read.
func crowdFile(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, "name,identifiers")
		for i := range n {
			fmt.Fprintf(out, "%s %s,email:p%07d@example.com; customer:%09d\n", firstNames[i%len(firstNames)],
				lastNames[i/7%len(lastNames)], i, i)
		}
		w.CloseWithError(out.Flush())
	}()
	return r
}

// most watches how far the heap grows above what it was, until the end.
func most() (end func() float64) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				peak = max(peak, heap())
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-done
		return float64(max(peak, before)-before) / (1 << 20)
	}
}

// heapLimit in MiB is what an import may take, however long its file.
const heapLimit = 64

// A file of many people: checked, brought in, brought in again, taken out.
func BenchmarkImport(b *testing.B) {
	n := benchPeople(b)
	w := newBench(b)
	part := func(name string, do func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var took time.Duration
			var heap float64
			for range b.N {
				end, at := most(), time.Now()
				do(b)
				took, heap = took+time.Since(at), max(heap, end())
			}
			b.ReportMetric(float64(n)*float64(b.N)/took.Seconds(), "rows/s")
			b.ReportMetric(heap, "MiB-heap")
			if heap > heapLimit {
				b.Errorf("the heap grew by %.0f MiB", heap)
			}
		})
	}
	work := func(b *testing.B, id string) store.Import {
		b.Helper()
		im, err := w.svc.Work(b.Context(), id)
		if err != nil || im.State == store.ImportFailed {
			b.Fatal(im.State, im.Cause, err)
		}
		return im
	}
	var im store.Import
	check := func(b *testing.B) {
		b.Helper()
		var err error
		if im, err = w.svc.UploadHere(b.Context(), app.Operator, "crowd.csv", "en-GB", crowdFile(n)); err != nil {
			b.Fatal(err)
		}
		if im = work(b, im.ID); im.SeenFaulty != 0 {
			b.Fatalf("%+v", im)
		}
	}
	start := func(b *testing.B) {
		b.Helper()
		if _, err := w.svc.Start(b.Context(), app.Operator, im.ID, im.Digest); err != nil {
			b.Fatal(err)
		}
		im = work(b, im.ID)
	}
	part("check", check)
	part("import", func(b *testing.B) {
		if im.State != store.ImportChecked {
			b.Skip("people are added once: -benchtime=1x")
		}
		start(b)
		if im.Added != int64(n) {
			b.Fatalf("%+v", im)
		}
	})
	part("check again", check)
	part("import again", func(b *testing.B) {
		if im.State != store.ImportChecked {
			b.Skip("-benchtime=1x")
		}
		start(b)
		if im.Unchanged != int64(n) {
			b.Fatalf("%+v", im)
		}
	})
	part("export", func(b *testing.B) {
		got, err := importer.Export(b.Context(), w.Store, app.Operator, io.Discard)
		if err != nil || got != n {
			b.Fatal(got, err)
		}
	})
}
