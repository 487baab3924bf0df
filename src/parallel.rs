//! Work on a stream in several threads, its order kept.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, available_parallelism};

/// Pieces that may be taken from the input before the first of them is asked for, beside those being worked on.
const PIECES_WAITING_MAX: usize = 4;

/// What comes of each piece of `input`, in the order of the input, worked on by as many threads as there are
/// processors. At most a few pieces are under way at a time. Dropping the output ends the work.
///
/// # Panics
/// The output panics when `work` or `input` does.
pub fn in_order<'scope, In, Out>(
    scope: &'scope Scope<'scope, '_>,
    input: impl Iterator<Item = In> + Send + 'scope,
    work: impl Fn(In) -> Out + Send + Sync + 'scope,
) -> impl Iterator<Item = Out> + Send + 'scope
where
    In: Send + 'scope,
    Out: Send + 'scope,
{
    let (order, answers) = sync_channel(PIECES_WAITING_MAX);
    let work = Arc::new((Mutex::new((input.fuse(), order)), work));
    for _ in 0..available_parallelism().map_or(1, NonZero::get) {
        let work = Arc::clone(&work);
        scope.spawn(move || {
            let (source, work) = &*work;
            while let Some((piece, answer)) = next(source) {
                // Nobody listens any more when the output was dropped; the next piece will not be taken.
                let _ = answer.send(work(piece));
            }
        });
    }
    let received =
        |answer: Receiver<Out>| answer.recv().expect("a thread panicked while it worked");
    answers.into_iter().map(received)
}

/// The next piece and where its answer goes; the answers' places are queued in the order of the pieces.
fn next<In, Out>(
    source: &Mutex<(impl Iterator<Item = In>, SyncSender<Receiver<Out>>)>,
) -> Option<(In, SyncSender<Out>)> {
    let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
    let (input, order) = &mut *source;
    let piece = input.next()?;
    let (answer, place) = sync_channel(1);
    order.send(place).ok()?;
    Some((piece, answer))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_comes_out_stands_as_it_went_in() {
        let out: Vec<u64> = thread::scope(|scope| {
            let slow_at_times = |number: u64| {
                let turns = if number.is_multiple_of(7) { 50_000 } else { 10 };
                (0..turns).for_each(|_| std::hint::spin_loop());
                number
            };
            let once = in_order(scope, 0..500u64, slow_at_times);
            in_order(scope, once, slow_at_times).collect()
        });
        assert_eq!(out, (0..500).collect::<Vec<u64>>());
    }

    #[test]
    fn little_is_taken_before_it_is_asked_for_and_dropping_the_output_ends_the_work() {
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            let input = (0..).inspect(|_| {
                taken.fetch_add(1, Ordering::Relaxed);
            });
            let mut output = in_order(scope, input, |number: u64| number);
            assert_eq!(output.next(), Some(0));
        });
        let threads = available_parallelism().map_or(1, NonZero::get);
        assert!(taken.into_inner() <= PIECES_WAITING_MAX + 2 * threads + 2);
    }
}
