//! The stack of the calling thread as return addresses. By frame pointers, where a self test finds that they are kept: each
//! frame begins with the address of its caller's frame, and the return address lies above it, so that a stack of eight
//! frames costs sixteen loads. Otherwise by the unwinder, which every build has and which is a hundred times slower.
#![allow(unsafe_code, reason = "walking frames reads the thread's own stack")]

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::heap::Slot;

/// Most frames of a stack that can be kept.
pub(super) const MOST_FRAMES: usize = 128;

/// Frames to be taken beyond what is asked for: those that lie inside the allocator and, where it is used, the unwinder. They
/// are dropped when symbols are resolved.
pub(super) fn inside() -> usize {
    let allocator = if cfg!(debug_assertions) { 4 } else { 1 };
    allocator + if uses_frame_pointers() { 0 } else { 6 }
}

static BY_FRAME_POINTERS: AtomicBool = AtomicBool::new(false);

/// Whether stacks are walked by frame pointers.
pub(super) fn uses_frame_pointers() -> bool {
    BY_FRAME_POINTERS.load(Relaxed)
}

/// Chooses how stacks are taken: by frame pointers where they give what the unwinder gives.
pub(super) fn choose(slot: &Slot, allow_frame_pointers: bool) {
    BY_FRAME_POINTERS.store(allow_frame_pointers && agrees(slot), Relaxed);
}

/// Fills `frames` with return addresses, the innermost first. Gives their number.
#[inline]
pub(super) fn stack(slot: &Slot, frames: &mut [usize]) -> usize {
    if frames.is_empty() {
        return 0;
    }
    if uses_frame_pointers()
        && let Some(count) = walk(slot, frames)
    {
        return count;
    }
    unwind(frames)
}

/// Takes the stack here in both ways and compares. The unwinder goes by tables that the compiler always writes; it sees
/// some frames of this function's own first.
#[inline(never)]
fn agrees(slot: &Slot) -> bool {
    const COMPARED: usize = 8;
    let (mut walked, mut unwound) = ([0; MOST_FRAMES], [0; MOST_FRAMES]);
    let Some(count) = walk(slot, &mut walked[..COMPARED]) else { return false };
    let walked = &walked[..count];
    let depth = unwind(&mut unwound);
    let unwound = &unwound[..depth];
    let Some(first) = walked.first() else { return false };
    let Some(at) = unwound.iter().position(|address| address == first) else { return false };
    let unwound = &unwound[at..];
    // Below `main` lies the C library's start, which keeps no frame pointers: two frames of ours are enough there.
    let common = walked.iter().zip(unwound).take_while(|(one, other)| one == other).count();
    common == walked.len().min(unwound.len()).min(COMPARED) || (common >= 2 && unwound.len() - common <= 3)
}

/// By frame pointers, within the thread's stack; `None` where the thread does not run on that, as a coroutine may not.
#[inline(always)]
fn walk(slot: &Slot, frames: &mut [usize]) -> Option<usize> {
    let mut frame = frame_pointer()?;
    let end = match slot.tracing.stack_end.load(Relaxed) {
        0 => find_stack_end(slot),
        end => end,
    };
    let here = std::ptr::from_ref(&end).addr();
    if here > end || frame < here.saturating_sub(1 << 16) {
        return None;
    }
    let mut count = 0;
    while count < frames.len() {
        // A frame's two words must lie in the stack that is in use.
        if frame % size_of::<usize>() != 0 || frame > end.saturating_sub(2 * size_of::<usize>()) {
            break;
        }
        let words = std::ptr::with_exposed_provenance::<usize>(frame);
        // SAFETY: `frame` is aligned and between this function's frame and the end of the thread's stack, all of which is
        // mapped and readable for as long as this function runs.
        let (caller, address) = unsafe { (words.read_volatile(), words.add(1).read_volatile()) };
        if address < 4096 {
            break;
        }
        frames[count] = address;
        count += 1;
        // Callers' frames lie above. Anything else is a function that uses the register for something else.
        if caller <= frame {
            break;
        }
        frame = caller;
    }
    Some(count)
}

/// The calling function's frame.
#[inline(always)]
#[allow(clippy::unnecessary_wraps, reason = "there is none on other processors")]
fn frame_pointer() -> Option<usize> {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        let frame: usize;
        // SAFETY: reads a register.
        unsafe { std::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags)) };
        Some(frame)
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    {
        let frame: usize;
        // SAFETY: reads a register.
        unsafe { std::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags)) };
        Some(frame)
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    {
        None
    }
}

/// Asks once where the thread's stack ends; 1, an end that holds nothing, where the system does not tell.
#[cold]
#[inline(never)]
fn find_stack_end(slot: &Slot) -> usize {
    let end = stack_end().unwrap_or(1);
    slot.tracing.stack_end.store(end, Relaxed);
    end
}

#[cfg(target_os = "linux")]
fn stack_end() -> Option<usize> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the call initialises what it is given where it succeeds.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) } != 0 {
        return None;
    }
    let (mut lowest, mut size) = (std::ptr::null_mut::<c_void>(), 0);
    // SAFETY: the attributes were initialised above; both results are writable.
    let told = unsafe { libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size) };
    // SAFETY: the attributes were initialised above and are not used again.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    (told == 0).then(|| lowest.addr() + size)
}

#[cfg(target_os = "macos")]
fn stack_end() -> Option<usize> {
    // SAFETY: the calling thread exists.
    let end: *mut c_void = unsafe { libc::pthread_get_stackaddr_np(libc::pthread_self()) };
    Some(end.addr())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn stack_end() -> Option<usize> {
    None::<*mut c_void>.map(|end| end.addr())
}

/// By the unwinder.
#[inline(never)]
fn unwind(frames: &mut [usize]) -> usize {
    let mut count = 0;
    let mut keep = |frame: &backtrace::Frame| {
        if let Some(place) = frames.get_mut(count) {
            *place = frame.ip().addr();
            count += 1;
        }
        count < frames.len()
    };
    // SAFETY: what must be synchronised is the symbol handler of Windows; elsewhere the unwinder itself is safe for
    // several threads, and taking a lock here could wait for a thread that allocates under it.
    #[cfg(not(windows))]
    unsafe {
        backtrace::trace_unsynchronized(&mut keep);
    }
    #[cfg(windows)]
    backtrace::trace(&mut keep);
    count
}
