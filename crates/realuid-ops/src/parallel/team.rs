//! The threads that help with an operation.
//!
//! A network at batch 1 consists of hundreds of operations of some ten microseconds, and to wake a
//! sleeping thread takes as long as one of them. So the helpers look out for the next operation for a
//! while before they go to sleep, and the thread that calls takes part in its own work.
#![allow(unsafe_code)]

use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::io;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// `task(index)` once for every index below `count`, on as many threads as rayon's current pool has.
///
/// Runs on the calling thread alone if the helpers have work already: that of another thread, or that
/// which this call is a part of. A panic of a task is passed on after all threads have left the work.
pub(crate) fn run(count: usize, task: impl Fn(usize) + Sync) {
    let threads = rayon::current_num_threads().min(count);
    if threads < 2 {
        return (0..count).for_each(task);
    }
    let team = match TEAM.try_lock() {
        Ok(team) => Some(team),
        Err(TryLockError::Poisoned(team)) => Some(team.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    match team {
        Some(mut team) => team.run(threads - 1, count, &task),
        None => (0..count).for_each(task),
    }
}

/// How long a helper looks out for work: longer than what happens between two operations of a
/// network or two steps of a training run.
const PATIENCE: Duration = Duration::from_micros(200);

static TEAM: Mutex<Team> = Mutex::new(Team { helpers: Vec::new() });

static WORK: Work = Work::new();

/// Held by the thread that has work for it.
struct Team {
    helpers: Vec<Helper>,
}

impl Team {
    fn run(&mut self, wanted: usize, count: usize, task: &(dyn Fn(usize) + Sync)) {
        let helpers = self.grow(wanted);
        // SAFETY: the team is ours, and `end` has waited for the helpers before `task` is gone: in
        // between no code can panic but the tasks, whose panics are caught.
        unsafe { WORK.begin(helpers, count, task) };
        self.helpers.iter().take(helpers).for_each(Helper::wake);
        WORK.take_part();
        WORK.end();
    }

    /// As many helpers as are wanted, or as the system allows: the work gets done without.
    fn grow(&mut self, wanted: usize) -> usize {
        while self.helpers.len() < wanted {
            let Ok(helper) = Helper::start() else { break };
            self.helpers.push(helper);
        }
        self.helpers.len().min(wanted)
    }
}

/// A thread of the team.
struct Helper {
    asleep: Arc<AtomicBool>,
    thread: Thread,
}

impl Helper {
    fn start() -> io::Result<Self> {
        let asleep = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&asleep);
        let handle = thread::Builder::new().name("realuid-ops".into()).spawn(move || live(&own))?;
        Ok(Self { asleep, thread: handle.thread().clone() })
    }

    fn wake(&self) {
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
    }
}

/// What a helper does, as long as the program runs.
fn live(asleep: &AtomicBool) -> ! {
    loop {
        if WORK.join() {
            WORK.take_part();
            WORK.leave();
        } else if !look_out() {
            sleep(asleep);
        }
    }
}

/// Sleeps until woken, unless there is work after all.
fn sleep(asleep: &AtomicBool) {
    asleep.store(true, Ordering::SeqCst);
    // Work that began before the store is seen here; whoever begins later sees the store.
    while asleep.load(Ordering::SeqCst) && !WORK.has_room() {
        thread::park();
    }
    asleep.store(false, Ordering::SeqCst);
}

/// Whether work that has room for a helper came up in time.
fn look_out() -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        for _ in 0..64 {
            if WORK.has_room() {
                return true;
            }
            spin_loop();
        }
    }
    false
}

/// What the team is doing.
struct Work {
    /// Helpers still wanted, times `WANTED`, plus helpers that take part. While none is wanted none can
    /// join.
    places: AtomicU32,
    /// The first index that nobody has taken.
    next: AtomicUsize,
    /// Changed only by the holder of the team while no helper takes part and none is wanted.
    job: UnsafeCell<Job>,
    /// The first panic of a task.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// One helper wanted.
const WANTED: u32 = 1 << 16;

#[derive(Clone, Copy)]
struct Job {
    count: usize,
    task: &'static (dyn Fn(usize) + Sync),
}

// SAFETY: `job` is the one part that is not safe to share; see there.
unsafe impl Sync for Work {}

impl Work {
    const fn new() -> Self {
        Self {
            places: AtomicU32::new(0),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(Job { count: 0, task: &|_| {} }),
            panic: Mutex::new(None),
        }
    }

    /// Offers `task` to helpers.
    ///
    /// # Safety
    /// The caller holds the team, and calls `end` before `task` is gone.
    unsafe fn begin(&self, helpers: usize, count: usize, task: &(dyn Fn(usize) + Sync)) {
        // SAFETY: the lifetime ends after `end`, which waits for all who might use it.
        let task = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task)
        };
        // SAFETY: nobody takes part in the work before, and nobody may join before the store below.
        unsafe { *self.job.get() = Job { count, task } };
        self.next.store(0, Ordering::Relaxed);
        let wanted = u32::try_from(helpers).unwrap_or(u32::MAX).min(u32::from(u16::MAX));
        self.places.store(wanted * WANTED, Ordering::SeqCst);
    }

    fn has_room(&self) -> bool {
        self.places.load(Ordering::SeqCst) >= WANTED
    }

    /// Takes part if a helper is wanted.
    fn join(&self) -> bool {
        let one_more = |places: u32| (places >= WANTED).then(|| places - WANTED + 1);
        self.places.fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more).is_ok()
    }

    /// Does tasks until all have been taken.
    fn take_part(&self) {
        // SAFETY: whoever takes part keeps the job from changing.
        let Job { count, task } = unsafe { *self.job.get() };
        let tasks = || {
            loop {
                let index = self.next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                task(index);
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(tasks)) {
            self.next.store(count, Ordering::Relaxed);
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            if first.is_none() {
                *first = Some(panic);
            } else {
                // Not dropped: a payload may panic then, and this thread must come to its end.
                forget(panic);
            }
        }
    }

    fn leave(&self) {
        self.places.fetch_sub(1, Ordering::Release);
    }

    /// Lets nobody join any more and waits for those who have; passes on a panic.
    fn end(&self) {
        self.places.fetch_and(WANTED - 1, Ordering::AcqRel);
        let mut looks = 0_u32;
        while self.places.load(Ordering::Acquire) > 0 {
            looks += 1;
            // A helper that was interrupted may need this core.
            if looks.is_multiple_of(1024) { thread::yield_now() } else { spin_loop() }
        }
        let panic = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::thread;

    use super::run;

    fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    /// How often each of `count` tasks ran.
    fn counted(count: usize) -> Vec<usize> {
        let counts: Vec<_> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        run(count, |index| {
            counts[index].fetch_add(1, Relaxed);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_task_runs_once() {
        for threads in [1, 2, 5] {
            for count in [0, 1, 2, 3, 100] {
                for _ in 0..200 {
                    let found = with_threads(threads, || counted(count));
                    assert_eq!(found, vec![1; count], "{threads} threads");
                }
            }
        }
    }

    #[test]
    fn several_threads_may_ask_at_once_and_tasks_may_ask_themselves() {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        run(3, |_| assert_eq!(counted(7), vec![1; 7]));
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_who_asked_and_the_team_works_on() {
        for failing in 0..20 {
            let all = || run(20, |index| assert_ne!(index, failing, "this one fails"));
            let panic = with_threads(3, || catch_unwind(all)).unwrap_err();
            assert!(panic.downcast_ref::<String>().unwrap().contains("this one fails"));
            assert_eq!(with_threads(3, || counted(20)), vec![1; 20]);
        }
    }
}
