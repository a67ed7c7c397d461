//! Large pages of memory.
//!
//! Spikes go to places all over a network's memory. With pages of 4 KiB most of them first wait for the table of pages;
//! Linux gives pages of 2 MiB where it is asked to.
#![allow(
    unsafe_code,
    reason = "there is no safe call for it; the advice changes how memory is mapped, never what is in it"
)]

/// Asks for large pages under the words, best before they are first touched. Does nothing on other systems.
pub(crate) fn prefer_large_pages<T>(words: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const LARGE: usize = 2 << 20;
        let bytes = std::mem::size_of_val(words);
        if bytes < 2 * LARGE {
            return;
        }
        // whole pages of the smallest kind inside of the words
        let begin = words.as_ptr().addr().next_multiple_of(4096);
        let end = (words.as_ptr().addr() + bytes) / 4096 * 4096;
        // SAFETY: the range lies within memory that the slice borrows, and MADV_HUGEPAGE keeps its contents. Where the
        // system has no large pages it says so in its result, and all stays as it was.
        unsafe { libc::madvise(begin as *mut libc::c_void, end - begin, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = words;
}
