//! The resident memory of this process over time, sampled by a thread that allocates nothing while it watches.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plimsoll::memory::process::ResidentReader;

use crate::{Moment, Phase, Resident};

/// Time between two samples in the beginning. Where the samples fill their room, every second one goes and the time is
/// twice as long from then on.
const INTERVAL: Duration = Duration::from_millis(5);

/// Samples kept.
const ROOM: usize = 1024;

/// A thread that watches.
pub(crate) struct Watch {
    phase: Arc<AtomicU8>,
    thread: Option<(mpsc::SyncSender<()>, JoinHandle<Samples>)>,
}

/// What it saw.
struct Samples {
    kept: Vec<Moment>,
    peak: Resident,
}

impl Watch {
    /// Begins. On systems without the figures nothing is sampled.
    pub(crate) fn start() -> Self {
        let phase = Arc::new(AtomicU8::new(0));
        let (stop, stopped) = mpsc::sync_channel(1);
        let thread = ResidentReader::open().ok().map(|reader| {
            let phase = Arc::clone(&phase);
            let mut samples = Samples { kept: Vec::with_capacity(ROOM), peak: Resident::default() };
            let (start, mut interval) = (Instant::now(), INTERVAL);
            std::thread::spawn(move || {
                loop {
                    interval =
                        samples.take(&reader, start, phase_of(phase.load(Ordering::Relaxed)), interval);
                    // The watcher goes with whoever started it.
                    if stopped.recv_timeout(interval) != Err(mpsc::RecvTimeoutError::Timeout) {
                        samples.take(&reader, start, phase_of(phase.load(Ordering::Relaxed)), interval);
                        return samples;
                    }
                }
            })
        });
        Watch { phase, thread: thread.map(|thread| (stop, thread)) }
    }

    /// Says what the process does from now on.
    pub(crate) fn phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Ends. Gives the samples, and the most that any sample saw of each kind.
    pub(crate) fn stop(mut self) -> (Vec<Moment>, Option<Resident>) {
        let Some((stop, thread)) = self.thread.take() else { return (Vec::new(), None) };
        let _ = stop.send(());
        thread.join().map_or((Vec::new(), None), |samples| (samples.kept, Some(samples.peak)))
    }
}

fn phase_of(number: u8) -> Phase {
    [Phase::Load, Phase::Query, Phase::SecondQuery][usize::from(number).min(2)]
}

impl Samples {
    /// Takes one sample. Gives the time to the next.
    fn take(
        &mut self,
        reader: &ResidentReader,
        start: Instant,
        phase: Phase,
        interval: Duration,
    ) -> Duration {
        let now = reader.read();
        let (Some(anonymous_bytes), Some(file_bytes)) = (now.anonymous, now.file) else { return interval };
        let peak = &mut self.peak;
        peak.anonymous_bytes = peak.anonymous_bytes.max(anonymous_bytes);
        peak.file_bytes = peak.file_bytes.max(file_bytes);
        let mut next = interval;
        if self.kept.len() == ROOM {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            next *= 2;
        }
        let resident = Resident { anonymous_bytes, file_bytes };
        self.kept.push(Moment { seconds: start.elapsed().as_secs_f64(), phase, resident });
        next
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_is_seen() {
        let watch = Watch::start();
        std::thread::sleep(Duration::from_millis(30));
        watch.phase(Phase::Query);
        let block = vec![1_u8; 64 << 20];
        std::thread::sleep(Duration::from_millis(30));
        drop(block);
        std::thread::sleep(Duration::from_millis(30));
        let (samples, peak) = watch.stop();
        let before = samples.first().unwrap().resident.anonymous_bytes;
        assert!(peak.unwrap().anonymous_bytes > before + (60 << 20), "{peak:?} {before}");
        assert!(samples.last().unwrap().resident.anonymous_bytes < before + (30 << 20));
        assert!(samples.windows(2).all(|pair| pair[0].seconds <= pair[1].seconds));
        assert_eq!((samples[0].phase, samples.last().unwrap().phase), (Phase::Load, Phase::Query));
    }

    #[test]
    fn a_long_watch_keeps_half() {
        let reader = ResidentReader::open().unwrap();
        let mut samples = Samples { kept: Vec::with_capacity(ROOM), peak: Resident::default() };
        let start = Instant::now();
        let mut interval = INTERVAL;
        for _ in 0..ROOM + 2 {
            interval = samples.take(&reader, start, Phase::Load, interval);
        }
        assert_eq!(
            (interval, samples.kept.len(), samples.kept.capacity()),
            (INTERVAL * 2, ROOM / 2 + 2, ROOM)
        );
    }
}
